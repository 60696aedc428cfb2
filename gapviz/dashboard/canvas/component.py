"""The component that draws clouds of points beside each other, and what a visitor picks in it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_terminal
from gapviz.core.parameter import Parameter
from gapviz.core.vectors import Indices
from gapviz.dashboard.base_path import below_base
from gapviz.dashboard.canvas.served import (
    SCRIPTS_VERSION,
    ServedCloud,
    has_pictures,
    pictured,
    serve,
)
from gapviz.figures.cones import alt_text, shared_ranges
from gapviz.figures.modality_style import style_of
from gapviz.measures.projection.lasso import points_within

_FOLDER = Path(__file__).parent
NO_WEBGL = "_no_webgl"
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "x")
"""Plotly's names of the shapes, in the order in which the scripts number them."""
MOST_CORNERS = 2_000
FEW_POINTS = 2_000
"""Selected points that are sent as numbers; more of them as a bit a point."""

Shown = Literal["raw", "moved", "both"]
"""Which of two states of a cloud is shown."""
STATES: tuple[Shown, ...] = get_args(Shown)

_mount = st.components.v2.component(
    "gapviz_canvas",
    html=(_FOLDER / "canvas.html").read_text("utf-8"),
    css="\n".join((_FOLDER / name).read_text("utf-8") for name in ("canvas.css", "card.css")),
    js=(_FOLDER / "mount.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class CloudView:
    """One cloud of a picture, and what stands above it."""

    title: str
    served: ServedCloud
    name: str = ""
    """On the switch between states; the title unless given."""


@dataclass(frozen=True)
class Dial:
    """A slider on the picture, of a number that moves the points of the second state."""

    parameter: Parameter
    value: float


@dataclass(frozen=True, eq=False)
class Pick:
    """What a visitor has picked in a picture."""

    items: Indices
    """Ascending positions of items; none clears the selection."""
    add: bool = False
    """To what is selected already."""
    by_words: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Those of the items of which only points without pictures were picked, ascending."""


@dataclass(frozen=True)
class Look:
    """How a visitor looks at a picture of two states."""

    shown: Shown | None = None
    """Which state, where that was chosen."""
    value: float | None = None
    """Of the dial, where that was turned."""


def point_canvas(
    views: Sequence[CloudView],
    key: str,
    *,
    scene: str,
    selected: Indices,
    on_pick: Callable[[Pick], None],
    shown: Shown = "moved",
    dial: Dial | None = None,
    on_look: Callable[[Look], None] | None = None,
    lines: bool = False,
    note: str = "",
) -> None:
    """Draw a cloud, or two states of it in one place or side by side, with one selection.

    Points come as files of nine bytes a point, pictures and words of one point when it is
    hovered, so that a rerun sends nothing per item. Without WebGL the picture stands still.

    Args:
        views: a cloud, and where there is one its second state: the same rows in the same order.
        key: of the component.
        scene: what the camera looks at; a camera is kept until it changes.
        selected: ascending positions of the selected items.
        on_pick: told what is picked, before the page runs again.
        shown: the state that is shown, of two.
        dial: moves the points of the second state.
        on_look: told what state is chosen and how the dial is turned, before the page runs again.
        lines: whether matched pairs are joined.
        note: stands beneath.
    """
    first = views[0].served
    keys = [serve(view.served) for view in views]
    ranges = shared_ranges(*(view.served.cloud.layout for view in views))
    frame = shared_ranges(first.cloud.layout)
    data = {
        "module": below_base(f"/canvas/{SCRIPTS_VERSION}/canvas.js"),
        "camera": key,
        "scene": scene,
        "views": [_view(view, of) for view, of in zip(views, keys, strict=True)],
        "looks": _looks(first),
        "home": {"x": ranges.x, "y": ranges.y},
        "frame": {
            "x": sum(frame.x) / 2,
            "y": sum(frame.y) / 2,
            "scale": max(high - low for low, high in (frame.x, frame.y)) / 2,
        },
        "pairs": _pairs(first, keys[0]) if lines and first.pair else None,
        "selected": _selected(first, selected),
        "note": note,
        "shown": shown if len(views) > 1 else "raw",
        "dial": _dial(dial) if dial else None,
        "thumb_url": below_base(f"/thumb/{first.collection}/at/{{item}}.png?size=192"),
        "picture_url": below_base(f"/thumb/{first.collection}/at/{{item}}.png?size=96"),
        "version": keys[0],
    }

    def picked() -> None:
        pick = read_pick(st.session_state[key].get("picked"), views)
        if pick is not None:
            on_pick(pick)

    def looked() -> None:
        if on_look is not None:
            on_look(read_look(st.session_state[key].get("looked"), dial))

    def no_webgl() -> None:
        st.session_state[NO_WEBGL] = True

    _mount(
        key=key,
        data=data,
        height="content",
        on_picked_change=picked,
        on_looked_change=looked,
        on_webgl_change=no_webgl,
    )


def webgl_available() -> bool:
    """Whether the browser can draw WebGL; True until a picture has found that not."""
    return not st.session_state.get(NO_WEBGL, False)


def read_pick(told: object, views: Sequence[CloudView]) -> Pick | None:
    """What the browser tells of a click, a lasso or a clearing; None of what makes no sense."""
    if not isinstance(told, Mapping):
        return None
    if told.get("clear") is True:
        return Pick(np.zeros(0, dtype=np.int64))
    place = told.get("view")
    if not (isinstance(place, int) and 0 <= place < len(views)):
        return None
    cloud = views[place].served.cloud
    add = told.get("add") is True
    point = told.get("point")
    if isinstance(point, int) and 0 <= point < cloud.item.size:
        return _pick(views[place].served, np.array([point]), add)
    outline = _outline(told.get("outline"))
    if outline is None:
        return None
    within = points_within(outline, cloud.points)
    shown = told.get("shown")
    if isinstance(shown, list):
        within &= np.isin(cloud.modality_code, [code for code in shown if isinstance(code, int)])
    # An outline around nothing leaves what is selected.
    return _pick(views[place].served, np.flatnonzero(within), add) if within.any() else None


def read_look(told: object, dial: Dial | None) -> Look:
    """What the browser tells of the switch and of the dial; what makes no sense is passed over."""
    if not isinstance(told, Mapping):
        return Look()
    shown, value = told.get("shown"), told.get("value")
    turned = None
    if dial is not None and isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(GapvizError):
            turned = float(dial.parameter.checked(value))
    return Look(shown if shown in STATES else None, turned)


def _pick(served: ServedCloud, points: Indices, add: bool) -> Pick:
    cloud = served.cloud
    items = np.unique(cloud.item[points])
    drawn = pictured(cloud)[points]
    return Pick(items, add, np.setdiff1d(items, cloud.item[points][drawn]))


def _outline(told: object) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    if not (isinstance(told, list) and len(told) <= MOST_CORNERS):
        return None
    try:
        outline = np.array(told, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if outline.ndim != 2 or outline.shape[1] != 2 or not np.isfinite(outline).all():
        return None
    return outline


def _view(view: CloudView, key: str) -> dict[str, Any]:
    cloud = view.served.cloud
    means = cloud.centroids
    return {
        "url": below_base(f"/cloud/{key}.bin"),
        "point_url": below_base(f"/cloud/{key}/{{point}}.json"),
        "pictures_url": below_base(f"/cloud/{key}/pictures.bin") if has_pictures(cloud) else None,
        "n": len(cloud.points),
        "title": in_terminal(view.title),
        "name": in_terminal(view.name or view.title),
        "alt": in_terminal(alt_text(cloud.layout, title=view.title)),
        "axes": [in_terminal(title) for title in cloud.layout.axis_titles],
        "linear": cloud.layout.linear,
        "centroids": [means.get(name) for name in cloud.layout.modalities],
    }


def _dial(dial: Dial) -> dict[str, Any]:
    one = dial.parameter
    return {
        "name": f"{one.title} {one.symbol}".strip(),
        "help": one.help,
        "low": one.low,
        "high": one.high,
        "step": one.step,
        "value": dial.value,
    }


def _looks(served: ServedCloud) -> list[dict[str, Any]]:
    counts = served.cloud.counts
    styles = {name: style_of(name, list(counts)) for name in counts}
    return [
        {
            "modality": in_terminal(name),
            "color": style.color,
            "shape": SHAPES.index(style.symbol),
            "count": counts[name],
        }
        for name, style in styles.items()
    ]


def _pairs(served: ServedCloud, key: str) -> dict[str, Any]:
    lines = served.pair_lines
    drawn = len(lines.ends)
    words = f"Lines join {drawn:,} of {lines.n_pairs:,} matched pairs." * (drawn < lines.n_pairs)
    return {"url": below_base(f"/cloud/{key}/pairs.bin"), "words": words}


def _selected(served: ServedCloud, items: Indices) -> dict[str, Any]:
    """The points of the selected items, in whichever form is less to send."""
    points = served.cloud.points_of_items(items)
    if points.size <= FEW_POINTS:
        return {"items": items.size, "points": points.tolist()}
    chosen = np.zeros(len(served.cloud.points), dtype=bool)
    chosen[points] = True
    bits = np.packbits(chosen, bitorder="little").tobytes()
    return {"items": items.size, "bits": base64.b64encode(bits).decode()}
