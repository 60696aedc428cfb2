"""`gapviz curves`: what one choice costs along its whole range."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from gapviz.analyses.curves import Band
from gapviz.analyses.curves.cached import (
    cached_calibration_curve,
    cached_fusion_curves,
    cached_mix_curve,
    cached_strength_curve,
    strategy_in_one_index,
    strategy_that_learns,
    strategy_with_strength,
)
from gapviz.analyses.curves.rank_fusion import FusionLine
from gapviz.analyses.curves.readings import (
    calibration_reading,
    drawn_instead,
    fusion_reading,
    mix_reading,
    strength_reading,
)
from gapviz.commands.held_out import (
    HeldOut,
    Part,
    PartMaker,
    add_held_out,
    add_parts,
    chosen_held_out,
    chosen_parts,
    made_parts,
)
from gapviz.commands.output import json_text
from gapviz.commands.source import Commands
from gapviz.commands.strategy import chosen_strategy
from gapviz.commands.table import paragraph, text_table
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress
from gapviz.core.wording import counted, figure
from gapviz.strategies import STRATEGIES, StrategyOptions

BOOTSTRAP = "[low, high]: 95 % bootstrap intervals over items."
QUALITY = "R@1 and NDCG@10: higher is better."


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "curves",
        help="draw what one choice costs along its whole range",
        description="Vary the strength λ of an offset, the mix of the corpus, the number of "
        "calibration items, or k and a weight of rank fusion, and measure every point on the "
        "items of the evaluate split.",
    )
    add_held_out(command)
    add_parts(command, tuple(_CURVES))
    command.add_argument(
        "--with",
        dest="asks",
        metavar="MODALITY",
        help="the modality of all queries, for the mix (default: the second of the pair)",
    )
    command.add_argument(
        "--weighted",
        metavar="MODALITY",
        help="the list whose weight varies, for fusion (default: the first modality)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """The curves, as text or as one JSON object.

    Raises:
        GapvizError: bad input.
    """
    names = chosen_parts(options, tuple(_CURVES))
    looked_at = chosen_held_out(options)
    for modality in filter(None, [options.asks, options.weighted]):
        looked_at.collection.modality(modality)
    drawn = made_parts(names, _CURVES, looked_at, options)
    if options.json:
        figures = looked_at.to_json() | {name: one.figures for name, one in drawn.items()}
        return json_text(figures)
    lines = looked_at.head
    for one in drawn.values():
        lines += ["", *one.lines]
    return "\n".join(lines)


def _strength(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    chosen, figures = _strategy(looked_at, "strength", strategy_with_strength)
    curve = cached_strength_curve(
        looked_at.collection, chosen, looked_at.pair, seed=looked_at.seed
    ).compute(progress)
    x, y = curve.pair
    strengths = [f"{lam:g}" for lam in curve.strengths]
    shape = {
        "signed gap": [figure(one) for one in curve.signed_gap],
        "gap": [figure(one) for one in curve.gap],
        f"InfoNCE {x} → {y}": [figure(one.x_to_y) for one in curve.info_nce],
        f"InfoNCE {y} → {x}": [figure(one.y_to_x) for one in curve.info_nce],
        **_directions("R@1", curve.recall_at_1),
    }
    mixed = {**_modalities("bias@10", curve.bias), **_modalities("NDCG@10", curve.ndcg)}
    chance = ", ".join(f"{name} {figure(one)}" for name, one in curve.expected_bias.items())
    loss = curve.info_nce[0]
    return Part(
        figures | curve.to_json(),
        [
            *_told(figures, "Strength λ", strength_reading(curve)),
            "",
            *_points("λ", strengths, shape),
            "",
            *_points("λ", strengths, mixed),
            "",
            *paragraph(
                f"gap {x}–{y}: 0 … 2, lower is closer; raw {figure(curve.raw_gap)}; signed: 0 is "
                f"closed. InfoNCE: nats, temperature {loss.temperature:g}, "
                f"{counted(loss.batch, 'pair')}, lower is better. bias@10: neutral at chance "
                f"({chance}). {QUALITY} {BOOTSTRAP}"
            ),
        ],
    )


def _mix(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    chosen, figures = _strategy(looked_at, "mix", strategy_in_one_index)
    curve = cached_mix_curve(
        looked_at.collection,
        chosen,
        looked_at.pair,
        asks=options.asks or looked_at.pair[-1],
        routing=chosen_strategy(options, "route"),
        seed=looked_at.seed,
    ).compute(progress)
    shares = [f"{share:.0%}" for share in curve.shares]
    ndcg = {line.title: _cells(line.ndcg) for line in curve.lines}
    recall = {line.title: _cells(line.recall_at_1) for line in curve.lines}
    asking = (
        f"{curve.n_asking.max():,} second captions ask, which are never indexed"
        if curve.second_captions
        else f"{curve.n_asking.min():,} to {curve.n_asking.max():,} queries ask, those that are "
        "not themselves the entry of their item"
    )
    return Part(
        figures | curve.to_json(),
        [
            *_told(figures, f"Corpus mix, asked with {curve.asks}", mix_reading(curve)),
            "",
            "NDCG@10",
            *_points(curve.second, shares, ndcg),
            "",
            "R@1",
            *_points(curve.second, shares, recall),
            "",
            *paragraph(
                f"{counted(curve.n_items, 'item')}, each in the corpus once, as {curve.first} or "
                f"as {curve.second}; {asking}. {QUALITY} [low, high]: lowest and highest of "
                f"{curve.n_repeats} nested orders."
            ),
        ],
    )


def _calibration(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    collection = looked_at.collection
    chosen, figures = _strategy(
        looked_at, "calibration", lambda name: strategy_that_learns(name, collection)
    )
    curve = cached_calibration_curve(
        collection, chosen, looked_at.pair, seed=looked_at.seed
    ).compute(progress)
    columns = {
        "cosine with the whole gap": _cells(curve.cosine),
        **_directions("R@1", curve.recall_at_1),
        **_modalities("bias@10", curve.bias),
    }
    raw = ", ".join(f"{a} → {b} {figure(one)}" for (a, b), one in curve.raw_recall_at_1.items())
    return Part(
        figures | curve.to_json(),
        [
            *_told(figures, "Calibration items", calibration_reading(curve)),
            "",
            *_points("items", [f"{size:,}" for size in curve.sizes], columns),
            "",
            *paragraph(
                f"R@1 without a strategy: {raw}; higher is better. cosine: 1 is the gap of the "
                "whole calibrate split. bias@10: neutral at the modality's share of the index. "
                f"[low, high]: lowest and highest of {curve.n_repeats} random orders."
            ),
        ],
    )


def _fusion(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    weighted = options.weighted or looked_at.collection.modality_names[0]
    ties = chosen_strategy(options, "route").value("ties")
    curves = cached_fusion_curves(
        looked_at.collection, weighted, ties=ties, seed=looked_at.seed
    ).compute(progress)
    lines = ["Rank fusion", *paragraph(fusion_reading(curves.by_lists))]
    for lists, curve in curves.by_lists.items():
        ks, weights = ([f"{value:g}" for value in values] for values in (curve.ks, curve.weights))
        lines += ["", f"{lists} lists, equal weights", *_points("k", ks, _line(curve.by_k))]
        lines += ["", f"{lists} lists, k = 60, weight of the {weighted} list"]
        lines += _points("weight", weights, _line(curve.by_weight))
    return Part(
        {"weighted": weighted, "ties": ties, **curves.to_json()},
        [
            *lines,
            "",
            *paragraph(
                "bias@10: neutral at the modality's share of the index. NDCG@10: higher is "
                "better; over overlapping lists an item is found whole, which is another "
                f"protocol. Equal scores over disjoint lists: {ties}. {BOOTSTRAP}"
            ),
        ],
    )


_CURVES: dict[str, PartMaker] = {
    "strength": _strength,
    "mix": _mix,
    "calibration": _calibration,
    "fusion": _fusion,
}


def _strategy(
    looked_at: HeldOut, curve: str, drawn_for: Callable[[str], str]
) -> tuple[StrategyOptions, dict[str, Any]]:
    """The strategy that a curve shows, at its usual parameters where another was chosen."""
    chosen = looked_at.strategy
    name = drawn_for(chosen.name)
    told = {"strategy": name, "note": drawn_instead(curve, chosen.name, name)}
    return (chosen if name == chosen.name else StrategyOptions(name)), told


def _told(figures: Mapping[str, Any], title: str, reading: str) -> list[str]:
    note = [] if figures["note"] is None else paragraph(figures["note"])
    return [f"{title}: {STRATEGIES[figures['strategy']].title}", *note, *paragraph(reading)]


def _points(name: str, points: list[str], columns: Mapping[str, list[str]]) -> list[str]:
    rows = [[point, *cells] for point, *cells in zip(points, *columns.values(), strict=True)]
    return text_table([name, *columns], rows)


def _line(line: FusionLine) -> dict[str, list[str]]:
    return {**_modalities("bias@10", line.bias), **_modalities("NDCG@10", line.ndcg)}


def _directions(title: str, bands: Mapping[tuple[str, str], Band]) -> dict[str, list[str]]:
    return {f"{title} {a} → {b}": _cells(band) for (a, b), band in bands.items()}


def _modalities(title: str, bands: Mapping[str, Band]) -> dict[str, list[str]]:
    return {f"{title} {name}": _cells(band) for name, band in bands.items()}


def _cells(band: Band) -> list[str]:
    ends = zip(band.value, band.low, band.high, strict=True)
    return [str(Estimate(float(value), float(low), float(high))) for value, low, high in ends]
