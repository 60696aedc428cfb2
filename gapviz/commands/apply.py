"""`gapviz apply`: a vectors file of any size through an exported strategy."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from gapviz.analyses.finding_text import text_of
from gapviz.commands.console import note
from gapviz.commands.files import json_text
from gapviz.commands.limits import add_block_rows, add_limit, limits_of
from gapviz.commands.parser import ASKED, OUTPUT, SOURCE, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_json
from gapviz.commands.standard_streams import (
    is_output,
    refuse_output_stream,
    write_output_stream,
)
from gapviz.export.apply import Applied, apply_file
from gapviz.export.apply_scores import apply_scores
from gapviz.export.folder import Exported, load_exported
from gapviz.sources.files.limits import limited


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "apply",
        description="Move every row of a vectors file with an exported strategy, block by block. "
        "A run that was stopped goes on where it was, with the same bits. With --scores-with the "
        "file holds scores of pairs instead, and how likely each pair matches is written.",
    )
    command.add_argument(
        "export", type=Path, metavar="FOLDER", help="the folder that `gapviz export` wrote"
    )
    command.add_argument(
        "vectors",
        type=Path,
        metavar="VECTORS",
        help="a .npy, .npz, .safetensors or .parquet with one row a vector; - for standard input",
    )
    group = options_of(command, ASKED)
    group.add_argument(
        "--modality", required=True, metavar="MODALITY", help="the modality: of all rows"
    )
    group.add_argument(
        "--as-queries",
        action="store_true",
        help="the rows ask, instead of being indexed; it matters where a strategy moves by role",
    )
    group.add_argument(
        "--scores-with",
        metavar="MODALITY",
        help="the .npy holds scores of pairs of --modality and this one: write the probability "
        "that each matches",
    )
    group.add_argument(
        "--prior",
        type=float,
        metavar="NUMBER",
        help="the share of pairs that match: of those of --scores-with, of one match among n rows "
        "1 / n "
        "(default: that of the export)",
    )
    options_of(command, OUTPUT).add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="where to write: a .npy or .safetensors, or - for a .npy on standard output",
    )
    options_of(command, SOURCE).add_argument(
        "--array", metavar="NAME", help="the array, tensor or column, where there are several"
    )
    add_block_rows(group)
    add_limit(command)
    add_json(command)
    command.set_defaults(run=run, goes_on=True)


def run(options: argparse.Namespace) -> str:
    """Move the file, and say what was written; on standard output, where that is meant.

    Raises:
        GapvizError: bad input, or a disk that is full.
    """
    if not is_output(options.out):
        return _applied(options)
    refuse_output_stream(as_json=options.json)
    options.goes_on = False
    with TemporaryDirectory(prefix="gapviz-") as folder:
        options.out = Path(folder) / "standard-output.npy"
        said = _applied(options)
        write_output_stream(options.out)
    for line in said.splitlines()[:-1]:
        note(line)
    return ""


def _applied(options: argparse.Namespace) -> str:
    exported = load_exported(options.export)
    if options.scores_with is not None:
        return _matched(exported, options)
    with progress_bar() as progress, limited(limits_of(options)):
        applied = apply_file(
            exported,
            options.vectors,
            options.modality,
            options.out,
            queries=options.as_queries,
            array=options.array,
            block_rows=options.block_rows,
            progress=progress,
        )
    if options.json:
        told = {"out": str(applied.out), "strategy": exported.card.strategy}
        return json_text(asdict(applied) | told)
    return _summary(applied, exported)


def _matched(exported: Exported, options: argparse.Namespace) -> str:
    pair = (options.modality, options.scores_with)
    with progress_bar() as progress:
        found = apply_scores(
            exported,
            options.vectors,
            pair,
            options.out,
            prior=options.prior,
            progress=progress,
        )
    if options.json:
        return json_text(asdict(found) | {"out": str(found.out)})
    return text_of(
        [
            f"{exported.card.label}: {found.n_scores:,} scores of {'–'.join(pair)} pairs, of which "
            f"a share of {found.prior:g} matches",
            f"probabilities written to {found.out}",
        ]
    )


def _summary(applied: Applied, exported: Exported) -> str:
    gone_on = f", gone on from row {applied.resumed_from:,}" if applied.resumed_from else ""
    lines = [
        f"{exported.card.label}: {applied.n_rows:,} {applied.modality} vectors of {applied.dim} "
        f"dimensions, {applied.dtype}{gone_on}"
    ]
    if not exported.strategy.spec.moves_vectors:
        lines.append(
            "this strategy moves no vector: the rows are as they were, at length 1; what it "
            "changes is the search, see the code of the export"
        )
    return text_of([*lines, f"written to {applied.out}"])
