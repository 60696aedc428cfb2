"""Plotly figures on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from gapviz.core.foreign import in_markdown
from gapviz.figures.lines import Panel

NARROWEST = 320
"""Pixels of one panel; narrower screens show fewer panels in a row."""


def show_chart(
    figure: go.Figure,
    key: str,
    alt: str,
    *,
    without: Sequence[str] = (),
    tools: bool = True,
    **look: Any,
) -> Any:
    """Draw a figure with its `tools`, those apart that `without` names; returns its event."""
    config = {"displaylogo": False, "modeBarButtonsToRemove": list(without)}
    if not tools:
        config["displayModeBar"] = False
    return st.plotly_chart(figure, key=key, config=config, alt=alt, **look)


def show_panels(
    panels: Sequence[Panel], key: str, *, columns: int = 3, narrowest: int = NARROWEST
) -> None:
    """Draw panels in reading order, at most `columns` of them in a row.

    `key` is unlike that of any other grid of the page, which can show two views.
    """
    if not panels:
        return
    with st.grid(min(columns, len(panels)), min_column_width=narrowest, gap="medium"):
        for place, panel in enumerate(panels):
            with st.container():
                st.markdown(f"**{in_markdown(panel.title)}**")
                show_chart(panel.figure, f"{key}_{place}", panel.alt)
