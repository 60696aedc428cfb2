"""The four score distributions, strategies one above the other on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gapviz.figures.lines import Axis, Panel, axis_layout, faded, frame
from gapviz.figures.modality_style import NEUTRAL, style_of
from gapviz.score_study import KINDS, Kind, ScoreStudy

MATCHED_COLOR = "#009E73"
ROW_HEIGHT = 250


def score_panel(
    studies: Sequence[ScoreStudy], modalities: Sequence[str], *, threshold: float
) -> Panel:
    """Distributions by type of pair, one row a strategy, with the threshold across all.

    Args:
        studies: one or more, of one pair of modalities.
        modalities: all of the collection, for their colours.
        threshold: cosine at or above which a pair passes.
    """
    x, y = studies[0].pair
    figure = make_subplots(
        rows=len(studies),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.16 if len(studies) > 1 else 0,
        subplot_titles=[study.strategy for study in studies],
    )
    low, high = _shown(studies)
    for row, study in enumerate(studies, start=1):
        for kind in KINDS:
            figure.add_trace(_distribution(study, kind, modalities, row == 1), row=row, col=1)
        figure.update_yaxes(
            **axis_layout(Axis("share of pairs", percent=True)), rangemode="tozero", row=row, col=1
        )
    across = Axis("cosine (higher is more alike)", range=(low, high))
    figure.update_xaxes(range=[low, high], zeroline=False)
    figure.update_xaxes(**axis_layout(across), row=len(studies), col=1)
    rest = {k: v for k, v in frame(across, across).items() if k not in ("xaxis", "yaxis")}
    figure.update_layout(**rest | {"height": 110 + ROW_HEIGHT * len(studies)})
    figure.update_layout(legend_y=1.12 if len(studies) > 1 else 1.2, margin_t=80)
    if not isnan(threshold):
        figure.add_vline(threshold, line={"color": NEUTRAL, "width": 2, "dash": "dash"})
    title = f"Where {x}–{x}, {y}–{y} and {x}–{y} pairs score"
    alt = f"{title}: distributions of cosines, {' above '.join(s.strategy for s in studies)}"
    return Panel(title, figure, alt)


def kind_title(kind: Kind, pair: tuple[str, str]) -> str:
    """A distribution by the names of its modalities."""
    x, y = pair
    return {
        "within_x": f"{x}–{x}",
        "within_y": f"{y}–{y}",
        "matched": f"{x}–{y}, matched",
        "mismatched": f"{x}–{y}, mismatched",
    }[kind]


def _distribution(
    study: ScoreStudy, kind: Kind, modalities: Sequence[str], in_legend: bool
) -> go.Scatter:
    color, dash = {
        "within_x": (style_of(study.pair[0], modalities).color, "dash"),
        "within_y": (style_of(study.pair[1], modalities).color, "dot"),
        "matched": (MATCHED_COLOR, "solid"),
        "mismatched": (NEUTRAL, "solid"),
    }[kind]
    middles = (study.edges[:-1] + study.edges[1:]) / 2
    return go.Scatter(
        x=middles,
        y=study.densities[kind],
        name=kind_title(kind, study.pair),
        legendgroup=kind,
        showlegend=in_legend,
        mode="lines",
        line={"color": color, "dash": dash, "width": 2, "shape": "hvh"},
        fill="tozeroy",
        fillcolor=faded(color, 0.18),
        hovertemplate="%{y:.2%} around %{x:.2f}",
    )


def _shown(studies: Sequence[ScoreStudy]) -> tuple[float, float]:
    """The part of the axis where any distribution has something."""
    edges = studies[0].edges
    densities = np.array([density for study in studies for density in study.densities.values()])
    filled = np.flatnonzero(np.nan_to_num(densities).sum(axis=0) > 0)
    if not filled.size:
        return float(edges[0]), float(edges[-1])
    return float(edges[filled[0]] - 0.03), float(edges[filled[-1] + 1] + 0.03)
