"""The two cones: a scatter plot of a layout, with pairs and centroids.

Traces hold float32 coordinates and integer ids only: captions would make 100,000 points weigh
five times as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_figure
from gapviz.core.pairs import matching_rows
from gapviz.core.vectors import Indices
from gapviz.figures.clear_ground import clear_ground, level_legend
from gapviz.figures.modality_style import NEUTRAL, style_of
from gapviz.figures.plotly_objects import go
from gapviz.measures.projection.layout import METHOD_TITLES, Layout

PICK_RADIUS = 14
"""Pixels around a point that count as on it, for a click; the canvas uses the same."""

POINTS = "points"
"""`meta.role` of the traces whose points stand for rows of the collection."""

# Above this many points smaller markers keep clusters apart.
MANY_POINTS = 2_500


@dataclass(frozen=True, slots=True)
class AxisRanges:
    """What both axes span, to be shared by figures that are compared."""

    x: tuple[float, float]
    y: tuple[float, float]


def shared_ranges(*layouts: Layout, padding: float = 0.05) -> AxisRanges:
    """Ranges that hold every point of all `layouts`, with `padding` of the span around.

    Args:
        layouts: one or more, on the same axes.
        padding: share of the span added at each end.
    """
    lows, highs = zip(*(layout.extent for layout in layouts), strict=True)
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    # A single point, or points on a line, still need an axis with some length.
    margin = np.maximum((high - low) * padding, 1e-3)
    return AxisRanges(*zip((low - margin).tolist(), (high + margin).tolist(), strict=True))


def cones_figure(
    layout: Layout,
    item_index: Mapping[str, npt.ArrayLike],
    *,
    pairs: tuple[str, str] | None = None,
    ranges: AxisRanges | None = None,
    webgl: bool = True,
    height: int = 500,
) -> go.Figure:
    """A layout as a scatter plot, one trace per modality, and the mean of each.

    In a UMAP the mean of the drawn points is the image of nothing, so it is not drawn.

    Each point's `customdata` is `[row number, item position, modality code]`, int32.
    Plotly's own hover label is off; points can still be clicked and lassoed.

    Args:
        layout: as `project` returned it.
        item_index: per modality, the item position of each row the layout was made from.
        pairs: two modalities whose matched rows are joined by thin lines.
        ranges: of the axes, from `shared_ranges`; the layout's own where left out.
        webgl: False draws SVG, slower, for browsers without WebGL.
        height: in pixels.

    Raises:
        GapvizError: `item_index` misses a modality or has too few rows, or `pairs` names a
            modality that is not drawn.
    """
    items = items_drawn(layout, item_index)
    # One kind for all traces: Plotly lays every WebGL trace over every SVG one.
    scatter = go.Scattergl if webgl else go.Scatter
    traces = [] if pairs is None else [_pair_lines(layout, items, pairs, scatter)]
    traces += [
        _points(layout, modality, owners, scatter)
        for modality, owners in items.items()
        if owners.size
    ]
    if layout.linear:
        traces.append(_centroids(layout, scatter))
        # The legend's entry of all centroids: large, and of no modality's colour or shape.
        large = {"color": NEUTRAL, "symbol": "circle-open", "line": {"width": 3}}
        traces.append(_marks(scatter, ([None], [None]), "large: centroid of each", large))
    # Given at once: adding traces and updating the layout afterwards validates all twice.
    return go.Figure(traces, _frame(layout, ranges or shared_ranges(layout), height))


def alt_text(layout: Layout, *, title: str = "") -> str:
    """What the figure shows, in a sentence for those who do not see it.

    Args:
        layout: as `project` returned it.
        title: which vectors these are ("after centring", say).
    """
    found = np.bincount(layout.modality_code, minlength=len(layout.modalities)).tolist()
    counts = " and ".join(
        f"{count:,} {name}" for count, name in zip(found, layout.modalities, strict=True)
    )
    head = f"{title}: " if title else ""
    spread = ""
    if layout.basis is not None and len(layout.modalities) > 1:
        first, second = layout.basis.between or layout.modalities[:2]
        middles = layout.middles
        if first in middles and second in middles:
            offset = abs(middles[first][0] - middles[second][0])
            spread = f" Centroids of {first} and {second} lie {offset:.2f} apart along x."
    return f"{head}{METHOD_TITLES[layout.method]} of {counts} points.{spread}"


def point_ids(points: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
    """The `customdata` of each point of a selection event that has one."""
    for point in points:
        ids = point.get("customdata")
        # Depending on how it was sent, a row of ids arrives as a list or keyed by position.
        if isinstance(ids, Mapping):
            ids = [ids[place] for place in sorted(ids, key=int)]
        if isinstance(ids, list | tuple):
            yield ids


def items_drawn(layout: Layout, item_index: Mapping[str, npt.ArrayLike]) -> dict[str, Indices]:
    """`(n_drawn of the modality,)` item position of every point, by modality.

    Raises:
        GapvizError: `item_index` misses a modality or has too few rows.
    """
    items = {}
    for modality in layout.modalities:
        rows, owners = layout.rows_of(modality), np.asarray(item_index.get(modality, ()), np.int64)
        if rows.max(initial=-1) >= owners.size:
            raise GapvizError(
                f"{owners.size} rows of {modality} have an item, row {int(rows.max())} is drawn",
                where="figure",
                hint="give the item position of every row the layout was made from",
            )
        items[modality] = owners[rows]
    return items


def _points(layout: Layout, modality: str, owners: Indices, scatter: Any) -> Any:
    style = style_of(modality, layout.modalities)
    x, y = layout.points_of(modality).T
    code = np.full(owners.size, layout.modalities.index(modality))
    ids = np.column_stack([layout.rows_of(modality), owners, code])
    return scatter(
        x=x,
        y=y,
        customdata=ids.astype(np.int32),
        mode="markers",
        name=f"{in_figure(modality)} ({owners.size:,})",
        meta={"role": POINTS, "modality": modality, **style.look},
        marker={
            **style.look,
            "size": 6 if layout.row.size <= MANY_POINTS else 4,
            # Any fainter, and text blue falls under 3:1 on a dark ground.
            "opacity": 0.9,
        },
        # Still rings the colour of the modality once a selection dims the rest.
        selected={"marker": {"opacity": 1.0}},
        unselected={"marker": {"opacity": 0.15}},
        hoverinfo="none",
    )


def _pair_lines(
    layout: Layout, items: Mapping[str, Indices], pair: tuple[str, str], scatter: Any
) -> Any:
    """Every drawn row of one modality to every one of the other that is of the same item."""
    a, b = (layout.points_of(name) for name in pair)
    matched = matching_rows(*(items[name] for name in pair))
    # One trace for all pairs: start, end, and a hole that lifts the pen.
    path = np.full((len(matched.rows_a), 3, 2), np.nan, dtype=np.float32)
    path[:, 0], path[:, 1] = a[matched.rows_a], b[matched.rows_b]
    return scatter(
        x=path[:, :, 0].ravel(),
        y=path[:, :, 1].ravel(),
        mode="lines",
        name="matched pairs",
        line={"color": NEUTRAL, "width": 1},
        # The more lines, the fainter, so that the points stay readable.
        opacity=min(0.5, max(0.1, 100 / max(1, len(path)))),
        connectgaps=False,
        hoverinfo="skip",
    )


def _centroids(layout: Layout, scatter: Any) -> Any:
    styles = [style_of(name, layout.modalities) for name in layout.middles]
    middles = np.array(list(layout.middles.values()))
    large = {
        "color": [style.color for style in styles],
        "symbol": [style.symbol for style in styles],
        "size": 17,
        "line": {"color": "#FFFFFF", "width": 2.5},
    }
    return _marks(scatter, middles.T, "centroids", large, showlegend=False)


def _marks(scatter: Any, points: Any, name: str, marker: dict[str, Any], **more: Any) -> Any:
    """Marks that stand for no row: a selection, which dims the rest, leaves them as they are."""
    x, y = points
    return scatter(
        x=x,
        y=y,
        mode="markers",
        name=name,
        marker=marker,
        hoverinfo="skip",
        unselected={"marker": {"opacity": 1.0}},
        **more,
    )


def _frame(layout: Layout, ranges: AxisRanges, height: int) -> dict[str, Any]:
    across, upwards = (
        {
            "title": in_figure(title),
            "range": span,
            "automargin": True,
            # By widening its range instead, the plot would shrink what it draws at every resize.
            "constrain": "domain",
            "zeroline": layout.linear,
            "showticklabels": layout.linear,
            "ticks": "outside" if layout.linear else "",
            "showgrid": layout.linear,
        }
        for title, span in zip(layout.axis_titles, (ranges.x, ranges.y), strict=True)
    )
    return {
        **clear_ground(height, top=32, upright_modebar=True),
        "hovermode": "closest",
        "hoverdistance": PICK_RADIUS,
        "legend": level_legend(itemsizing="constant"),
        "xaxis": across,
        # One unit is as long across as up, or "true to scale" would be a lie.
        "yaxis": {**upwards, "scaleanchor": "x", "scaleratio": 1},
    }
