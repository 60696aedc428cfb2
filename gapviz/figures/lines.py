"""Lines with bands over one axis: what every curve of the lab is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.analyses.curves.curve import Band
from gapviz.core.foreign import in_figure
from gapviz.core.vectors import Float64, Indices
from gapviz.figures.clear_ground import clear_ground, faded, level_legend
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go

Positions = Float64 | Indices | npt.NDArray[np.str_]
"""Of the points of a line; words make an axis of categories."""

HEIGHT = 320
NOTHING = "nothing to measure here"

# Of a band, so that two of them and the grid below can be told apart.
BAND_OPACITY = 0.16


@dataclass(frozen=True, eq=False)
class Panel:
    """A figure with the words around it."""

    title: str
    """What one should see, with unit and direction."""
    figure: go.Figure
    alt: str
    """What it shows, for those who do not see it."""
    course: Course | None = None
    """The numbers behind it, where it is lines over one axis."""


@dataclass(frozen=True, eq=False)
class Course:
    """The lines of a panel as numbers, to be read off at one place of the axis."""

    x: Positions
    """`(n,)`."""
    x_title: str
    lines: Sequence[Line]
    """Each `(n,)`."""
    at: float | None = None
    """The place that is chosen now, if any."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a figure; colour is never the only difference from the others."""

    name: str
    y: Float64
    color: str
    dash: str = "solid"
    symbol: str = "circle"
    low: Float64 | None = None
    high: Float64 | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis with its title."""

    title: str
    log: bool = False
    range: tuple[float, float] | None = None
    """In the axis' own unit, also where it is logarithmic; of its own choice where None."""
    ticks: tuple[float, ...] | None = None
    """Where the ticks stand; of its own choice where None."""
    percent: bool = False
    words: bool = False
    """True for an axis of categories."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A dashed line across the figure with a word at its end."""

    at: float
    words: str


SHARE_RANGE = (-0.02, 1.02)


def band_line(name: str, band: Band, color: str, **style: Any) -> Line:
    """A line with its band."""
    return Line(name, band.value, color, low=band.low, high=band.high, **style)


def line_figure(
    x: Positions,
    lines: Sequence[Line],
    *,
    x_axis: Axis,
    y_axis: Axis,
    at_x: Sequence[Mark] = (),
    at_y: Sequence[Mark] = (),
    height: int = HEIGHT,
) -> go.Figure:
    """Lines over a common `x` `(n,)`, each with its band where it has one.

    Args:
        x: of every point.
        lines: in the order of the legend.
        x_axis: title and kind of the axis across.
        y_axis: title and kind of the axis upwards.
        at_x: vertical marks, such as the value chosen now.
        at_y: horizontal marks, such as chance.
        height: in pixels.
    """
    figure = go.Figure(layout=frame(x_axis, y_axis, height, legend=len(lines) > 1))
    for line in lines:
        if line.low is not None and line.high is not None:
            add_band(figure, x, line.low, line.high, color=line.color, group=line.name)
    for line in lines:
        figure.add_scatter(
            x=x,
            y=line.y,
            name=in_figure(line.name),
            legendgroup=line.name,
            mode="lines+markers",
            line={"color": line.color, "dash": line.dash, "width": 2},
            marker={"symbol": line.symbol, "size": 6},
            hovertemplate="%{y:.3f}",
        )
    if all(np.isnan(np.asarray(line.y, dtype=np.float64)).all() for line in lines):
        figure.add_annotation(
            x=0.5, y=0.5, xref="paper", yref="paper", text=NOTHING, showarrow=False
        )
    dashed = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    for mark in at_x:
        figure.add_vline(mark.at, line=dashed)
        # On a logarithmic axis Plotly takes a shape's place as it is, and a text's as log10.
        figure.add_annotation(
            x=log10(mark.at) if x_axis.log else mark.at,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=in_figure(mark.words),
            showarrow=False,
        )
    for mark in at_y:
        figure.add_hline(
            mark.at,
            line=dashed,
            annotation={"text": in_figure(mark.words)},
            annotation_position="top left",
        )
    return figure


def add_band(
    figure: go.Figure,
    x: npt.ArrayLike,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    *,
    color: str,
    group: str,
) -> None:
    """Shade what lies between two lines over `x` `(n,)`; the band goes with the line `group`."""
    for end, fill in ((low, None), (high, "tonexty")):
        figure.add_scatter(
            x=x,
            y=end,
            mode="lines",
            line={"width": 0, "color": color},
            fill=fill,
            fillcolor=faded(color, BAND_OPACITY),
            legendgroup=group,
            showlegend=False,
            hoverinfo="skip",
        )


def line_panel(
    title: str,
    lines: Sequence[Line],
    y_axis: Axis,
    at_y: Sequence[Mark] = (),
    *,
    x: Positions,
    x_axis: Axis,
    alt: str,
    at_x: Sequence[Mark] = (),
    height: int = HEIGHT,
) -> Panel:
    """A `line_figure` with its words: `alt` says what it is, title and names of lines follow."""
    drawn = line_figure(x, lines, x_axis=x_axis, y_axis=y_axis, at_x=at_x, at_y=at_y, height=height)
    words = f"{alt}: {title}; {', '.join(line.name for line in lines)}"
    course = Course(x, x_axis.title, lines, at_x[0].at if at_x else None)
    return Panel(title, drawn, words, course)


def frame(
    x_axis: Axis, y_axis: Axis, height: int = HEIGHT, *, legend: bool = True
) -> dict[str, Any]:
    """The layout of a figure without anything in it; text and grid take the page's theme.

    Args:
        x_axis: across.
        y_axis: upwards.
        height: in pixels.
        legend: whether there is one, and so room for it above.
    """
    return {
        **clear_ground(height, top=48 if legend else 24, right=16),
        "hovermode": "x unified",
        "showlegend": legend,
        # Held by the figure's edge: by the plot's, it would slip into it on a resize.
        "legend": level_legend(yref="container", yanchor="top"),
        "xaxis": axis_layout(x_axis),
        "yaxis": axis_layout(y_axis),
    }


def axis_layout(axis: Axis) -> dict[str, Any]:
    """One axis, with room for its title and its ticks."""
    layout: dict[str, Any] = {
        "title": {"text": in_figure(axis.title)},
        "automargin": True,
        "zeroline": False,
    }
    if axis.log:
        # Powers of ten alone: Plotly would write the digits between them over one another.
        layout |= {"type": "log", "dtick": 1, "exponentformat": "power"}
    if axis.words:
        layout["type"] = "category"
    if axis.range is not None:
        layout["range"] = [log10(end) if axis.log else end for end in axis.range]
    if axis.ticks is not None:
        layout |= {"tickmode": "array", "tickvals": list(axis.ticks), "tickangle": 0}
        layout["ticktext"] = [f"{tick:,g}" for tick in axis.ticks]
    if axis.percent:
        # With as many decimals as tell a tick from the next.
        layout["tickformat"] = ".4~%"
    return layout


def reached(*values: Float64, unknown: float = 1.0) -> float:
    """The largest of some values, those that are NaN left out; `unknown` where all are."""
    known = np.concatenate(values)
    return float(np.nanmax(known)) if not np.isnan(known).all() else unknown
