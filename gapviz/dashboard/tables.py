"""A `Table` on a page: every figure above its interval, and in its head which way is better."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gapviz.core.table import Cell, Column, Table
from gapviz.core.table_html import escaped, table_html

OwnCell = Callable[[Column, Cell], str | None]


def show_table(table: Table, *, cell: OwnCell | None = None) -> None:
    """Draw a table, and below it its note.

    Args:
        table: what is shown.
        cell: makes HTML of a cell that is more than its words (a link); None for the usual.
    """
    inner = table_html(
        table,
        css_class="gv-table",
        caption=bool(table.title),
        cell=lambda column, value: (cell and cell(column, value)) or number_cell(column, value),
    )
    frame = f'tabindex="0" role="region" aria-label="{escaped(table.title or "table")}"'
    st.html(f'<div class="gv-scroll" {frame}>{inner}</div>')
    if table.note:
        st.caption(table.note)


def number_cell(column: Column, cell: Cell) -> str | None:
    """A number in bold above its interval; None of words."""
    if column.text or cell is None or isinstance(cell, str):
        return None
    value, interval = column.value(cell), column.interval(cell)
    if value == column.missing:
        return f"<small>{escaped(value)}</small>"
    return f"<strong>{value}</strong>" + (f"<br><small>{interval}</small>" if interval else "")
