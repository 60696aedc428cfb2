"""A `Table` on a page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gapviz.core.table import Cell, Column, Table
from gapviz.core.table_html import escaped, table_html
from gapviz.dashboard.cards import TABLE_STYLE


def show_table(table: Table, *, cell: Callable[[Column, Cell], str | None] | None = None) -> None:
    """Draw a table with its title and its legend.

    Args:
        table: what is shown.
        cell: as for `table_html`.
    """
    inner = table_html(table, css_class="gv-table", caption=bool(table.title), cell=cell)
    frame = f'tabindex="0" role="region" aria-label="{escaped(table.title or "table")}"'
    st.html(f'{TABLE_STYLE}<div class="gv-scroll" {frame}>{inner}</div>')
    if table.legend:
        st.caption(table.legend)
