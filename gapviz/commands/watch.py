"""`gapviz watch`: whether today's vectors are still those that an export was fitted on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gapviz.analyses.finding_text import finding_lines, text_of
from gapviz.analyses.watch import alarm_sentences, watch_finding
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated, add_gate, gates_of
from gapviz.commands.limits import add_block_rows, add_limit, limits_of
from gapviz.commands.parser import ASKED, OUTPUT, SOURCE, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_encoder, add_json
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_name, modality_names
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.wording import counted
from gapviz.export.calibration_sketch import load_calibration
from gapviz.export.folder import Exported, load_exported
from gapviz.export.todays_vectors import Today, merged_by_modality
from gapviz.measures.experiment import measured_pair
from gapviz.measures.measurement import Measurement
from gapviz.measures.sketch.check import FLOOR_GAP
from gapviz.measures.sketch.drift import LEVEL, Drift, drift_of
from gapviz.measures.sketch.files import is_sketch_file
from gapviz.measures.sketch.sketch import Sketch, save_sketches
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.files.limits import limited
from gapviz.sources.library.named import read_by_name

VECTOR_ENDINGS = (".npy", ".npz", ".safetensors", ".parquet")


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "watch",
        description="Hold today's vectors against the calibration items of an export: direction "
        "and length of the gap, spread, mix of modalities, mean and spread of scores, place of "
        "each modality, and encoder. Exit code 1 where one of them says that the fix no longer "
        "fits.",
    )
    command.add_argument("export", type=Path, metavar="FOLDER", help="what gapviz export wrote")
    command.add_argument(
        "vectors",
        nargs="+",
        metavar="VECTORS",
        help="today's: files of vectors (.npy, .npz, .safetensors, .parquet), MODALITY=FILE where "
        "the name of a file does not say it, a source such as builtin, or what --sketch wrote; "
        "rows of one modality are taken together",
    )
    asked = options_of(command, ASKED)
    asked.add_argument(
        "--modality", metavar="MODALITY", help="the modality: of all rows of bare files"
    )
    asked.add_argument(
        "--as-queries",
        action="store_true",
        help="the rows ask, instead of being indexed; they are held against calibration queries "
        "where there are any",
    )
    source = options_of(command, SOURCE)
    add_encoder(source)
    source.add_argument(
        "--array", metavar="NAME", help="the array, tensor or column, where there are several"
    )
    options_of(command, OUTPUT).add_argument(
        "--sketch",
        type=Path,
        metavar="FILE",
        help="write today's sketch as well (.safetensors), to be given instead of the vectors: "
        "days merge into weeks",
    )
    asked.add_argument(
        "--level",
        type=float,
        default=LEVEL,
        metavar="SHARE",
        help=f"chance of a false alarm, all checks together (default: {LEVEL:g})",
    )
    asked.add_argument(
        "--floor",
        type=float,
        default=FLOOR_GAP,
        metavar="SHARE",
        help="the smallest shift of a centroid or of the gap worth an alarm, as a share of the "
        f"fitted gap (default: {FLOOR_GAP:g})",
    )
    add_block_rows(asked)
    add_limit(command)
    add_gate(command)
    add_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """Read, sketch, compare, and say what has moved.

    Raises:
        GapvizError: bad input.
    """
    gates = gates_of(options)
    if options.sketch is not None and options.sketch.suffix != ".safetensors":
        raise GapvizError("does not end in .safetensors", where=str(options.sketch))
    exported = load_exported(options.export)
    calibration = load_calibration(options.export, exported.card)
    today = Today(exported.card, calibration, options.as_queries, options.encoder)
    sketches: list[Sketch] = []
    collections: list[Collection] = []
    with progress_bar() as progress, limited(limits_of(options)):
        for text in options.vectors:
            found, collection = _read(text, today, options, progress)
            sketches += found
            collections += [] if collection is None else [collection]
    merged = merged_by_modality(sketches)
    drift = drift_of(merged, calibration, level=options.level, floor=options.floor)
    measured = _measured(exported, today, collections, drift)
    finding = watch_finding(
        drift,
        _title(exported, drift),
        exported.card.acts_on,
        measured,
        exported.card.figures_after,
    )
    if options.sketch is not None:
        save_sketches(merged, options.sketch)
    figures = finding.to_json() | {
        "folder": str(options.export),
        "strategy": exported.card.strategy,
        "sketch": options.sketch and str(options.sketch),
    }
    lines = finding_lines(finding)
    if options.sketch is not None:
        lines.append(f"sketch written to {options.sketch}")
    answer = gates.answer(json_text(figures) if options.json else text_of(lines), {"": figures})
    return replace(answer, broken=(*alarm_sentences(drift), *answer.broken))


def _read(
    text: str, today: Today, options: argparse.Namespace, progress: Progress
) -> tuple[list[Sketch], Collection | None]:
    """The sketches of one argument, and the collection that it was, if it was one."""
    name, sign, rest = text.partition("=")
    named = name if sign and name in today.calibration.corpus else None
    path = Path(rest if named else text)
    if is_sketch_file(path):
        return today.of_sketches(path), None
    if path.suffix.lower() in VECTOR_ENDINGS and path.is_file():
        modality = named or options.modality or _told_by_name(path, today)
        if modality is not None:
            made = today.of_file(path, modality, options.array, options.block_rows, progress)
            return [made], None
    elif sign and not named and not path.exists() and Path(rest).exists():
        today.refuse_unknown(name, rest)
    source = rest if named else text
    asked = ReadOptions(encoder=options.encoder, limits=limits_of(options), progress=progress)
    only = named or options.modality
    try:
        collection = read_by_name(source, asked).encoded_by(options.encoder)
    except GapvizError as error:
        if only or path.suffix.lower() not in VECTOR_ENDINGS or not path.is_file():
            raise
        known, likely = today.calibration.corpus, modality_names([path.stem])[path.stem]
        example = f"{likely if likely in known else next(iter(known))}={text}"
        hint = f"where all of its rows are of one modality, write for instance {example}"
        raise GapvizError(error.what, where=error.where, hint=hint) from error
    if only is not None:
        collection.modality(only)
        collection = collection.of_modalities([only])
    return today.of_collection(collection), today.held_out(collection)


def _told_by_name(path: Path, today: Today) -> str | None:
    modality = modality_name(path.stem)
    return modality if modality in today.calibration.corpus else None


def _measured(
    exported: Exported, today: Today, collections: Sequence[Collection], drift: Drift
) -> Measurement | None:
    """The fix on today's pairs, where one collection has both halves of some of them."""
    if len(collections) != 1 or drift.verdict == "another encoder" or today.queries:
        return None
    collection = collections[0].of_modalities(exported.card.modalities)
    names = collection.modality_names
    if len(names) < 2 or not len(collection.pairs(*names[:2])):
        return None
    pair = measured_pair(collection, collection)
    return Measurement(collection, exported.strategy, "split", DEFAULT_SEED, pair)


def _title(exported: Exported, drift: Drift) -> str:
    rows = ", ".join(f"{counted(n, 'row')} of {name}" for name, n in drift.rows.items())
    fitted = min(drift.calibration_rows.values())
    return f"{exported.card.label}: {rows} today, beside {fitted:,} a modality at calibration"
