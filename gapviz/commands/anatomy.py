"""`gapviz anatomy`: what the gap is made of."""

from __future__ import annotations

import argparse
from math import isnan
from typing import Any

from gapviz.analyses.anatomy.parts import (
    Placed,
    cached_dimensions,
    cached_heat_maps,
    cached_hubs,
    cached_plane,
    cached_spectra,
    moving_strategies,
)
from gapviz.analyses.anatomy.readings import (
    dimensions_reading,
    heat_map_reading,
    hubs_reading,
    plane_reading,
    spectra_reading,
)
from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.held_out import (
    HeldOut,
    Part,
    PartMaker,
    add_held_out,
    add_parts,
    chosen_held_out,
    chosen_parts,
    made_parts,
    part_of,
)
from gapviz.commands.models import add_also, encoder_title, other_models
from gapviz.commands.output import json_text
from gapviz.commands.source import Commands
from gapviz.commands.table import paragraph, text_table
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress
from gapviz.core.wording import counted, figure
from gapviz.strategies import STRATEGIES, StrategyOptions

TOPS = (1, 2, 5, 10)


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "anatomy",
        help="tell what the gap is made of: dimensions, losses, hubs, spectra",
        description="Take the gap apart on the items of the evaluate split: the dimensions that "
        "hold it and what is left without them, the cosines of a sample of pairs, alignment and "
        "uniformity of every model under every strategy that moves vectors, hubs, and the "
        "spectrum of each cloud.",
    )
    add_held_out(command)
    add_parts(command, tuple(_PARTS))
    add_also(command)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and the figures that a condition holds for.

    Raises:
        GapvizError: bad input.
    """
    gates = conditions(options)
    names = chosen_parts(options, tuple(_PARTS))
    looked_at = chosen_held_out(options)
    found = made_parts(names, _PARTS, looked_at, options)
    figures = looked_at.to_json() | {name: part.figures for name, part in found.items()}
    if options.json:
        text = json_text(figures)
    else:
        lines = looked_at.head
        if not looked_at.spec.moves_vectors and looked_at.strategy.name != "raw":
            title = STRATEGIES[looked_at.strategy.name].title
            hubs = ", but for hubs" * (looked_at.spec.adjusts_scores)
            lines.append(f"{title} moves no vector: what follows is of the raw ones{hubs}.")
        for part in found.values():
            lines += ["", *part.lines]
        text = "\n".join(lines)
    return Gated.by(gates, figures, text)


def _dimensions(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    work = cached_dimensions(looked_at.collection, looked_at.pair, seed=looked_at.seed)
    found = work.compute(progress)
    shares, curve = found.shares, found.ablation
    x, y = looked_at.pair
    columns = {
        "share of ‖Δ‖²": curve.share,
        "gap": curve.gap,
        f"R@1 {x} → {y}": curve.recall_x_to_y,
        f"R@1 {y} → {x}": curve.recall_y_to_x,
        "gap, random": curve.control_gap,
        f"R@1 {x} → {y}, random": curve.control_recall_x_to_y,
        f"R@1 {y} → {x}, random": curve.control_recall_y_to_x,
    }
    rows = [
        [f"{removed:,}", *map(figure, figures)]
        for removed, *figures in zip(curve.removed, *columns.values(), strict=True)
    ]
    tops = {str(count): shares.top(count) for count in TOPS}
    told = ", ".join(f"{count}: {_share(one)}" for count, one in tops.items())
    return Part(
        found.to_json() | {"top_share": plain_json(tops)},
        [
            "Dimensions, raw vectors",
            *paragraph(dimensions_reading(found)),
            "",
            *text_table(["removed", *columns], rows),
            "",
            *paragraph(
                f"Share of the largest dimensions: {told}. Removed by |Δd| of the calibrate split, "
                f"rows scaled to length 1 again; R@1 of {counted(curve.n_pairs, 'pair')}, higher "
                "is better; random: as many random dimensions. These figures change under a "
                "rotation of the space."
            ),
        ],
    )


def _heat_map(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    strategies = _moved(looked_at)
    work = cached_heat_maps(looked_at.collection, strategies, looked_at.pair, seed=looked_at.seed)
    found = work.compute(progress)
    shown = len(next(iter(found.by_strategy.values())).pairs)
    return Part(
        _by_name(found.to_json(), strategies),
        [
            f"Cosines, {shown:,} of {counted(found.n_pairs, 'held-out pair')}",
            *paragraph(heat_map_reading(found)),
            "--json prints all of them, like beside like.",
        ],
    )


def _plane(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    collection, pair, seed = looked_at.collection, looked_at.pair, looked_at.seed
    ours = {encoder_title(collection.encoder): collection}
    others = other_models(options, looked_at.reading, collection)
    models = ours | {encoder_title(name): one for name, one in others.items()}
    grid = [StrategyOptions(name) for name in moving_strategies()]
    plane = cached_plane(models, grid, pair, seed=seed).compute(part_of(progress, 0, 2))
    chosen = cached_plane(ours, _moved(looked_at)[-1:], pair, seed=seed).compute(
        part_of(progress, 1, 2)
    )
    rows = [_placed(one) for one in plane.points]
    rows += [[f"{model}, chosen", *cells] for model, *cells in map(_placed, chosen.points)]
    return Part(
        {"points": plane.to_json()["points"], "chosen": chosen.to_json()["points"]},
        [
            "Loss plane",
            *paragraph(plane_reading(plane)),
            "",
            *text_table(["model", "strategy", "alignment", "uniformity"], rows, left=2),
            "",
            *paragraph(
                "Alignment: mean‖x − y‖² over matched pairs. Uniformity: log mean exp(−2‖a − b‖²) "
                "over both clouds pooled. Both: lower is better. Strategies at their usual "
                "parameters, but for the one chosen."
            ),
        ],
    )


def _hubs(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    strategies = _moved(looked_at)
    if looked_at.spec.adjusts_scores:
        strategies.append(looked_at.strategy)
    hubs = cached_hubs(
        looked_at.collection, strategies, looked_at.pair, seed=looked_at.seed
    ).compute(progress)
    rows = [
        [
            f"{source} → {target}",
            title,
            figure(hub.skew, 2),
            _share(hub.anti_hub_share),
            _share(hub.largest_share),
        ]
        for title, by_direction in hubs.by_strategy.items()
        for (source, target), hub in by_direction.items()
    ]
    sampled = " A seeded sample of 20,000 rows stands for each larger modality." * hubs.sampled
    return Part(
        _by_name(hubs.to_json(), strategies),
        [
            "Hubs",
            *paragraph(hubs_reading(hubs)),
            "",
            *text_table(
                ["direction", "strategy", "skew", "anti-hubs", "fullest 1 %"], rows, left=2
            ),
            "",
            *paragraph(
                "In how many lists of the 10 best an entry of the other modality stands. Skew: 0 "
                "is even; anti-hubs: entries in no list; fullest 1 %: their share of all places. "
                f"All: lower is better.{sampled}"
            ),
        ],
    )


def _spectra(looked_at: HeldOut, options: argparse.Namespace, progress: Progress) -> Part:
    strategies = _moved(looked_at)
    spectra = cached_spectra(looked_at.collection, strategies, looked_at.pair).compute(progress)
    rows = [
        [name, title, figure(one.effective_rank, 1), figure(one.participation_ratio, 1)]
        for title, by_modality in spectra.by_strategy.items()
        for name, one in by_modality.items()
    ]
    return Part(
        _by_name(spectra.to_json(), strategies),
        [
            "Spectrum",
            *paragraph(spectra_reading(spectra)),
            "",
            *text_table(
                ["modality", "strategy", "effective rank", "participation ratio"], rows, left=2
            ),
            "",
            *paragraph(
                "Of each cloud's own covariance. Effective rank: exp of the entropy of the "
                "eigenvalues' shares; participation ratio: 1 / Σ shares². Both: higher is wider."
            ),
        ],
    )


_PARTS: dict[str, PartMaker] = {
    "dimensions": _dimensions,
    "heat_map": _heat_map,
    "plane": _plane,
    "hubs": _hubs,
    "spectrum": _spectra,
}


def _moved(looked_at: HeldOut) -> list[StrategyOptions]:
    """Raw, and the strategy where it moves vectors."""
    moved = [looked_at.strategy] if looked_at.spec.moves_vectors else []
    return [StrategyOptions("raw"), *moved]


def _by_name(figures: dict[str, Any], strategies: list[StrategyOptions]) -> dict[str, Any]:
    """Figures by the name of each strategy, which a condition can name, not by its title."""
    by_title = figures["by_strategy"]
    return figures | {
        "titles": {one.name: title for one, title in zip(strategies, by_title, strict=True)},
        "by_strategy": {
            one.name: told for one, told in zip(strategies, by_title.values(), strict=True)
        },
    }


def _placed(one: Placed) -> list[str]:
    point = one.point
    return [one.model, one.strategy, figure(point.alignment), figure(point.uniformity)]


def _share(value: float) -> str:
    return "none" if isnan(value) else f"{value:.1%}"
