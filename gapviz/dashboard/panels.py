"""Figures with their titles in a grid that folds on narrow screens."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gapviz.dashboard.catalogue import View
from gapviz.figures.lines import Panel

NARROWEST = 320
"""Pixels of one panel; narrower screens show fewer panels in a row."""


def show_panels(
    panels: Sequence[Panel], *, key: str, view: View, columns: int = 3, narrowest: int = NARROWEST
) -> None:
    """Draw panels, at most `columns` of them in a row.

    Args:
        panels: in reading order.
        key: unlike that of any other grid of the page.
        view: whose figures these are, since a page can show two views.
        columns: most in a row.
        narrowest: pixels that a panel needs.
    """
    if len(panels) == 1:
        _draw(panels[0], f"{key}_{view.encoder}_0")
        return
    with st.grid(min(columns, len(panels)), min_column_width=narrowest, gap="medium"):
        for place, panel in enumerate(panels):
            with st.container():
                _draw(panel, f"{key}_{view.encoder}_{place}")


def _draw(panel: Panel, key: str) -> None:
    st.markdown(f"**{panel.title}**")
    st.plotly_chart(panel.figure, key=key, config={"displaylogo": False}, alt=panel.alt)
