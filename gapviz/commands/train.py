"""`gapviz train`: two heads trained on a collection, and what becomes of the gap meanwhile."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from gapviz.analyses.analysis import Finding
from gapviz.analyses.training.features import collection_features
from gapviz.analyses.training.run import MODGAP_WEIGHTS, LossName, TrainingOptions, train_run
from gapviz.commands.analysis import answer, refused_early
from gapviz.commands.gate import Gated, add_gate
from gapviz.commands.parameters import add_parameters, chosen_values
from gapviz.commands.parser import ASKED, OUTPUT, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_source, read_and_tell
from gapviz.commands.strategy import add_shared, chosen_pair
from gapviz.core.collection import Collection
from gapviz.core.parameter import Parameter
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.seeds import checked_seed
from gapviz.core.table import Column, Table
from gapviz.core.wording import too_few
from gapviz.measures.pair import default_pair

if TYPE_CHECKING:
    from gapviz.analyses.training.features import TrainingFeatures
    from gapviz.analyses.training.run import TrainingRun

DEFAULTS = TrainingOptions()

PARAMETERS = (
    Parameter("loss", "Loss", "text", DEFAULTS.loss, " or ".join(get_args(LossName))),
    Parameter(
        "temperature",
        "Temperature",
        "number",
        DEFAULTS.temperature,
        "what cosines are divided by; the sigmoid loss starts from it and learns another",
        symbol="τ",
    ),
    *(
        # Without a default, so that one that is given beside another loss is refused.
        replace(one, default=None, help=f"{one.help} (default: {one.default:g})")
        for one in MODGAP_WEIGHTS
    ),
    Parameter("steps", "Steps", "count", DEFAULTS.steps, "steps of training"),
    Parameter(
        "record_every",
        "Record every",
        "count",
        None,
        f"steps from one record to the next (default: {DEFAULTS.record_every}, or --steps where "
        "that is less)",
    ),
)


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "train",
        description="Train a head for each of two modalities on fixed features, as the page Why a "
        "gap does, and measure gap, cones, recall and bias on held-out pairs every few steps.",
    )
    add_source(command)
    add_parameters(command, PARAMETERS)
    options_of(command, ASKED).add_argument(
        "--intra-modal",
        action="store_true",
        help="add CyCLIP's terms: two images should be as alike as their captions",
    )
    add_shared(command, ["pair"])
    options_of(command, OUTPUT).add_argument(
        "--out", type=Path, metavar="FILE", help="where to write: the heads, as a .safetensors"
    )
    add_shared(command, ["seed"])
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and what a condition holds for: a figure of `last`, or of `steps.N`.

    Raises:
        GapvizError: bad input, or a file that cannot be written.
    """
    gates = refused_early(options)
    values = chosen_values(options, PARAMETERS)
    if values["record_every"] is None:
        values["record_every"] = min(DEFAULTS.record_every, values["steps"])
    seed = checked_seed(options.seed)
    chosen = TrainingOptions(**values, intra_modal=options.intra_modal, seed=seed)
    pair = chosen_pair(options)
    collection = read_and_tell(options).encoded_by(options.encoder)
    features = collection_features(collection, pair or default_pair(collection))
    with progress_bar() as progress:
        result = train_run(features, chosen, progress)
    return answer(_finding(collection, features, result), gates, options, "heads written to")


def _finding(collection: Collection, features: TrainingFeatures, result: TrainingRun) -> Finding:
    from gapviz.analyses.training.quantities import QUANTITIES

    columns = [Column("step", "step")]
    for key, quantity in QUANTITIES.items():
        parts = quantity.values(result.steps[0])
        columns += [Column(f"{key}-{part}", quantity.title.lower(), part) for part in parts]
    rows = [
        [step.step, *(value for one in QUANTITIES.values() for value in one.values(step).values())]
        for step in result.steps
    ]
    doubts = random_weights_warnings(collection.encoder)
    warnings = [*doubts, *filter(None, [too_few(features.held_out.size)])]
    units = " ".join(f"{one.title}: {one.axis}." for one in QUANTITIES.values())
    return Finding(
        figures={
            "n_train": features.train.size,
            "n_held_out": features.held_out.size,
            "features": features.source,
            **result.to_json(),
            "last": result.steps[-1].to_json(),
            **({"warnings": warnings} if doubts else {}),
        },
        title=f"{collection.name}: {features.train.size:,} pairs train, "
        f"{features.held_out.size:,} others are held out",
        warnings=warnings,
        readings=[features.source, f"{result.options.title}, {result.options.steps:,} steps"],
        tables=[Table("", columns, rows)],
        protocol=f"{units} Loss is that of the training batch, all else is measured on the "
        "held-out pairs.",
        result=result,
    )
