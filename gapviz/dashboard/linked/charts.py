"""One large chart, the others small beneath it, and a cursor that reads all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gapviz.core.foreign import in_markdown, in_terminal
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import plain_json
from gapviz.core.wording import figure
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.widgets import segments_of
from gapviz.figures.lines import Panel

LARGE_HEIGHT, SMALL_HEIGHT = 256, 140
NARROWEST = 190
"""Pixels of a small chart; narrower screens show fewer of them in a row."""
MOST_BESIDE = 4

_FOLDER = Path(__file__).parent
_mount = st.components.v2.component(
    "gapviz_cursor",
    html=(_FOLDER / "cursor.html").read_text("utf-8"),
    css=(_FOLDER / "cursor.css").read_text("utf-8"),
    js=(_FOLDER / "cursor.js").read_text("utf-8"),
)


def large_panel(which: Parameter) -> int:
    """The place of the panel that shall be large; chosen where there is more than one."""
    names = list(which.choices)
    chosen = segments_of(which) if len(names) > 1 else which.default
    return names.index(chosen)


def show_linked(panels: Sequence[Panel], key: str, *, names: Sequence[str], large: int) -> None:
    """Draw one panel large, the figures of all at one place, and the other panels small.

    Args:
        panels: over one axis, each with its course.
        key: unlike that of any other such picture of the page, of plain letters.
        names: a short one for each panel.
        large: place of the large panel.
    """
    if not panels:
        return
    large = min(large, len(panels) - 1)
    scope = f"linked_{key}"
    with st.container(key=scope, gap="xsmall"):
        _show(panels[large], f"{key}_{large}", LARGE_HEIGHT)
        _mount(key=f"{scope}_cursor", data=_data(panels, scope, names), height="content")
        others = [place for place in range(len(panels)) if place != large]
        if others:
            beside = min(MOST_BESIDE, len(others))
            with st.grid(beside, min_column_width=NARROWEST, gap="small"):
                for place in others:
                    with st.container(gap=None):
                        _show(panels[place], f"{key}_{place}", SMALL_HEIGHT, name=names[place])


def _show(panel: Panel, key: str, height: int, *, name: str = "") -> None:
    if not name:
        st.markdown(f"**{in_markdown(panel.title)}**")
        show_chart(go.Figure(panel.figure).update_layout(height=height), key, panel.alt)
        return
    drawn = go.Figure(panel.figure)
    upwards = drawn.layout.yaxis.title.text
    hint = f"{panel.title}. Upwards: {upwards}." if upwards else panel.title
    st.markdown(f"**{in_markdown(name)}**", help=in_markdown(hint))
    # Its numbers stand in the cursor: a label and tools would cover so small a chart.
    drawn.update_layout(height=height, showlegend=False, hovermode=False, dragmode=False)
    drawn.update_layout(margin={"t": 18, "r": 6, "l": 0, "b": 0})
    drawn.update_xaxes(title_text="")
    drawn.update_yaxes(title_text="")
    drawn.update_annotations(font_size=10)
    drawn.update_traces(marker_size=4)
    show_chart(drawn, key, panel.alt, tools=False)


def _data(panels: Sequence[Panel], scope: str, names: Sequence[str]) -> dict[str, Any]:
    """What the cursor tells: every line of every panel at every place of the axis."""
    courses = [panel.course for panel in panels]
    first = courses[0]
    assert first is not None
    x = np.asarray(first.x, dtype=np.float64)
    at = x.size // 2 if first.at is None else int(np.argmin(np.abs(x - first.at)))
    told = {
        "scope": f".st-key-{scope}",
        "count": len(panels),
        "title": in_terminal(first.x_title.removesuffix(" (log)")),
        "x": x.tolist(),
        "places": [f"{value:,g}" for value in x],
        "at": at,
        "figures": [
            {
                "name": in_terminal(name),
                "lines": [
                    {
                        "name": in_terminal(line.name),
                        "color": line.color,
                        "values": [figure(float(value)) for value in line.y],
                    }
                    for line in course.lines
                ],
            }
            for name, course in zip(names, courses, strict=True)
            if course is not None
        ],
    }
    plain: dict[str, Any] = plain_json(told)
    return plain
