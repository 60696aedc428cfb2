"""The cones as one figure: raw, and beside it with a strategy on the same axes."""

from __future__ import annotations

from gapviz.analyses.cones import Cones, DrawnClouds
from gapviz.core.foreign import in_figure
from gapviz.core.wording import figure, interval
from gapviz.figures.cones import cones_figure, shared_ranges
from gapviz.figures.cones_page import item_words, tell_items
from gapviz.figures.plotly_objects import go, make_subplots

HEIGHT = 520
BELOW_TITLES = 92
"""Pixels for the legend and, below it, the titles of both panels."""


def cones_beside(drawn: Cones, *, webgl: bool = True) -> go.Figure:
    """All drawn vectors; each point tells its item and first caption under the pointer.

    Args:
        drawn: as `gapviz.analyses.cones.cones` gave them.
        webgl: False draws SVG, slower, for browsers without WebGL.
    """
    ranges = shared_ranges(*(cloud.layout for cloud in drawn.clouds))
    words = item_words(drawn.collection)
    charts = []
    for cloud in drawn.clouds:
        chart = cones_figure(cloud.layout, cloud.request.item_index, ranges=ranges, webgl=webgl)
        tell_items(chart, cloud, words)
        charts.append(chart)
    titles = [_title(drawn, cloud) for cloud in drawn.clouds]
    beside = make_subplots(rows=1, cols=len(charts), subplot_titles=titles, horizontal_spacing=0.06)
    for column, chart in enumerate(charts, start=1):
        for trace in chart.data:
            # One legend for both: a click on it hides a modality in either.
            trace.legendgroup = trace.name
            trace.showlegend = trace.showlegend is not False and column == 1
            beside.add_trace(trace, row=1, col=column)
        axes = chart.layout
        beside.update_xaxes(axes.xaxis.to_plotly_json(), row=1, col=column)
        upwards = axes.yaxis.to_plotly_json() | {"scaleanchor": f"x{column if column > 1 else ''}"}
        upwards |= {"title": None} if column > 1 else {}
        beside.update_yaxes(upwards, row=1, col=column)
    rest = charts[0].layout.to_plotly_json()
    for axis in ("xaxis", "yaxis"):
        rest.pop(axis)
    rest["legend"] = {**rest["legend"], "y": 1.09}
    rest["margin"] = {**rest.get("margin", {}), "t": BELOW_TITLES}
    beside.update_layout(rest, height=HEIGHT)
    return beside


def _title(drawn: Cones, cloud: DrawnClouds) -> str:
    gap = cloud.measured.geometry.gap
    between = in_figure("–".join(drawn.pair))
    label = in_figure(cloud.request.strategy.label)
    found = f"gap {between} {figure(gap.gap)} ({interval(gap.low, gap.high)})"
    return f"{label}: {found}"
