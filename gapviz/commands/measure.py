"""`gapviz measure`: the modality gap and what a strategy does about it."""

from __future__ import annotations

import argparse
import json

from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.source import Commands, add_seed, add_source, chosen_seed
from gapviz.commands.strategy import (
    add_pair,
    add_strategy,
    chosen_collection,
    chosen_pair,
    chosen_strategy,
)
from gapviz.measure import Measurement, measure


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "measure",
        help="measure the modality gap and what a strategy does about it",
        description="Measure the modality gap of a collection and what a strategy does about it.",
    )
    add_source(command)
    add_strategy(command)
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
    text = json.dumps(figures, indent=2, allow_nan=False) if options.json else _summary(result)
    return Gated(text, tuple(told for gate in gates for told in gate.broken(figures)))


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
    lines = [
        f"{result.collection.name}: {result.collection.n_items} items, "
        f"{result.collection.dim} dimensions, encoder {result.collection.encoder}",
        f"strategy  {result.strategy.label}, fitted on {_split_words(result)}",
        "",
        f"gap {first}–{second}        {gap.gap:.4f}  [{gap.low:.4f}, {gap.high:.4f}]  "
        f"noise floor {gap.noise_floor:.4f}   (0 … 2, lower is closer)",
        f"cloud separation      {gap.separation:.4f}  variant A   (above 1: gap-dominated)",
        f"RMG                   {result.geometry.relative_gap:.4f}  (0 perfect)",
        f"constancy             {result.geometry.constancy.ratio:.4f}  "
        "(1: the gap is one translation)",
        "",
        f"{'per query modality':22}{'bias@10':>22}{'lift':>8}{'NDCG@10':>22}{'MRR':>8}",
    ]
    lines[2:2] = [f"warning   {warning}" for warning in result.strategy.warnings]
    for name in result.mixed:
        bias, ndcg = result.bias[name], result.ndcg[name]
        lines.append(
            f"{name:22}{_with_interval(bias.value, bias.low, bias.high):>22}"
            f"{result.lift[name].value:>8.2f}"
            f"{_with_interval(ndcg.value, ndcg.low, ndcg.high):>22}"
            f"{result.mrr[name].value:>8.3f}"
        )
    lines += ["", f"{'cross-modal recall':22}{'R@1':>22}{'R@5':>22}{'R@10':>22}"]
    for (a, b), by_depth in result.recall.items():
        cells = "".join(f"{_with_interval(e.value, e.low, e.high):>22}" for e in by_depth.values())
        lines.append(f"{a + ' → ' + b:22}{cells}")
    lines += [
        "",
        "[low, high]: 95 % intervals. bias lift 1 is neutral; recall and NDCG: higher is better.",
    ]
    return "\n".join(lines)


def _split_words(result: Measurement) -> str:
    if not result.strategy.card.learns:
        return "nothing"
    return "the same items (in-sample)" if result.fit == "all" else "the calibrate split"


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"
