"""What several commands share: their source, the same items by other models, and a progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from gapviz.core.collection import Collection
from gapviz.core.foreign import in_terminal
from gapviz.core.plain_text import one_line
from gapviz.core.progress import Progress
from gapviz.core.quantised import KINDS
from gapviz.core.same_items import with_items_of
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.files.beside import with_queries
from gapviz.sources.files.format import (
    DEFAULT_TEMPLATE,
    PAIRING_RULES,
    POOLS,
    SAMPLE_ITEMS,
    Reading,
    ReadOptions,
    formats,
)
from gapviz.sources.files.judgments.format import judgment_formats
from gapviz.sources.files.limits import OWN_FILES, Limits
from gapviz.sources.library.named import read_stored, stored_as
from gapviz.sources.library.stored import StoredCollection
from gapviz.sources.source import is_store
from gapviz.sources.source import read as read_any
from gapviz.sources.stores.registry import stores

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def listed(text: str) -> tuple[str, ...]:
    """The names that an option separates by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def sample_size(text: str) -> int | None:
    """The number of items that an option names; None for `all`."""
    return None if text.strip().lower() == "all" else int(text.replace(",", ""))


_READ_OPTIONS: Mapping[str, tuple[str, Callable[[str], Any], str, str]] = {
    "image_folder": ("--images", Path, "FOLDER", "where the pictures lie"),
    "image_column": ("--image-column", str, "NAME", "column of image paths in a table"),
    "caption_columns": ("--caption-columns", listed, "NAME[,NAME]", "columns of captions"),
    "label_column": ("--label-column", str, "NAME", "column of labels"),
    "id_column": ("--id-column", str, "NAME", "column that says which item a row is"),
    "template": (
        "--template",
        str,
        "TEXT",
        f"caption of an item that has a label only (default: '{DEFAULT_TEMPLATE}')",
    ),
    "modalities": ("--modalities", listed, "NAME[,NAME]", "names of the arrays, in order"),
    "pairing": (
        "--pairing",
        str,
        "RULE",
        "of rows without ids: "
        + "; ".join(f"{name}: {words}" for name, words in PAIRING_RULES.items()),
    ),
    "quantisation": (
        "--quantisation",
        str,
        "KIND",
        f"how the vectors are stored: {', '.join(KINDS)}, or uint8:ZERO with the zero point",
    ),
    "fuse": (
        "--fuse",
        float,
        "ALPHA",
        "an item with text and picture is one row, ALPHA·text + (1 − ALPHA)·image",
    ),
    "dims": ("--dims", int, "N", "only the first N dimensions of each vector (Matryoshka)"),
    "sample": (
        "--sample",
        sample_size,
        "N",
        f"of a vector store, how many items to read, or all (default: {SAMPLE_ITEMS:,})",
    ),
    "sample_seed": (
        "--sample-seed",
        int,
        "N",
        f"of that sample (default: {DEFAULT_SEED})",
    ),
    "queries": (
        "--queries",
        Path,
        "FILE",
        "queries of your own: ids with texts or pictures (.jsonl, .csv, .tsv, .parquet)",
    ),
    "judgments": (
        "--judgments",
        Path,
        "FILE",
        "which items answer them: "
        + "; ".join(one.title.replace("%", "%%") for one in judgment_formats()),
    ),
    "query_vectors": (
        "--query-vectors",
        Path,
        "SOURCE",
        "vectors of the queries, in any format of vectors, under the ids of the queries",
    ),
    "subset": ("--subset", str, "NAME", "of a benchmark that holds several, the one to read"),
    "pool": (
        "--pool",
        str,
        "POOL",
        "of M-BEIR: " + "; ".join(f"{name}: {words}" for name, words in POOLS.items()),
    ),
}
"""Field of `ReadOptions` → its flag, type, value in words and help."""

_OF_VECTORS = frozenset({"quantisation", "dims", "fuse"})
"""Fields that say nothing of a source that is to be encoded."""


_OF_QUERIES = ("queries", "judgments", "query_vectors")
"""Fields that add queries to a source."""


def add_source(
    command: argparse.ArgumentParser, *, optional: bool = False, encodes: bool = False
) -> None:
    """The argument and the options that every command has.

    Args:
        command: what they are added to.
        optional: whether it works without a source.
        encodes: whether it has a `--model` of its own; else that is another word for `--encoder`.
    """
    formats_known = "; ".join(one.title for one in formats())
    kept = "; ".join(one.example for one in stores())
    known = (
        f"'builtin', the name of a collection of the dashboard, {formats_known}; or a collection "
        f"of a vector store: {kept}"
    )
    command.add_argument("source", nargs="?" if optional else None, help=known)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    group = command.add_argument_group("where the files do not say it themselves")
    for field, (flag, kind, metavar, words) in _READ_OPTIONS.items():
        usual = getattr(ReadOptions(), field)
        if encodes and field in _OF_VECTORS:
            command.set_defaults(**{field: usual})
            continue
        group.add_argument(flag, dest=field, type=kind, metavar=metavar, default=usual, help=words)
    group.add_argument(
        *(("--encoder",) if encodes else ("--encoder", "--model")),
        type=one_line,
        metavar="NAME",
        help="the model whose vectors to take, where the source holds several; else what made them",
    )
    add_limit(group)


