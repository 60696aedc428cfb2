"""Reliability: the probability that is stated, against the share of such pairs that matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, log

from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_figure
from gapviz.figures.lines import Axis, Panel, axis_layout, frame
from gapviz.figures.modality_style import NEUTRAL
from gapviz.figures.pareto import MODEL_COLORS
from gapviz.figures.plotly_objects import go
from gapviz.measures.match_probability.reliability import Reliability

HEIGHT = 340
TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
ENDS = 5e-5, 1 - 5e-4
"""Of the axes; what lies beyond is drawn at the edge."""
SYMBOLS = ("circle", "diamond", "square")


def reliability_panel(pair: str, by_strategy: Mapping[str, Reliability]) -> Panel:
    """One pair type: a line a strategy, on log-odds, where few matches among many can be read.

    Args:
        pair: title of the pair type.
        by_strategy: by title; at one prior.
    """
    colors = (NEUTRAL, *MODEL_COLORS)
    across, upwards = Axis("stated probability"), Axis("share that matches")
    figure = go.Figure(layout=frame(across, upwards, HEIGHT))
    ends = [_place(end) for end in ENDS]
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        name="as stated",
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    for number, (title, one) in enumerate(by_strategy.items()):
        figure.add_trace(_line(title, one, colors[number % len(colors)], SYMBOLS[number % 3]))
    layout = {
        "tickmode": "array",
        "tickvals": [_place(tick) for tick in TICKS],
        "ticktext": [f"{100 * tick:g}%" for tick in TICKS],
        "range": ends,
    }
    figure.update_xaxes(**axis_layout(across) | layout)
    figure.update_yaxes(**axis_layout(upwards) | layout)
    figure.update_layout(hovermode="closest")
    title = f"Stated and true, {pair} pairs"
    strategies = ", ".join(by_strategy)
    return Panel(title, figure, f"{title}: reliability with 95 % intervals, {strategies}")


def _line(title: str, one: Reliability, color: str, symbol: str) -> go.Scatter:
    bins = one.bins
    y = [_place(found.matched.value) for found in bins]
    low, high = _ends([found.matched for found in bins])
    return go.Scatter(
        x=[_place(found.stated) for found in bins],
        y=y,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [end - at for end, at in zip(high, y, strict=True)],
            "arrayminus": [at - end for end, at in zip(low, y, strict=True)],
            "color": color,
            "thickness": 1.2,
            "width": 3,
        },
        name=in_figure(title),
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"symbol": symbol, "size": 7},
        text=[
            f"stated {found.stated:.2%}<br>matches {found.matched.value:.2%} "
            f"[{found.matched.low:.2%}, {found.matched.high:.2%}]<br>"
            f"{found.n_matched:,} matched and {found.n_mismatched:,} mismatched pairs"
            for found in bins
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _ends(shares: Sequence[Estimate]) -> tuple[list[float], list[float]]:
    low = [_place(one.value if isnan(one.low) else one.low) for one in shares]
    high = [_place(one.value if isnan(one.high) else one.high) for one in shares]
    return low, high


def _place(share: float) -> float:
    inside = min(max(share, ENDS[0]), ENDS[1])
    return log(inside / (1 - inside))
