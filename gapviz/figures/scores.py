"""The four score distributions, strategies one above the other, on one axis where units allow."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np

from gapviz.analyses.thresholds.score_study import KINDS, Kind, ScoreStudy
from gapviz.core.foreign import in_figure
from gapviz.figures.clear_ground import faded
from gapviz.figures.lines import Axis, Panel, axis_layout, frame
from gapviz.figures.modality_style import NEUTRAL, style_of
from gapviz.figures.plotly_objects import go, make_subplots

MATCHED_COLOR = "#009E73"
ROW_HEIGHT = 165
OWN_AXIS_HEIGHT = 50


def score_panel(
    studies: Sequence[ScoreStudy], modalities: Sequence[str], *, thresholds: Sequence[float]
) -> Panel:
    """Distributions by type of pair, one row a strategy, each with its threshold.

    Rows of one unit share their axis; of several units each has its own.

    Args:
        studies: one or more, of one pair of modalities.
        modalities: all of the collection, for their colours.
        thresholds: one a study, in its unit: at or above it a pair passes; NaN for none.
    """
    x, y = studies[0].pair
    shared = len({study.unit for study in studies}) == 1
    figure = make_subplots(
        rows=len(studies),
        cols=1,
        shared_xaxes=shared,
        vertical_spacing=(0.16 if shared else 0.28) if len(studies) > 1 else 0,
        subplot_titles=[in_figure(study.strategy) for study in studies],
    )
    for row, (study, threshold) in enumerate(zip(studies, thresholds, strict=True), start=1):
        for kind in KINDS:
            figure.add_trace(_distribution(study, kind, modalities, row == 1), row=row, col=1)
        across = Axis(
            f"{study.unit} (higher is more alike)", range=_shown(studies if shared else [study])
        )
        layout = axis_layout(across)
        if shared and row < len(studies):
            del layout["title"]
        figure.update_xaxes(**layout, row=row, col=1)
        if not isnan(threshold):
            line = {"color": NEUTRAL, "width": 2, "dash": "dash"}
            figure.add_vline(threshold, line=line, row=row, col=1)
        upwards = axis_layout(Axis("share of pairs", percent=True))
        figure.update_yaxes(**upwards, rangemode="tozero", row=row, col=1)
    row_height = ROW_HEIGHT if shared else ROW_HEIGHT + OWN_AXIS_HEIGHT
    rest = frame(across, across, 134 + row_height * len(studies))
    del rest["xaxis"], rest["yaxis"]
    figure.update_layout(**rest)
    # Room for the legend, three lines of it on a narrow screen, and the first row's title.
    figure.update_layout(margin_t=104)
    title = f"Where {x}–{x}, {y}–{y} and {x}–{y} pairs score"
    rows = " above ".join(f"{study.strategy} ({study.unit})" for study in studies)
    alt = f"{title}: distributions of scores, {rows}"
    return Panel(title, figure, alt)


def _distribution(
    study: ScoreStudy, kind: Kind, modalities: Sequence[str], in_legend: bool
) -> go.Scatter:
    x, y = study.pair
    name, color, dash = {
        "within_x": (f"{x}–{x}", style_of(x, modalities).color, "dash"),
        "within_y": (f"{y}–{y}", style_of(y, modalities).color, "dot"),
        "matched": (f"{x}–{y}, matched", MATCHED_COLOR, "solid"),
        "mismatched": (f"{x}–{y}, mismatched", NEUTRAL, "solid"),
    }[kind]
    return go.Scatter(
        x=(study.edges[:-1] + study.edges[1:]) / 2,
        y=study.densities[kind],
        name=in_figure(name),
        legendgroup=kind,
        showlegend=in_legend,
        mode="lines",
        line={"color": color, "dash": dash, "width": 2, "shape": "hvh"},
        fill="tozeroy",
        fillcolor=faded(color, 0.18),
        hovertemplate="%{y:.2%} around %{x:.2f}",
    )


def _shown(studies: Sequence[ScoreStudy]) -> tuple[float, float]:
    """The part of the axis where any distribution has something; all have the same edges."""
    edges = studies[0].edges
    densities = np.array([density for study in studies for density in study.densities.values()])
    filled = np.flatnonzero(np.nan_to_num(densities).sum(axis=0) > 0)
    if not filled.size:
        return float(edges[0]), float(edges[-1])
    margin = 0.015 * float(edges[-1] - edges[0])
    return float(edges[filled[0]] - margin), float(edges[filled[-1] + 1] + margin)
