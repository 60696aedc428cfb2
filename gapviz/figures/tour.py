"""The clouds for people far away: large words, and pictures of some items beside their points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.foreign import in_figure
from gapviz.core.vectors import Float32
from gapviz.figures.cones import AxisRanges, cones_figure, items_drawn
from gapviz.figures.modality_style import style_of
from gapviz.figures.plotly_objects import go
from gapviz.measures.projection.layout import Layout

FONT = 24
"""Pixels, at the 1,920 of a projector."""
CALLED_OUT = 7
"""Points of a modality that are called out."""
ASPECT = 2.4
"""Width of the picture by its height."""
FILLED = 0.82
"""Of the height of a call-out's place, what its picture takes."""
LONGEST = 15
"""Letters of a caption that is drawn."""
ASIDE = 0.315
"""Of the width, how far from the middle call-outs stand; what is beyond is room for words."""


def called_out_cones(
    layout: Layout,
    item_index: Mapping[str, npt.ArrayLike],
    shown: Callable[[str, int], tuple[str | None, str]],
    *,
    ranges: AxisRanges,
    pairs: tuple[str, str] | None = None,
    webgl: bool = True,
    height: int = 560,
) -> go.Figure:
    """A layout, and to either side of it pictures or captions of some of its points.

    Args:
        layout: as `project` returned it.
        item_index: as of `cones_figure`.
        shown: of a modality and an item, the address of its picture, or None, and its words.
        ranges: of the axes; the first is widened to make room.
        pairs: as of `cones_figure`.
        webgl: False draws SVG.
        height: in pixels.

    Raises:
        GapvizError: as `cones_figure`.
    """
    tall, middle = ranges.y[1] - ranges.y[0], sum(ranges.x) / 2
    wide = max(tall * ASPECT, 1.7 * (ranges.x[1] - ranges.x[0]))
    ranges = AxisRanges((middle - wide / 2, middle + wide / 2), ranges.y)
    figure = cones_figure(
        layout, item_index, pairs=pairs, ranges=ranges, webgl=webgl, height=height
    )
    items = items_drawn(layout, item_index)
    place = tall / CALLED_OUT
    images: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for side, modality in _sides(layout):
        points, color = layout.points_of(modality), style_of(modality, layout.modalities).color
        x = middle + side * ASIDE * wide
        for nth, row in enumerate(across_height(points, CALLED_OUT)):
            y = ranges.y[0] + (nth + 0.5) * place
            address, words = shown(modality, int(items[modality][row]))
            notes.append(_call_out("" if address else words, points[row], (x, y), color, side))
            if address:
                images.append(_picture(address, x + side * place / 2, y, FILLED * place))
    figure.update_layout(
        images=images,
        annotations=notes,
        font={"size": FONT},
        legend={"font": {"size": FONT}},
        margin={"t": 48},
    )
    figure.update_xaxes(showticklabels=False, ticks="", title={"font": {"size": FONT}})
    figure.update_yaxes(showticklabels=False, ticks="", title="")
    return figure


def across_height(points: Float32, most: int) -> Sequence[int]:
    """Rows of some points `(n, 2)` from the lowest to the highest, evenly spread among them."""
    order = np.argsort(points[:, 1], kind="stable")
    if order.size <= most:
        return [int(row) for row in order]
    places = (np.arange(most) + 0.5) / most * order.size
    return [int(row) for row in order[places.astype(int)]]


def _sides(layout: Layout) -> list[tuple[int, str]]:
    """The leftmost modality is called out to the left (−1), the rightmost to the right (1)."""
    known = [name for name in layout.modalities if layout.points_of(name).size]
    by_place = sorted(known, key=lambda name: float(layout.points_of(name)[:, 0].mean()))
    return [(-1, by_place[0]), (1, by_place[-1])] if len(by_place) > 1 else []


def _picture(address: str, x: float, y: float, side: float) -> dict[str, Any]:
    return {
        "source": address,
        "xref": "x",
        "yref": "y",
        "x": x,
        "y": y,
        "sizex": side,
        "sizey": side,
        "xanchor": "center",
        "yanchor": "middle",
        "layer": "above",
    }


def _call_out(
    words: str, point: Float32, to: tuple[float, float], color: str, side: int
) -> dict[str, Any]:
    """A line from a point to its words, or to where its picture stands."""
    short = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return {
        "text": in_figure(short),
        "x": float(point[0]),
        "y": float(point[1]),
        "ax": to[0],
        "ay": to[1],
        "axref": "x",
        "ayref": "y",
        "xanchor": "right" if side < 0 else "left",
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 1.5,
        "arrowcolor": color,
        # In the colour of the page's text: blue words on a dark ground are not read from afar.
        "font": {"size": FONT},
    }
