"""Bias against quality: every row of a scoreboard as a point, and the front that none beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan
from typing import Any, Literal

import plotly.graph_objects as go

from gapviz.analyses.scoreboard.scoreboard import Scoreboard, ScoreRow
from gapviz.figures.clear_ground import clear_ground, level_legend
from gapviz.figures.cones import PICK_RADIUS
from gapviz.figures.modality_style import NEUTRAL
from gapviz.strategies import strategy_spec
from gapviz.strategies.spec import ActsOn

# Okabe & Ito 2008, without the two colours that stand for text and image.
MODEL_COLORS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#A6761D")

SYMBOLS: dict[ActsOn, str] = {
    "nothing": "x",
    "vectors": "circle",
    "scores": "diamond",
    "lists": "square",
    "items": "triangle-up",
}
CHANGES_TITLES: dict[ActsOn, str] = {
    "nothing": "changes nothing",
    "vectors": "changes vectors",
    "scores": "changes scores",
    "lists": "fuses lists",
    "items": "ranks items",
}

_FAINT = 0.35


def model_color(model: str, models: Sequence[str]) -> str:
    """The colour of a model among the models of a scoreboard."""
    return MODEL_COLORS[models.index(model) % len(MODEL_COLORS)]


def pareto_figure(
    board: Scoreboard, model_titles: Mapping[str, str] | None = None, *, height: int = 520
) -> go.Figure:
    """Bias imbalance (x) against mean NDCG@10 (y), with 95 % intervals, one trace a model.

    Each point's `customdata` is its place in `board.rows`. Hollow points are of another
    protocol (they rank items) or transductive, and never on the front.

    Args:
        board: as `scoreboard` returned it.
        model_titles: names of its models for people.
        height: in pixels.
    """
    models = list(board.n_items)
    titles = {model: (model_titles or {}).get(model, model) for model in models}
    traces = [_front(board.rows)] if any(row.pareto for row in board.rows) else []
    for model in models:
        here = [place for place, row in enumerate(board.rows) if row.model == model]
        if here:
            color, title = model_color(model, models), titles[model]
            traces.append(_points(board.rows, here, title, color, several=len(models) > 1))
            traces.append(_swatch(title, color))
    seen = {strategy_spec(row.options.name).acts_on for row in board.rows}
    traces += [_key(changes) for changes in SYMBOLS if changes in seen]
    return go.Figure(traces, _frame(_y_range(board.rows), height))


def pareto_alt_text(board: Scoreboard, model_titles: Mapping[str, str] | None = None) -> str:
    """What the figure shows, in a sentence for those who do not see it."""
    titles = model_titles or {}
    front = sorted((row for row in board.rows if row.pareto), key=lambda row: row.imbalance.value)
    named = "; ".join(
        f"{titles.get(row.model, row.model)}, {row.title}: imbalance {row.imbalance.value:.2f}, "
        f"NDCG {row.mean_ndcg.value:.2f}"
        for row in front
    )
    head = f"Bias imbalance against NDCG@10 of {len(board.rows)} strategies and models."
    return f"{head} On the Pareto front: {named}." if front else head


def selected_row(points: Sequence[Mapping[str, Any]]) -> int | None:
    """Place in `Scoreboard.rows` of the first point of a selection event that is a row.

    Args:
        points: `event["selection"]["points"]` of `st.plotly_chart`.
    """
    for point in points:
        data = point.get("customdata")
        # Depending on how it was sent, a row of numbers arrives as a list or keyed by position.
        if isinstance(data, Mapping):
            data = list(data.values())
        if isinstance(data, list | tuple) and data:
            return int(data[0])
    return None


def _points(
    rows: Sequence[ScoreRow], here: list[int], title: str, color: str, *, several: bool
) -> go.Scatter:
    shown = [rows[place] for place in here]
    open_ = [row.transductive or row.by_item for row in shown]
    symbols = [
        SYMBOLS[strategy_spec(row.options.name).acts_on] + ("-open" if hollow else "")
        for row, hollow in zip(shown, open_, strict=True)
    ]
    head = f"{escape(title)}<br>" if several else ""
    return go.Scatter(
        x=[row.imbalance.value for row in shown],
        y=[row.mean_ndcg.value for row in shown],
        error_x=_whiskers(shown, "imbalance", color),
        error_y=_whiskers(shown, "mean_ndcg", color),
        customdata=[[place] for place in here],
        text=[f"<b>{escape(row.title)}</b><br>{head}{_figures(row)}" for row in shown],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        name=title,
        legendgroup=title,
        showlegend=False,
        marker={
            "color": color,
            "symbol": symbols,
            "size": 11,
            "line": {"color": color if all(open_) else NEUTRAL, "width": 1.5},
        },
        # A click opens the search; it must not dim the others on the way.
        selected={"marker": {"opacity": 1.0}},
        unselected={"marker": {"opacity": 1.0}},
    )


def _figures(row: ScoreRow) -> str:
    bias, ndcg = row.imbalance, row.mean_ndcg
    lines = [
        f"imbalance {bias.value:.3f} ({bias.low:.3f} – {bias.high:.3f})",
        f"NDCG@10 {ndcg.value:.3f} ({ndcg.low:.3f} – {ndcg.high:.3f})",
    ]
    if row.by_item:
        lines.append("ranks items: another protocol")
    if row.transductive:
        lines.append("transductive: reads all queries first")
    if row.pareto:
        lines.append("on the Pareto front")
    return "<br>".join(lines)


def _whiskers(
    rows: Sequence[ScoreRow], figure: Literal["imbalance", "mean_ndcg"], color: str
) -> dict[str, Any]:
    estimates = [getattr(row, figure) for row in rows]
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return {
        "type": "data",
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
        "color": f"rgba({red},{green},{blue},{_FAINT})",
        "thickness": 1.2,
        "width": 0,
    }


def _front(rows: Sequence[ScoreRow]) -> go.Scatter:
    points = sorted((row.imbalance.value, row.mean_ndcg.value) for row in rows if row.pareto)
    return go.Scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="lines",
        name="Pareto front",
        line={"color": NEUTRAL, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )


def _swatch(title: str, color: str) -> go.Scatter:
    """An entry of the legend that says whose a colour is, and hides its points on a click."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="lines",
        name=title,
        legendgroup=title,
        line={"color": color, "width": 8},
        hoverinfo="skip",
    )


