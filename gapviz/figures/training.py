"""Training runs against step, overlaid; and what temperature leaves of the gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from gapviz.figures.cones import AxisRanges
from gapviz.figures.modality_style import NEUTRAL
from gapviz.training.record import TrainingStep
from gapviz.training.temperature import TemperatureStudy

RUN_COLORS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7F7F7F")
"""By the place of a run; none is that of image or text."""

UNIT_RANGES = AxisRanges((-1.05, 1.05), (-1.05, 1.05))
"""What unit vectors can fill on the gap axis, so that every step is drawn to one scale."""

_DASHES = ("solid", "dot")
_CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True, eq=False)
class RunLine:
    """One run in the figures."""

    title: str
    color: str
    steps: Sequence[TrainingStep]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is drawn against the step."""

    title: str
    axis: str
    """With unit and direction."""
    values: Callable[[TrainingStep], Mapping[str, float]]
    """By part (a modality, a direction), or one nameless number."""
    top: float | None = None
    """Upper end of the axis, where it is fixed."""


QUANTITIES: Mapping[str, Quantity] = {
    "gap": Quantity("Gap", "gap ‖Δ‖ (0 to 2, lower is closer)", lambda s: {"": s.gap}),
    "loss": Quantity("Loss", "loss (nats a pair, lower is better)", lambda s: {"": s.loss}),
    "cone": Quantity(
        "In-cone cosine", "mean cosine within (1 = one point)", lambda s: dict(s.cone), 1
    ),
    "recall": Quantity(
        "Held-out recall",
        "R@10 (higher is better)",
        lambda s: {f"{a} → {b}": value for (a, b), value in s.recall.items()},
        1,
    ),
    "bias": Quantity("Bias", "bias@10 (½ is neutral)", lambda s: dict(s.bias), 1),
}


def training_figure(
    lines: Sequence[RunLine], quantity: str, *, at: int | None = None, height: int = 260
) -> go.Figure:
    """One quantity against the step, a line a run (and a dash a part).

    Args:
        lines: the runs; empty ones are passed over.
        quantity: a key of `QUANTITIES`.
        at: the step that is looked at, marked by an upright line.
        height: in pixels.
    """
    drawn = QUANTITIES[quantity]
    traces = []
    for line in lines:
        values = [drawn.values(step) for step in line.steps]
        for part, dash in zip(values[0] if values else (), _DASHES, strict=False):
            traces.append(
                go.Scatter(
                    x=[step.step for step in line.steps],
                    y=[value[part] for value in values],
                    mode="lines+markers" if len(values) < 3 else "lines",
                    name=f"{line.title}{f', {part}' if part else ''}",
                    line={"color": line.color, "width": 2.5, "dash": dash},
                    hovertemplate="step %{x}: %{y:.3f}<extra>%{fullData.name}</extra>",
                )
            )
    figure = go.Figure(traces, _frame("step", drawn.axis, height, drawn.top))
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


def temperature_figure(
    study: TemperatureStudy, shipped: Mapping[str, tuple[float, float]], *, height: int = 340
) -> go.Figure:
    """The gap that is left after training against temperature, on a logarithmic axis.

    Args:
        study: short runs.
        shipped: temperature and gap of shipped encoders by title.
        height: in pixels.
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
                name=f"shipped: {title}",
                marker={"color": RUN_COLORS[1], "symbol": symbol, "size": 12},
                hovertemplate="τ = %{x}: gap %{y:.3f}<extra>%{fullData.name}</extra>",
            )
        )
    frame = _frame("temperature τ (logarithmic)", QUANTITIES["gap"].axis, height, None)
    frame["xaxis"] |= {"type": "log", "tickvals": list(study.temperatures)}
    frame["showlegend"] = True
    figure = go.Figure(traces, frame)
    figure.add_hline(
        y=study.gap_before,
        line={"color": NEUTRAL, "dash": "dash", "width": 1},
        annotation_text="before training",
        annotation_position="bottom right",
    )
    return figure


def _frame(x: str, y: str, height: int, top: float | None) -> dict[str, Any]:
    return {
        "template": "none",
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "showlegend": False,
        "modebar": {"bgcolor": _CLEAR, "color": NEUTRAL},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "bgcolor": _CLEAR},
        "xaxis": {"title": x, "automargin": True},
        "yaxis": {
            "title": y,
            "automargin": True,
            "range": None if top is None else (-0.02 * top, 1.05 * top),
            "rangemode": "tozero",
        },
    }


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}".strip() for name, value in values.items())
