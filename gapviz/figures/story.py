"""Why one query fails: both clouds, and in them the query, what it finds, and its right answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy.typing as npt

from gapviz.core.vectors import Float32
from gapviz.figures.cones import cones_figure
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go
from gapviz.measures.projection.layout import Layout

RIGHT_COLOR = "#009E73"
"""As the outline of the right answer on cards."""


@dataclass(frozen=True, eq=False)
class MarkedQuery:
    """Where a query stands in a layout."""

    query: Float32
    """`(2,)`"""
    found: Float32
    """`(n, 2)`, its first answers."""
    answer: Float32
    """`(2,)`, what it should find."""


def marked_cones(
    layout: Layout,
    item_index: Mapping[str, npt.ArrayLike],
    marked: MarkedQuery,
    *,
    webgl: bool = True,
    height: int = 380,
) -> go.Figure:
    """A linear layout with a query, its answers and its right answer marked.

    Args:
        layout: as `project` returned it.
        item_index: as of `cones_figure`.
        marked: on the axes of the layout.
        webgl: False draws SVG.
        height: in pixels.

    Raises:
        GapvizError: as `cones_figure`.
    """
    figure = cones_figure(layout, item_index, webgl=webgl, height=height)
    scatter = go.Scattergl if webgl else go.Scatter
    ends = zip(marked.query, marked.answer, strict=True)
    x, y = ([float(one) for one in pair] for pair in ends)
    # Unlike the centres of the clouds, which are rings in the legend.
    of_the_query = {"color": "#F0C000", "line": {"width": 1.5, "color": "#1C2330"}}
    figure.add_traces(
        [
            scatter(
                x=x, y=y, mode="lines", name="to its right answer", hoverinfo="skip",
                line={"color": NEUTRAL, "width": 2, "dash": "dot"}, showlegend=False,
            ),
            scatter(
                x=marked.found[:, 0], y=marked.found[:, 1], mode="markers",
                name="its first answers", hoverinfo="skip",
                marker={"symbol": "circle", "size": 9, **of_the_query},
            ),
            scatter(
                x=x[1:], y=y[1:], mode="markers", name="the right answer", hoverinfo="skip",
                marker={"symbol": "square-open", "size": 20, "color": RIGHT_COLOR,
                        "line": {"width": 4}},
            ),
            scatter(
                x=x[:1], y=y[:1], mode="markers", name="the query", hoverinfo="skip",
                marker={"symbol": "star", "size": 18, **of_the_query},
            ),
        ]
    )  # fmt: skip
    return figure
