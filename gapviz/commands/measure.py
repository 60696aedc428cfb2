"""`gapviz measure`: the modality gap and what a strategy does about it."""

from __future__ import annotations

import argparse
from math import isnan

from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.output import json_text
from gapviz.commands.source import Commands, add_seed, add_source, chosen_seed
from gapviz.commands.strategy import (
    add_fit,
    add_pair,
    add_strategy,
    chosen_collection,
    chosen_pair,
    chosen_strategy,
)
from gapviz.core.wording import counted, figure, too_few
from gapviz.measures.experiment import measure
from gapviz.measures.measurement import Measurement


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "measure",
        help="measure the modality gap and what a strategy does about it",
        description="Measure the modality gap of a collection and what a strategy does about it.",
    )
    add_source(command)
    add_strategy(command)
    add_fit(command)
    add_pair(command)
    add_seed(command)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and the figures that a condition holds for.

    Raises:
        GapvizError: bad input.
    """
    gates = conditions(options)
    result = _measure(options)
    # A measurement computes what is asked of it, so that telling it can fail as well.
    figures = result.to_json() if options.json or gates else {}
    text = json_text(figures) if options.json else _summary(result)
    return Gated.by(gates, figures, text)


def _measure(options: argparse.Namespace) -> Measurement:
    strategy = chosen_strategy(options)
    return measure(
        chosen_collection(options, strategy),
        strategy,
        fit=options.fit,
        pair=chosen_pair(options),
        seed=chosen_seed(options),
    )


def _summary(result: Measurement) -> str:
    gap = result.geometry.gap
    first, second = result.pair
    known = not isnan(gap.low)
    between = f"  [{figure(gap.low, 4)}, {figure(gap.high, 4)}]" if known else ""
    lines = [
        f"{result.collection.name}: {counted(result.collection.n_items, 'item')}, "
        f"{result.collection.dim} dimensions, encoder {result.collection.encoder}",
        f"strategy  {result.strategy.label}, fitted on {_split_words(result)}",
        "",
        f"gap {first}–{second}        {figure(gap.gap, 4)}{between}  "
        f"noise floor {figure(gap.noise_floor, 4)}   (0 … 2, lower is closer)",
        f"cloud separation      {figure(gap.separation, 4)}  variant A   (above 1: gap-dominated)",
        f"RMG                   {figure(result.geometry.relative_gap, 4)}  (0 perfect)",
        f"constancy             {figure(result.geometry.constancy.ratio, 4)}  "
        "(1: the gap is one translation)",
        "",
        f"{'per query modality':22}{'bias@10':>22}{'lift':>8}{'NDCG@10':>22}{'MRR':>8}",
    ]
    doubt = too_few(result.collection.n_items)
    warnings = (*(() if doubt is None else (doubt,)), *result.strategy.warnings)
    lines[2:2] = [f"warning   {warning}" for warning in warnings]
    for name in result.mixed:
        lines.append(
            f"{name:22}{result.bias[name]!s:>22}"
            f"{figure(result.lift[name].value, 2):>8}"
            f"{result.ndcg[name]!s:>22}"
            f"{figure(result.mrr[name].value):>8}"
        )
    lines += ["", f"{'cross-modal recall':22}{'R@1':>22}{'R@5':>22}{'R@10':>22}"]
    for (a, b), by_depth in result.recall.items():
        cells = "".join(f"{estimate!s:>22}" for estimate in by_depth.values())
        lines.append(f"{a + ' → ' + b:22}{cells}")
    lines += [
        "",
        "[low, high]: 95 % intervals. bias lift 1 is neutral; recall and NDCG: higher is better.",
    ]
    return "\n".join(lines)


def _split_words(result: Measurement) -> str:
    if not result.strategy.spec.learns:
        return "nothing"
    return "the same items (in-sample)" if result.fit == "all" else "the calibrate split"
