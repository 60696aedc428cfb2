"""`gapviz forces`: the three causes of the gap, one small experiment each."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.held_out import add_parts, chosen_parts
from gapviz.commands.output import json_text
from gapviz.commands.source import (
    Commands,
    add_seed,
    add_source,
    chosen_seed,
    progress_bar,
    read_and_tell,
)
from gapviz.commands.strategy import add_pair, chosen_pair
from gapviz.core.wording import figure
from gapviz.measures.measurement import default_pair
from gapviz.training import FORCES, STUDY_STEPS, three_forces

if TYPE_CHECKING:
    from gapviz.training import Forces, RandomStart, ShiftStudy, TemperatureStudy


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "forces",
        help="show the three causes of the gap, one small experiment each",
        description="Three experiments: start, two encoders at random weights (over built-in "
        "drawings, whatever the source); order, loss and ranks when every answer is shifted by "
        "one vector; temperature, the gap that training leaves. What takes long is kept on disk.",
    )
    add_source(command)
    add_parts(command, FORCES, default="all")
    command.add_argument(
        "--shift",
        type=float,
        default=1.0,
        metavar="GAPS",
        help="shift of the answers: 1 lays the centroids on one another, below 0 moves them "
        "apart (default: 1)",
    )
    command.add_argument(
        "--steps",
        type=int,
        default=STUDY_STEPS,
        metavar="N",
        help=f"steps of training at each temperature (default: {STUDY_STEPS}, as on the page)",
    )
    add_pair(command)
    add_seed(command)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and what a condition holds for.

    Raises:
        GapvizError: bad input.
    """
    gates = conditions(options)
    seed = chosen_seed(options)
    only = chosen_parts(options, FORCES)
    pair = chosen_pair(options)
    collection = read_and_tell(options).encoded_by(options.encoder)
    with progress_bar() as progress:
        made = three_forces(
            collection,
            pair or default_pair(collection),
            only=only,
            shift=options.shift,
            steps=options.steps,
            seed=seed,
            progress=progress,
        )
    figures = made.to_json()
    text = json_text(figures) if options.json else _told(made)
    return Gated.by(gates, figures, text)


def _told(made: Forces) -> str:
    parts = []
    if made.start is not None:
        parts.append(_start(made.start))
    if made.order is not None:
        parts.append(_order(made.order))
    if made.temperature is not None:
        parts.append(_temperature(made.temperature, made))
    return "\n\n".join("\n".join(lines) for lines in parts)


def _start(start: RandomStart) -> list[str]:
    figures = start.figures
    recall = ", ".join(f"{a} → {b} {figure(value)}" for (a, b), value in figures.recall.items())
    cones = ", ".join(f"{name} {figure(value)}" for name, value in figures.cone.items())
    return [
        f"start        {start.model} at random weights, seed {start.seed}, over {start.n_items} "
        "built-in drawings and their names",
        f"  gap        {figure(figures.gap)}   (0 … 2, lower is closer)",
        f"  cosine     {cones}   (mean of two of a modality; 1: one point)",
        f"  R@10       {recall}   (higher is better; chance {figure(start.chance)})",
    ]


def _order(study: ShiftStudy) -> list[str]:
    n_queries = study.directions[0].n_queries
    lines = [
        f"order        answers shifted by {study.amount:g} of the gap; InfoNCE of one direction at "
        f"τ = {study.temperature:g}, {n_queries:,} held-out pairs",
        f"{'':18}{'gap':>15}{'loss, nats a query':>24}{'ranks changed':>15}"
        f"{'at length 1: loss':>19}{'ranks changed':>15}",
    ]
    lines += [
        f"  {f'{one.source} → {one.target}':16}"
        f"{f'{figure(one.gap_before)} → {figure(one.gap_after)}':>15}"
        f"{f'{figure(one.loss_before, 6)} → {figure(one.loss_after, 6)}':>24}{one.reranked:>15,}"
        f"{figure(one.loss_renormalised):>19}{one.reranked_renormalised:>15,}"
        for one in study.directions
    ]
    return lines


def _temperature(study: TemperatureStudy, made: Forces) -> list[str]:
    lines = [
        f"temperature  InfoNCE, {study.options.steps} steps each, seed {study.options.seed}, "
        "measured on held-out pairs",
        f"  {'τ':14}{'gap':>8}{'R@10':>8}{'bias@10':>10}",
        f"  {'untrained':14}{figure(study.gap_before):>8}",
    ]
    columns = (study.temperatures, study.gap, study.recall, study.bias)
    lines += [
        f"  {f'{temperature:g}':14}{figure(gap):>8}{figure(recall):>8}{figure(bias):>10}"
        for temperature, gap, recall, bias in zip(*columns, strict=True)
    ]
    lines += [
        f"  {f'{temperature:g}':14}{figure(gap):>8}  shipped: {title}"
        for title, (temperature, gap) in (made.shipped or {}).items()
    ]
    return [
        *lines,
        "Gap: 0 … 2, lower is closer. R@10, mean of both directions: higher is better. bias@10, "
        "mean of both: ½ is neutral.",
    ]
