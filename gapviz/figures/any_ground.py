"""A figure that is read on a light and on a dark ground, for places that bring no theme."""

from __future__ import annotations

from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go

GRID = "rgba(127,127,127,0.25)"


def on_any_ground(figure: go.Figure) -> go.Figure:
    """The figure with words and lines in a grey between both grounds; it is changed in place."""
    axes = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": NEUTRAL, "tickcolor": NEUTRAL}
    figure.update_layout(template="none", font={"color": NEUTRAL})
    figure.update_xaxes(**axes)
    figure.update_yaxes(**axes)
    return figure
