"""A table as HTML, for notebooks, the report and the pages: everything in it escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gapviz.core.change import change_look
from gapviz.core.foreign import in_html
from gapviz.core.table import Cell, Changed, Column, Marked, Table


def table_html(
    table: Table,
    *,
    css_class: str = "",
    caption: bool = True,
    cell: Callable[[Column, Cell], str | None] | None = None,
) -> str:
    """The table as HTML, everything in it escaped.

    Args:
        table: what is shown.
        css_class: of the table.
        caption: whether its title stands above it.
        cell: makes HTML of a cell that is more than its words (a link); None for the usual.

    >>> from gapviz.core.table import Column, Table
    >>> table_html(Table("a < b", [Column("n", "n")], [[1]]))[:53]
    '<table><caption style="text-align:left">a &lt; b</cap'
    """
    top = "".join(_head(column) for column in table.columns)
    body = "".join(
        "<tr>"
        + "".join(_cell(*pair, cell) for pair in zip(table.columns, row, strict=True))
        + "</tr>"
        for row in table.rows
    )
    title = f'<caption style="text-align:left">{in_html(table.title)}</caption>' * caption
    name = f' class="{in_html(css_class)}"' if css_class else ""
    return f"<table{name}>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A small table for a notebook; the first column stands left."""
    columns = [Column(title, title, text=not place) for place, title in enumerate(head)]
    # A caption of the table's own is no wider than a small table is.
    table = table_html(Table("", columns, list(rows)), caption=False)
    return f"<div>{in_html(caption)}</div>{table}"


def _head(column: Column) -> str:
    below = [column.detail, column.unit, f"{column.better} is better" if column.better else ""]
    small = " · ".join(map(in_html, filter(None, below)))
    words = in_html(column.title) + (f"<br><small>{small}</small>" if small else "")
    return f'<th scope="col"{_align(column)}>{words}</th>'


def _cell(column: Column, cell: Cell, own: Callable[[Column, Cell], str | None] | None) -> str:
    shown = own(column, cell) if own else None
    if shown is None:
        interval = column.interval(cell)
        shown = change_html(column, cell) + in_html(column.value(cell))
        shown += f" <small>{interval}</small>" if interval else ""
        shown += mark_html(cell)
    return f"<td{_align(column)}>{shown}</td>"


def change_html(column: Column, cell: Cell) -> str:
    """The arrow of a change in the colour of what it is worth, as HTML; empty of other cells."""
    if not isinstance(cell, Changed):
        return ""
    # Of a change that is too small to be written there is no way in which it went.
    look = change_look(round(cell.figure.value, column.decimals), cell.change)
    if not look.arrow:
        return ""
    # Colour, arrow and, for whoever sees neither, words.
    name = f'class="gv-{look.color}" role="img" aria-label="{look.words}"'
    return f'<span {name} title="{look.words}">{look.arrow}</span> '


def mark_html(cell: Cell) -> str:
    """The mark of a cell with its reason, as HTML; empty where it has none."""
    if not isinstance(cell, Marked):
        return ""
    return f' <abbr title="{in_html(cell.why)}"><small>{in_html(cell.mark)}</small></abbr>'


def _align(column: Column) -> str:
    return f' style="text-align:{"left" if column.text else "right"}"'
