"""Training runs against step, overlaid; their cones; and what temperature leaves of the gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.analyses.training.quantities import QUANTITIES
from gapviz.analyses.training.record import TrainingStep
from gapviz.analyses.training.temperature import TemperatureStudy
from gapviz.core.foreign import in_figure
from gapviz.figures.clear_ground import clear_ground, level_legend
from gapviz.figures.cones import POINTS, AxisRanges, cones_figure, shared_ranges
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go
from gapviz.measures.projection.layout import Layout

RUN_COLORS = ("#009E73", "#C46F9C", "#B97F00", "#3A8FC4", "#8C6BB1", "#A65628")
"""By the place of a run; none is that of image or text, all are 3:1 on white and on dark."""

UNIT_RANGES = AxisRanges((-1.05, 1.05), (-0.8, 0.8))
"""What trained heads fill on the gap axis, so that every step is drawn to one scale."""

_SHORT_TITLES = {"gap_axis": ("along the gap", "top residual"), "pca": ("PC 1", "PC 2")}
_DASHES = ("solid", "dot")
# Pixels between the names at the ends of lines, and what axis titles and margins take away.
_NAME_HEIGHT = 14
_AROUND_THE_PLOT = 72


@dataclass(frozen=True, eq=False)
class RunLine:
    """One run in the figures."""

    title: str
    tag: str
    """What stands at the end of its lines, short."""
    color: str
    steps: Sequence[TrainingStep]
    length: int
    """How many steps it goes to."""


def training_figure(
    lines: Sequence[RunLine], quantity: str, *, at: int | None = None, height: int = 260
) -> go.Figure:
    """One quantity against the step, a line a run (and a dash a part), named at its end.

    Args:
        lines: the runs; empty ones are passed over.
        quantity: a key of `QUANTITIES`.
        at: the step that is looked at, marked by an upright line.
        height: in pixels.
    """
    drawn = QUANTITIES[quantity]
    started = [line for line in lines if line.steps]
    traces, ends = [], []
    for line in started:
        values = [drawn.values(step) for step in line.steps]
        for part, dash in zip(values[0], _DASHES, strict=False):
            traces.append(
                go.Scatter(
                    x=[step.step for step in line.steps],
                    y=[value[part] for value in values],
                    mode="lines+markers" if len(values) < 3 else "lines",
                    name=in_figure(f"{line.title}{f', {part}' if part else ''}"),
                    line={"color": line.color, "width": 2.5, "dash": dash},
                    hovertemplate="step %{x}: %{y:.3f}<extra>%{fullData.name}</extra>",
                )
            )
        ends.append(float(np.mean([*values[-1].values()])))
    frame = _frame("step", drawn.axis, height, drawn.top)
    frame["xaxis"]["range"] = (0, max((line.length for line in lines), default=1))
    # Names stand in the margin, which is there before the first record as well.
    frame["margin"]["r"] = 52
    highest = drawn.top or max((max(trace.y) for trace in traces), default=1.0)
    apart = highest * _NAME_HEIGHT / (height - _AROUND_THE_PLOT)
    frame["annotations"] = [
        {
            "text": line.tag,
            "x": line.steps[-1].step,
            "y": y,
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "font": {"color": line.color, "size": 12},
        }
        for line, y in zip(started, _apart(ends, apart), strict=True)
    ]
    figure = go.Figure(traces, frame)
    if at is not None:
        figure.add_vline(x=at, line={"color": NEUTRAL, "width": 1, "dash": "dash"})
    return figure


def training_alt(lines: Sequence[RunLine], quantity: str) -> str:
    """What `training_figure` shows, in a sentence."""
    drawn = QUANTITIES[quantity]
    said = [
        f"{line.title} from {_words(drawn.values(line.steps[0]))} at step {line.steps[0].step} "
        f"to {_words(drawn.values(line.steps[-1]))} at step {line.steps[-1].step}"
        for line in lines
        if line.steps
    ]
    return f"{drawn.title} against step: {'; '.join(said) or 'no run yet'}."


def small_cones_figure(layout: Layout, *, fixed: bool = False, height: int = 260) -> go.Figure:
    """Cones of matched rows in a small chart: point i of each modality is item i's.

    At most a thousand points: as SVG they are drawn as fast as by WebGL, and anywhere.

    Args:
        layout: as `recorded` made it.
        fixed: draw to the scale of all unit vectors, so that steps can be compared.
        height: in pixels.
    """
    ranges = UNIT_RANGES if fixed else shared_ranges(layout, padding=0.15)
    # Taller where points would fall outside.
    if fixed and np.abs(layout.points[:, 1]).max(initial=0.0) > UNIT_RANGES.y[1]:
        ranges = AxisRanges(UNIT_RANGES.x, (-1.05, 1.05))
    figure = cones_figure(
        layout,
        {name: range(layout.rows_of(name).size) for name in layout.modalities},
        ranges=ranges,
        webgl=False,
        height=height,
    )
    for trace in figure.data:
        # The counts stand in the text, and the large marks explain themselves.
        if trace.meta and trace.meta["role"] == POINTS:
            trace.name = trace.meta["modality"]
        else:
            trace.showlegend = False
    figure.layout.margin.t = 28
    if fixed:
        # The whole titles, with shares of variance, are longer than a small chart is wide.
        figure.layout.xaxis.title, figure.layout.yaxis.title = _SHORT_TITLES[layout.method]
    return figure


def temperature_figure(
    study: TemperatureStudy, shipped: Mapping[str, tuple[float, float]]
) -> go.Figure:
    """The gap that is left after training against temperature, on a logarithmic axis.

    Args:
        study: short runs.
        shipped: temperature and gap of shipped encoders by title.
    """
    traces = [
        go.Scatter(
            x=study.temperatures,
            y=study.gap,
            mode="lines+markers",
            name=f"after {study.options.steps} steps here",
            line={"color": RUN_COLORS[0], "width": 2.5},
            marker={"size": 9},
            hovertemplate="τ = %{x}: gap %{y:.3f}<extra></extra>",
        )
    ]
    for (title, (temperature, gap)), symbol in zip(
        shipped.items(), ("square", "triangle-up"), strict=False
    ):
        traces.append(
            go.Scatter(
                x=[temperature],
                y=[gap],
                mode="markers",
                name=f"shipped: {in_figure(title)}",
                marker={"color": RUN_COLORS[1], "symbol": symbol, "size": 12},
                hovertemplate="τ = %{x}: gap %{y:.3f}<extra>%{fullData.name}</extra>",
            )
        )
    frame = _frame("temperature τ (logarithmic)", "gap ‖Δ‖ (0 to 2, lower is closer)", 340, None)
    frame["xaxis"] |= {"type": "log", "tickvals": list(study.temperatures)}
    frame["showlegend"] = True
    figure = go.Figure(traces, frame)
    figure.add_hline(
        y=study.gap_before,
        line={"color": NEUTRAL, "dash": "dash", "width": 1},
        annotation_text="before training",
        annotation_position="top right",
    )
    return figure


def temperature_alt(study: TemperatureStudy) -> str:
    """What `temperature_figure` shows, in a sentence."""
    points = "; ".join(
        f"τ {t:g} gap {gap:.3f}" for t, gap in zip(study.temperatures, study.gap, strict=True)
    )
    return (
        f"Gap after {study.options.steps} steps against temperature: {points}. "
        f"Before training it is {study.gap_before:.3f}."
    )


def _frame(x: str, y: str, height: int, top: float | None) -> dict[str, Any]:
    return {
        **clear_ground(height, top=28),
        "showlegend": False,
        "legend": level_legend(1.02),
        "xaxis": {"title": x, "automargin": True},
        "yaxis": {
            "title": y,
            "automargin": True,
            "range": None if top is None else (-0.02 * top, 1.05 * top),
            "rangemode": "tozero",
        },
    }


def _apart(values: Sequence[float], least: float) -> list[float]:
    """The values, moved by as little as keeps them `least` apart (least squares)."""
    from scipy.optimize import isotonic_regression

    if not values:
        return []
    order = np.argsort(values, kind="stable")
    # Apart by `least` is the same as rising, once the least rise has been taken away.
    rise = least * np.arange(len(values))
    moved = np.empty(len(values))
    # Below the axis a name would not be drawn.
    moved[order] = np.maximum(isotonic_regression(np.array(values)[order] - rise).x, 0) + rise
    return [float(value) for value in moved]


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}".strip() for name, value in values.items())
