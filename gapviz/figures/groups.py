"""Matched pairs and clusters as figures: bars before and after, and the residual's spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gapviz.analyses.anatomy.groups import HELD_AGAINST, Groups
from gapviz.analyses.anatomy.matched import Matched
from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_figure
from gapviz.figures.anatomy import spectrum_figure
from gapviz.figures.curves import STRATEGY_STYLES
from gapviz.figures.lines import SHARE_RANGE, Axis, Panel, frame
from gapviz.figures.plotly_objects import go

HEIGHT = 360
CHANCE = {"symbol": "diamond", "size": 9, "color": "#FFFFFF"}
"""A mark that is seen on a bar of any colour."""
_TITLES = {
    "labels": "to labels:<br>V-measure",
    "purity": "same, to modality:<br>homogeneity",
    "modality": "to modality:<br>V-measure",
}
"""Of `HELD_AGAINST`, with the figure that counts."""


def matched_panels(found: Matched) -> tuple[Panel, ...]:
    """Squared gap and residual one on the other, and the residual's eigenvalues."""
    titles = [in_figure(title) for title in found.by_strategy]
    bars = go.Figure(
        layout=frame(Axis("", words=True), Axis("mean squared distance of a pair"), HEIGHT)
    )
    for name, words, style in (
        ("squared_gap", "‖Δ‖², closed by one translation", STRATEGY_STYLES[1]),
        ("residual", "residual, closed by none", STRATEGY_STYLES[0]),
    ):
        bars.add_bar(
            x=titles,
            y=[getattr(one, name) for one in found.by_strategy.values()],
            name=words,
            marker={"color": style["color"]},
            hovertemplate="%{y:.3f}",
        )
    bars.update_layout(barmode="stack", bargap=0.5)
    shares = {title: one.spectrum.shares for title, one in found.by_strategy.items()}
    colors = [style["color"] for style in STRATEGY_STYLES]
    return (
        Panel(
            "What the distance of a pair is made of (lower is closer)",
            bars,
            f"Stacked bars of squared gap and residual: {', '.join(found.by_strategy)}",
        ),
        Panel(
            "Over how many directions the residual spreads",
            spectrum_figure(shares, colors, "share of the residual (log)"),
            f"Line chart of the residual's eigenvalues: {', '.join(found.by_strategy)}",
        ),
    )


def groups_panels(found: Groups) -> tuple[Panel, ...]:
    """What clusters follow, raw and with the strategy, with chance."""
    figure = go.Figure(
        layout=frame(Axis("", words=True), Axis("0 to 1", range=SHARE_RANGE), HEIGHT)
    )
    raw = next(iter(found.by_strategy.values()))
    places = [_TITLES[name] for name in found.known]
    for (title, one), style in zip(found.by_strategy.items(), STRATEGY_STYLES, strict=False):
        held = [getattr(one, name) for name in found.known]
        which = ["homogeneity" if name == "purity" else "v" for name in found.known]
        cells = [getattr(each, name).estimate for each, name in zip(held, which, strict=True)]
        chance = [getattr(each.chance, name) for each, name in zip(held, which, strict=True)]
        figure.add_bar(
            x=places,
            y=[cell.value for cell in cells],
            error_y=_ends(cells),
            name=in_figure(title),
            offsetgroup=title,
            marker={"color": style["color"]},
            hovertemplate="%{y:.3f}",
        )
        figure.add_scatter(
            x=places,
            y=chance,
            name="by chance",
            legendgroup="chance",
            showlegend=one is raw,
            offsetgroup=title,
            mode="markers",
            marker={**CHANCE, "line": {"color": "#000000", "width": 1.5}},
            hovertemplate="%{y:.3f}",
        )
    figure.update_layout(barmode="group", scattermode="group", bargap=0.35)
    titles = ", ".join(found.by_strategy)
    held_to = ", ".join(HELD_AGAINST[name] for name in found.known)
    return (
        Panel(
            "Clusters should follow labels, and not modality",
            figure,
            f"Bars of how far clusters follow {held_to}, with chance: {titles}",
        ),
    )


def _ends(cells: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "array": np.array([cell.high - cell.value for cell in cells]),
        "arrayminus": np.array([cell.value - cell.low for cell in cells]),
        "thickness": 1.5,
        "width": 5,
    }
