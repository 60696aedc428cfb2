"""The plane of both losses: every model and strategy by alignment and uniformity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np

from gapviz.analyses.anatomy.parts import Placed
from gapviz.core.foreign import in_figure
from gapviz.core.vectors import Float64
from gapviz.figures.clear_ground import legend_key, level_legend
from gapviz.figures.lines import Axis, Panel, frame
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go

HEIGHT = 480
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "pentagon")
COLORS = (NEUTRAL, "#56B4E9", "#0072B2", "#009E73", "#E69F00", "#CC79A7", "#D55E00")

ENTRY_WIDTH = 170
"""Pixels of the words of an entry of the legend."""
WIDE_HOLE = 0.3
"""Share of an axis that is empty: beyond it the points on one side are a crowd of their own."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How the points of a strategy are told from others."""

    color: str
    hollow: bool

    def marker(self, symbol: str) -> dict[str, Any]:
        """Of a point of a model with this symbol."""
        if not self.hollow:
            return {"color": self.color, "symbol": symbol, "size": 11}
        line = {"width": 2.5, "color": self.color}
        return {"color": self.color, "symbol": f"{symbol}-open", "size": 10, "line": line}


def plane_panels(plane: Sequence[Placed], chosen: Sequence[Placed] = ()) -> tuple[Panel, ...]:
    """Every model and strategy by alignment and uniformity; those of `chosen` ringed.

    Where most points crowd into one part, a second panel shows that part alone. Colour tells
    the strategy, shape the model.
    """
    points = [placed for placed in plane if not np.isnan(placed.point.alignment)]
    strategies = list(dict.fromkeys(placed.strategy for placed in points))
    models = list(dict.fromkeys(placed.model for placed in points))
    # Once all colours are used, the next strategies have them hollow.
    looks = [_Look(color, hollow) for hollow in (False, True) for color in COLORS]
    colors = dict(zip(strategies, cycle(looks), strict=False))
    symbols = dict(zip(models, cycle(SYMBOLS), strict=False))
    title = "Alignment against uniformity: the lower left corner is best"
    alt = f"Scatter plot of {len(points)} models and strategies: {title}"
    figure = _figure(points, chosen, colors, symbols)
    figure.add_traces(_legend(colors, symbols))
    panels = [Panel(title, figure, alt)]
    crowd = _crowd(points)
    if crowd:
        low, high = _places(crowd).min(axis=0), _places(crowd).max(axis=0)
        near = [
            placed
            for placed in chosen
            if (_places([placed]) >= low).all() and (_places([placed]) <= high).all()
        ]
        title = f"The {len(crowd)} of them that crowd together, enlarged"
        panels.append(Panel(title, _figure(crowd, near, colors, symbols), f"Scatter plot: {title}"))
    return tuple(panels)


def _crowd(points: Sequence[Placed]) -> list[Placed]:
    """Those beyond the widest hole of either axis, where they are most; empty where none is."""
    if len(points) < 4:
        return []
    rising = np.sort(_places(points), axis=0)
    span = rising[-1] - rising[0]
    holes = np.divide(np.diff(rising, axis=0), span, out=np.zeros_like(rising[1:]), where=span > 0)
    at, axis = np.unravel_index(holes.argmax(), holes.shape)
    if holes[at, axis] < WIDE_HOLE:
        return []
    above = _places(points)[:, axis] > rising[at, axis]
    most = above if above.sum() > len(points) / 2 else ~above
    return [placed for placed, inside in zip(points, most, strict=True) if inside]


def _places(points: Sequence[Placed]) -> Float64:
    """`(n_points, 2)`: alignment and uniformity."""
    return np.array([[one.point.alignment, one.point.uniformity] for one in points])


def _figure(
    points: Sequence[Placed],
    ringed: Sequence[Placed],
    colors: Mapping[str, _Look],
    symbols: Mapping[str, str],
) -> go.Figure:
    figure = go.Figure(
        layout=frame(
            Axis("alignment: mean‖x − y‖² of pairs (lower is better)"),
            Axis("joint uniformity (lower is better)"),
            HEIGHT,
            legend=False,
        )
    )
    for placed in points:
        look = colors[placed.strategy].marker(symbols[placed.model])
        figure.add_scatter(
            x=[placed.point.alignment],
            y=[placed.point.uniformity],
            mode="markers",
            showlegend=False,
            marker=look,
            hovertemplate=f"{in_figure(placed.strategy)}<br>{in_figure(placed.model)}<br>"
            "alignment %{x:.3f}, uniformity %{y:.3f}<extra></extra>",
        )
    if ringed:
        x, y = _places(ringed).T
        figure.add_scatter(
            x=x,
            y=y,
            mode="markers",
            name="chosen now",
            marker={"symbol": "circle-open", "size": 20, "color": NEUTRAL, "line": {"width": 2}},
            hoverinfo="skip",
        )
    figure.update_layout(
        hovermode="closest",
        showlegend=True,
        # Below the title of the axis, in as many columns as there is room for.
        legend=level_legend(
            0, yref="container", entrywidth=ENTRY_WIDTH, maxheight=0.5, font={"size": 11}
        ),
    )
    return figure


def _legend(colors: Mapping[str, _Look], symbols: Mapping[str, str]) -> list[go.Scatter]:
    """A bar for each colour, since a dot would be a model's, dotted where its points are hollow,
    and an outline for each shape.
    """
    bars = [
        legend_key(
            in_figure(strategy.split(" (")[0]),
            line={"color": look.color, "width": 8, "dash": "2px" if look.hollow else "solid"},
        )
        for strategy, look in colors.items()
    ]
    shapes = [
        legend_key(
            in_figure(model), marker={"color": NEUTRAL, "symbol": f"{symbol}-open", "size": 10}
        )
        for model, symbol in symbols.items()
    ]
    return bars + (shapes if len(shapes) > 1 else [])
