"""`gapviz train`: two heads trained on a collection, and what becomes of the gap meanwhile."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from gapviz.analyses.analysis import Finding
from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.output import json_text, refuse_output
from gapviz.commands.source import (
    Commands,
    add_seed,
    add_source,
    chosen_seed,
    progress_bar,
    read_and_tell,
)
from gapviz.commands.strategy import add_pair, chosen_pair
from gapviz.commands.terminal import finding_lines
from gapviz.core.table import Column, Table
from gapviz.core.wording import too_few
from gapviz.measures.measurement import default_pair
from gapviz.storage.files import write_output
from gapviz.training.features import collection_features
from gapviz.training.run import LossName, TrainingOptions, train_run

if TYPE_CHECKING:
    from gapviz.core.collection import Collection
    from gapviz.training.features import TrainingFeatures
    from gapviz.training.run import TrainingRun

DEFAULTS = TrainingOptions()
ENDINGS = (".safetensors",)


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "train",
        help="train two heads, and watch what becomes of the gap",
        description="Train a head for each of two modalities on fixed features, as the page Why a "
        "gap does, and measure gap, cones, recall and bias on held-out pairs every few steps.",
    )
    add_source(command)
    command.add_argument(
        "--loss",
        default=DEFAULTS.loss,
        metavar="NAME",
        help=f"{' or '.join(get_args(LossName))} (default: {DEFAULTS.loss})",
    )
    command.add_argument(
        "--temperature",
        type=float,
        default=DEFAULTS.temperature,
        metavar="τ",
        help="what cosines are divided by; the sigmoid loss starts from it and learns another "
        f"(default: {DEFAULTS.temperature:g})",
    )
    command.add_argument(
        "--intra-modal",
        action="store_true",
        help="add CyCLIP's terms: two images should be as alike as their captions",
    )
    command.add_argument(
        "--steps",
        type=int,
        default=DEFAULTS.steps,
        metavar="N",
        help=f"updates of the heads (default: {DEFAULTS.steps})",
    )
    command.add_argument(
        "--record-every",
        type=int,
        metavar="N",
        help=f"steps from one record to the next (default: {DEFAULTS.record_every}, or --steps "
        "where that is less)",
    )
    add_pair(command)
    command.add_argument(
        "--out", type=Path, metavar="FILE", help="write the heads to a .safetensors as well"
    )
    add_seed(command)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and what a condition holds for: a figure of `last`, or of `steps.N`.

    Raises:
        GapvizError: bad input, or a file that cannot be written.
    """
    gates = conditions(options)
    chosen = TrainingOptions(
        temperature=options.temperature,
        loss=options.loss,
        intra_modal=options.intra_modal,
        seed=chosen_seed(options),
        steps=options.steps,
        record_every=min(DEFAULTS.record_every, options.steps)
        if options.record_every is None
        else options.record_every,
    )
    pair = chosen_pair(options)
    if options.out is not None:
        refuse_output(options.out, ENDINGS)
    collection = read_and_tell(options).encoded_by(options.encoder)
    features = collection_features(collection, pair or default_pair(collection))
    with progress_bar() as progress:
        result = train_run(features, chosen, progress)
    if options.out is not None:
        write_output(options.out, result.heads_file())
    figures = {
        "n_train": features.train.size,
        "n_held_out": features.held_out.size,
        "features": features.source,
        **result.to_json(),
        "last": result.steps[-1].to_json(),
        "out": None if options.out is None else str(options.out),
    }
    text = json_text(figures) if options.json else "\n".join(_lines(collection, features, result))
    if options.out is not None and not options.json:
        text += f"\nheads written to {options.out}"
    return Gated(text, tuple(told for gate in gates for told in gate.broken(figures)))


def _lines(collection: Collection, features: TrainingFeatures, result: TrainingRun) -> list[str]:
    from gapviz.figures.training import QUANTITIES

    columns = [Column("step", "step")]
    for name, quantity in QUANTITIES.items():
        parts = quantity.values(result.steps[0])
        columns += [Column(f"{name}-{part}", quantity.title.lower(), part) for part in parts]
    rows = [
        [
            step.step,
            *(value for one in QUANTITIES.values() for value in one.values(step).values()),
        ]
        for step in result.steps
    ]
    units = " ".join(f"{one.title}: {one.axis}." for one in QUANTITIES.values())
    doubt = too_few(features.held_out.size)
    return finding_lines(
        Finding(
            title=f"{collection.name}: {features.train.size:,} pairs train, "
            f"{features.held_out.size:,} others are held out",
            warnings=[] if doubt is None else [doubt],
            readings=[
                features.source,
                f"{result.options.title}, {result.options.steps:,} steps",
            ],
            tables=[Table("", columns, rows)],
            protocol=f"{units} Loss is that of the training batch, all else is measured on the "
            "held-out pairs.",
        )
    )