def add_limit(command: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """The option that says how much a file may unpack to; `limits_of` reads it."""
    command.add_argument(
        "--max-unpacked",
        type=float,
        metavar="GB",
        help="what a file that you trust may unpack to in memory (default: "
        f"{OWN_FILES.most_bytes / 1e9:g}, and {OWN_FILES.ratio:g} times what it holds)",
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """What `add_limit` has asked for.

    Raises:
        GapvizError: nothing would be allowed.
    """
    given: float | None = options.max_unpacked
    return OWN_FILES if given is None else OWN_FILES.allowing(given)


def read(options: argparse.Namespace) -> Reading:
    """The source that the options name, read as they say.

    A file or folder is meant before a collection of the dashboard of the same name.

    Raises:
        GapvizError: as `gapviz.sources.files.read`.
    """
    given = {field: getattr(options, field) for field in _READ_OPTIONS}
    stored = stored_by(options)
    with progress_bar() as progress:
        wanted = ReadOptions(
            **given, encoder=options.encoder, limits=limits_of(options), progress=progress
        )
        if stored is not None:
            return with_queries(read_stored(stored, options.encoder), wanted)
        goes_on = options.goes_on
        # What was read of a store is kept until all of it is.
        options.goes_on = goes_on or is_store(options.source)
        reading = read_any(options.source, wanted)
        options.goes_on = goes_on
        return reading


def stored_by(options: argparse.Namespace) -> StoredCollection | None:
    """The collection of the dashboard that the options name, if they name one.

    Raises:
        GapvizError: several have this title.
    """
    if is_store(options.source):
        return None
    with suppress(OSError):  # the reader of files says what is wrong with such a path
        if options.source not in BUILTIN_ENCODERS and not Path(options.source).exists():
            return stored_as(options.source)
    return None


def read_and_tell(options: argparse.Namespace) -> Reading:
    """The same, for what prints no list of its own: stderr says what was left out, or guessed.

    Raises:
        GapvizError: as `read`.
    """
    reading = read(options)
    if reading.skipped:
        first = reading.skipped[0]
        more = f", and {len(reading.skipped) - 1:,} more" * (len(reading.skipped) > 1)
        said = f"{first.what} {first.why}{more}"
        words = f"gapviz: left out or read otherwise: {said}; gapviz info lists them."
        print(in_terminal(words), file=sys.stderr)
    return reading


def other_models(
    options: argparse.Namespace, reading: Reading, collection: Collection
) -> dict[str, Collection]:
    """By encoder, the items of `collection` as other models saw them.

    Those are the other models of the source, of the built-in collection all variants, and what
    `--also` names. A name that is taken already gets its source in brackets.

    Args:
        options: with `source`, `encoder` and `also`.
        reading: the source as it was read.
        collection: of the source, by the model in use.

    Raises:
        GapvizError: a source that cannot be read, or that lacks some of the items.
    """
    found: dict[str, Collection] = {}
    for source, one in _others(options, reading, collection):
        taken = one.encoder == collection.encoder or one.encoder in found
        found[f"{one.encoder} ({source})" if taken else one.encoder] = one
    return found


def _others(
    options: argparse.Namespace, reading: Reading, collection: Collection
) -> Iterator[tuple[str, Collection]]:
    if options.source in BUILTIN_ENCODERS:
        variants = [name for name in BUILTIN_ENCODERS if name != collection.encoder]
        yield from ((name, builtin_collection(name)) for name in variants)
    else:
        if options.encoder is not None:
            # Where a source holds several models, naming one leaves the others out.
            reading = _read(options, options.source)
        several = reading.collections if len(reading.collections) > 1 else ()
        yield from ((options.source, o) for o in several if o.encoder != collection.encoder)
    for source in options.also:
        for one in _read(options, source).collections:
            one.refuse_without_vectors()
            yield source, with_items_of(one, collection)


def _read(options: argparse.Namespace, source: str) -> Reading:
    """A source whose items are wanted, without the queries."""
    plain = dict.fromkeys(_OF_QUERIES)
    return read(argparse.Namespace(**{**vars(options), **plain, "source": source, "encoder": None}))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr; nothing where that is no terminal."""
    from tqdm import tqdm

    shape = "{percentage:3.0f}% |{bar:30}| {desc}"
    with tqdm(total=1.0, bar_format=shape, leave=False, disable=None, file=sys.stderr) as bar:

        def tell(share: float, stage: str) -> None:
            bar.n = min(share, 1.0)
            bar.set_description_str(in_terminal(stage))

        yield tell
