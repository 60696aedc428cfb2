"""Whether a source is read into memory or block by block, and what is asked about it then."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from gapviz.analyses.analysis import Analysis, OnDisk
from gapviz.commands.parameters import chosen_values
from gapviz.commands.parser import ASKED, SOURCE, options_of
from gapviz.commands.strategy import chosen_pair, given_values
from gapviz.core.collection import UNNAMED_MODEL
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import checked_seed
from gapviz.sources.builtin import BUILTIN_ENCODERS
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.library.named import stored_under
from gapviz.sources.on_disk.opened import open_vectors
from gapviz.sources.on_disk.vectors import MOST_IN_MEMORY, StreamedVectors
from gapviz.strategies import StrategyOptions, strategy_spec

READ_IN_MEMORY = ("quantisation", "fuse", "dims", "queries", "judgments", "query_vectors")
"""Options that need the whole source in memory."""


def add_stream(command: argparse.ArgumentParser, analysis: Analysis) -> None:
    """The options of a source that is read block by block; `on_disk_of` reads them."""
    if analysis.places:
        options_of(command, ASKED).add_argument(
            "--place",
            type=Path,
            metavar="FOLDER",
            help="with --stream: where every row stands in the picture of the sample, a .npy of "
            "two numbers a row for each modality",
        )
    options_of(command, SOURCE).add_argument(
        "--stream",
        choices=("auto", "always", "never"),
        default="auto",
        help="read .npy, .parquet and .lance block by block, in the memory of a block and a "
        f"sample: auto does so where all as float32 take over {MOST_IN_MEMORY / 1e9:g} GB "
        "(default: auto)",
    )


def on_disk_of(analysis: Analysis, options: argparse.Namespace) -> OnDisk | None:
    """What to ask about a source that is read block by block; None where it is read as usual.

    Raises:
        GapvizError: reading block by block is asked for, and cannot be done.
    """
    if analysis.on_disk is None or options.stream == "never":
        return None
    always = options.stream == "always"
    vectors = _vectors(options, must=always)
    large = vectors is not None and vectors.bytes_in_memory > MOST_IN_MEMORY
    if vectors is None or not (always or large or vectors.only_streamed):
        if getattr(options, "place", None) is not None:
            raise GapvizError(
                "--place is for vectors that are read block by block", hint="add --stream always"
            )
        return None
    strategy = None
    if options.strategy is not None:
        strategy = StrategyOptions(strategy_spec(options.strategy).name)
        strategy = strategy.having(**given_values(options))
    if options.fit == "all" and (strategy is None or strategy.spec.learns):
        raise GapvizError(
            "vectors that are read block by block are never fitted on and measured at once",
            hint="leave --fit all out, or add --stream never",
        )
    return OnDisk(
        vectors,
        strategy,
        checked_seed(options.seed),
        options.encoder or UNNAMED_MODEL,
        chosen_values(options, analysis.parameters),
        getattr(options, "place", None),
    )


def _vectors(options: argparse.Namespace, *, must: bool) -> StreamedVectors | None:
    source = options.source
    there = False
    with suppress(OSError):  # the reader of files says what is wrong with such a path
        there = Path(source).exists()
    if source in BUILTIN_ENCODERS or stored_under(options.source) is not None or not there:
        if not must:
            return None
        raise GapvizError(
            "is not read block by block", where=source, hint="name a file or folder of vectors"
        )
    given = [name for name in READ_IN_MEMORY if getattr(options, name) is not None]
    if given:
        if not must:
            return None
        raise GapvizError(
            f"--{given[0].replace('_', '-')} needs the whole source in memory",
            where=source,
            hint="leave it out, or leave --stream always out",
        )
    wanted = chosen_pair(options) or options.modalities
    try:
        return open_vectors(source, ReadOptions(modalities=tuple(wanted)))
    except GapvizError:
        if must:
            raise
        return None
