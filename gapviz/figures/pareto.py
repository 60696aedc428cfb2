"""Bias against quality: every row of a scoreboard as a point, and the front that none beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from gapviz.analyses.scoreboard.rows import SELDOM, Scoreboard, ScoreRow
from gapviz.core.foreign import in_figure
from gapviz.figures.clear_ground import clear_ground, faded, legend_key, level_legend, whiskers
from gapviz.figures.cones import PICK_RADIUS, point_ids
from gapviz.figures.lines import Axis, axis_layout
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.plotly_objects import go
from gapviz.strategies.spec import ActsOn

# Okabe & Ito 2008, without the two colours that stand for text and image.
MODEL_COLORS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#A6761D")

MARKS: dict[ActsOn, tuple[str, str]] = {
    "nothing": ("x", "changes nothing"),
    "vectors": ("circle", "changes vectors"),
    "scores": ("diamond", "changes scores"),
    "lists": ("square", "fuses lists"),
    "items": ("triangle-up", "ranks items"),
}
"""Symbol and title of strategies, by what they act on."""
RUN_MARK = ("star", "a run of another system")

HEIGHT = 520
_FAINT = 0.35
_POLE, _LINE, _MARGINS = 24, 18, 120
"""Pixels: of the shortest pole of a name, of a line of words, and about what the frame takes of
the height."""


def model_color(model: str, models: Sequence[str]) -> str:
    """The colour of a model among the models of a scoreboard."""
    return MODEL_COLORS[models.index(model) % len(MODEL_COLORS)]


def pareto_figure(board: Scoreboard, model_titles: Mapping[str, str] | None = None) -> go.Figure:
    """Bias imbalance (x) against mean NDCG@10 (y), with 95 % intervals, one trace a model.

    Each point's `customdata` is its place in `board.rows`. Hollow points are of another
    protocol (they rank items) or transductive, and never on the front. The ring around a point is
    as strong as the share of samples like this one in which it is on the front, where its strategy
    is named.

    Args:
        board: as `scoreboard` returned it.
        model_titles: names of its models for people.
    """
    models = list(board.n_items)
    titles = {model: (model_titles or {}).get(model, model) for model in models}
    traces = [_front(board.rows), _halos(board.rows)] * any(row.pareto for row in board.rows)
    for model in models:
        here = [place for place, row in enumerate(board.rows) if row.model == model]
        if here:
            color, title = model_color(model, models), in_figure(titles[model])
            traces.append(_points(board.rows, here, title, color, several=len(models) > 1))
            # Says whose a colour is, and hides its points on a click.
            bar = {"color": color, "width": 8}
            traces.append(legend_key(title, legendgroup=title, line=bar, hoverinfo="skip"))
    seen = {_mark(row) for row in board.rows}
    traces += [
        legend_key(
            title,
            marker={"symbol": symbol, "color": NEUTRAL, "size": 10},
            hoverinfo="skip",
        )
        for symbol, title in (*MARKS.values(), RUN_MARK)
        if (symbol, title) in seen
    ]
    figure = go.Figure(traces, {**_frame(board.rows), "annotations": _names(board.rows)})
    return figure.add_vline(0, line={"color": NEUTRAL, "width": 1}, layer="below")


def pareto_alt_text(board: Scoreboard, model_titles: Mapping[str, str] | None = None) -> str:
    """What the figure shows, in a sentence for those who do not see it."""
    titles = model_titles or {}
    front = sorted((row for row in board.rows if row.pareto), key=lambda row: row.imbalance.value)
    named = "; ".join(
        f"{titles.get(row.model, row.model)}, {row.title}: imbalance {row.imbalance.value:.2f}, "
        f"NDCG {row.mean_ndcg.value:.2f}, in {row.on_front:.0%} of samples"
        for row in front
    )
    head = f"Bias imbalance against NDCG@10 of {len(board.rows)} strategies and models."
    return f"{head} On the Pareto front: {named}." if front else head


def selected_row(points: Sequence[Mapping[str, Any]]) -> int | None:
    """Place in `Scoreboard.rows` of the first point of a selection event that is a row.

    Args:
        points: `event["selection"]["points"]` of `st.plotly_chart`.
    """
    return next((int(ids[0]) for ids in point_ids(points) if ids), None)


def _points(
    rows: Sequence[ScoreRow], here: list[int], title: str, color: str, *, several: bool
) -> go.Scatter:
    shown = [rows[place] for place in here]
    open_ = [row.transductive or row.by_item for row in shown]
    symbols = [
        _mark(row)[0] + ("-open" if hollow else "")
        for row, hollow in zip(shown, open_, strict=True)
    ]
    head = f"{title}<br>" if several else ""
    look = {"color": faded(color, _FAINT), "thickness": 1.2, "width": 0}
    return go.Scatter(
        x=[row.imbalance.value for row in shown],
        y=[row.mean_ndcg.value for row in shown],
        error_x=whiskers([row.imbalance for row in shown], **look),
        error_y=whiskers([row.mean_ndcg for row in shown], **look),
        customdata=[[place] for place in here],
        text=[f"<b>{in_figure(row.title)}</b><br>{head}{_figures(row)}" for row in shown],
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


def _mark(row: ScoreRow) -> tuple[str, str]:
    """Symbol and title of a row."""
    if row.options is None:
        return RUN_MARK
    return MARKS[row.options.spec.acts_on]


def _figures(row: ScoreRow) -> str:
    bias, ndcg = row.imbalance, row.mean_ndcg
    lines = [
        f"imbalance {bias.value:.3f} ({bias.low:.3f} – {bias.high:.3f})",
        f"NDCG@10 {ndcg.value:.3f} ({ndcg.low:.3f} – {ndcg.high:.3f})",
    ]
    if row.by_item:
        lines.append("ranks items: another protocol")
    if row.options is None:
        lines.append("a run of another system")
    if row.transductive:
        lines.append("transductive: reads all queries first")
    if row.pareto:
        lines.append("on the Pareto front")
    if row.on_front >= SELDOM:
        lines.append(f"on the front in {row.on_front:.0%} of samples like this one")
    return "<br>".join(lines)


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


def _halos(rows: Sequence[ScoreRow]) -> go.Scatter:
    """How sure the front is."""
    shown = [row for row in rows if row.on_front >= SELDOM]
    return go.Scatter(
        x=[row.imbalance.value for row in shown],
        y=[row.mean_ndcg.value for row in shown],
        mode="markers",
        name="may be on the front",
        hoverinfo="skip",
        marker={
            "symbol": "circle-open",
            "size": 20,
            "color": [faded(NEUTRAL, max(row.on_front, 0.15)) for row in shown],
            "line": {"width": 2},
        },
    )


def _names(rows: Sequence[ScoreRow]) -> list[dict[str, Any]]:
    """The strategies on the front by name, each on a pole above its point.

    The front rises to the right: poles grow to the left, so that no name hides another. Of several
    models with one strategy there the best is named.
    """
    best: dict[str, ScoreRow] = {}
    for row in sorted(rows, key=lambda row: -row.mean_ndcg.value):
        if row.pareto:
            best.setdefault(row.title if row.options is None else row.options.spec.title, row)
    _, top = _y_range(rows) or (0.0, 1.0)
    names, height = [], 0.0
    for title, row in sorted(best.items(), key=lambda one: -one[1].imbalance.value):
        point = row.mean_ndcg.value / top * (HEIGHT - _MARGINS)
        height = max(point + _POLE, height + _LINE)
        names.append(
            {
                "x": row.imbalance.value,
                "y": row.mean_ndcg.value,
                "text": in_figure(title),
                "ax": 0,
                "ay": point - height,
                "xanchor": "left",
                "arrowhead": 0,
                "arrowwidth": 1,
                "arrowcolor": NEUTRAL,
                "standoff": 6,
            }
        )
    return names


def _frame(rows: Sequence[ScoreRow]) -> dict[str, Any]:
    return {
        **clear_ground(HEIGHT, top=64, upright_modebar=True),
        "hovermode": "closest",
        "hoverdistance": PICK_RADIUS,
        "legend": level_legend(1.01),
        "xaxis": axis_layout(Axis("Bias imbalance@10 (0 is neutral, lower is better)"))
        | {"ticks": "outside"},
        "yaxis": axis_layout(Axis("NDCG@10, mean (higher is better)", range=_y_range(rows)))
        | {"ticks": "outside"},
    }


def _y_range(rows: Sequence[ScoreRow]) -> tuple[float, float] | None:
    """From a little under 0, so that a point at 0 is whole; None where nothing is known."""
    tops = [row.mean_ndcg.high for row in rows if not isnan(row.mean_ndcg.high)]
    top = max(tops, default=0.0)
    return (-0.04 * top, 1.08 * top) if top > 0 else None
