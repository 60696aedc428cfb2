"""A `Table` on a page: every figure above its interval, and in its head which way is better."""

from __future__ import annotations

import streamlit as st

from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.table import Cell, Column, Table
from gapviz.core.table_html import change_html, mark_html, table_html


def show_table(table: Table) -> None:
    """Draw a table, and below it its note."""
    inner = table_html(table, css_class="gv-table", caption=bool(table.title), cell=number_cell)
    frame = f'tabindex="0" role="region" aria-label="{in_html(table.title or "table")}"'
    st.html(f'<div class="gv-scroll" {frame}>{inner}</div>')
    if table.note:
        st.caption(in_markdown(table.note))


def number_cell(column: Column, cell: Cell) -> str | None:
    """A number in bold above its interval; None of words."""
    if column.text or cell is None or isinstance(cell, str):
        return None
    value, interval = column.value(cell), column.interval(cell)
    if value == column.missing:
        return f"<small>{in_html(value)}</small>"
    below = f"<br><small>{interval}</small>" if interval else ""
    return f"{change_html(column, cell)}<strong>{value}</strong>{mark_html(cell)}{below}"