def _y_range(rows: Sequence[ScoreRow]) -> tuple[float, float] | None:
    """From a little under 0, so that a point at 0 is whole; None where nothing is known."""
    tops = [row.mean_ndcg.high for row in rows if not isnan(row.mean_ndcg.high)]
    top = max(tops, default=0.0)
    return (-0.04 * top, 1.08 * top) if top > 0 else None


def _key(changes: ActsOn) -> go.Scatter:
    """An entry of the legend that says what a shape means."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=CHANGES_TITLES[changes],
        marker={"symbol": SYMBOLS[changes], "color": NEUTRAL, "size": 10},
        hoverinfo="skip",
    )


def _frame(y_range: tuple[float, float] | None, height: int) -> dict[str, Any]:
    return {
        **clear_ground(height, top=64, upright_modebar=True),
        "hovermode": "closest",
        "hoverdistance": PICK_RADIUS,
        "legend": level_legend(1.01),
        "xaxis": {
            "title": "Bias imbalance@10: mean |lift − 1|<br>(0 is neutral, lower is better)",
            "automargin": True,
            "zeroline": False,
            "ticks": "outside",
        },
        "yaxis": {
            "title": "NDCG@10, mean (higher is better)",
            "automargin": True,
            "range": y_range,
            "zeroline": False,
            "ticks": "outside",
        },
        "shapes": [
            {
                "type": "line",
                "x0": 0,
                "x1": 0,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": NEUTRAL, "width": 1},
                "layer": "below",
            }
        ],
    }
