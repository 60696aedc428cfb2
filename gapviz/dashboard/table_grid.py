"""A `Table` as a grid that sorts by a click, hides columns, and is downloaded as CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isnan, nan
from typing import Any

import streamlit as st

from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Cell, Changed, Column, Marked, Table

MOST_ROWS = 9
"""Rows that are seen at once; of more the grid scrolls by itself."""
ROW_HEIGHT = 35
INTERVAL = "[low, high]"
WIDTHS = {"strategy": 170, "model": 150, "labels": 98}
"""Pixels of columns of words, at least: names, labels and the first figure are seen on a phone."""
FEW = 6
"""Columns that need no scrolling to the side, so that the first need not stay in sight, which
Streamlit draws fainter."""
NARROWEST, INTERVAL_WIDTH, OF_A_LETTER = 80, 104, 7
"""Pixels of a column of figures and of their intervals, and of a letter of its head."""


def show_grid(
    table: Table, *, key: str, alt: str, helps: Mapping[str, str] | None = None
) -> int | None:
    """Draw the table as a grid; every figure has its interval in the column after it.

    Args:
        table: of which each column has a key of its own.
        key: of the widget.
        alt: what the grid holds, for those who do not see it.
        helps: further words on a column, by its key.

    Returns:
        The place in `table.rows` of the row that is chosen, if one is.
    """
    import pandas as pd

    titles = Counter(column.title for column in table.columns)
    many = len(table.columns) > FEW
    data: dict[str, list[Any]] = {}
    look: dict[str, Any] = {}
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        told = _help(column, (helps or {}).get(column.key, ""))
        # What the figure is of stands in the help where the title says enough.
        head = column.title if titles[column.title] == 1 else column.name
        if column.text:
            data[column.key] = [column.value(cell) for cell in cells]
            look[column.key] = st.column_config.TextColumn(
                head, help=told, width=WIDTHS.get(column.key), pinned=not place and many
            )
            continue
        data[column.key] = [_number(cell, column.decimals) for cell in cells]
        look[column.key] = st.column_config.NumberColumn(
            head,
            help=told,
            format=_format(column),
            width=max(NARROWEST, 20 + OF_A_LETTER * len(head)),
        )
        intervals = [column.interval(cell) for cell in cells]
        if any(intervals):
            data[f"{column.key}_interval"] = intervals
            look[f"{column.key}_interval"] = st.column_config.TextColumn(
                INTERVAL, help=f"95 % interval of {in_markdown(column.name)}.", width=INTERVAL_WIDTH
            )
    event = st.dataframe(
        pd.DataFrame(data),
        hide_index=True,
        column_config=look,
        height=ROW_HEIGHT * (min(len(table.rows), MOST_ROWS) + 1) + 3,
        row_height=ROW_HEIGHT,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt=alt,
    )
    chosen = [place for place in event["selection"]["rows"] if place < len(table.rows)]
    return chosen[0] if chosen else None


def _help(column: Column, further: str) -> str | None:
    better = f"{column.better[:1].upper()}{column.better[1:]} is better." if column.better else ""
    told = " ".join(filter(None, [f"**{in_markdown(column.name)}.**", better, further]))
    return told if better or further else None


def _number(cell: Cell, decimals: int) -> float | None:
    """None where it is not known, which sorts last; whole where no decimals are shown."""
    known = cell.figure if isinstance(cell, Marked | Changed) else cell
    value = known.value if isinstance(known, Estimate) else known
    number = nan if value is None or isinstance(value, str) else float(value)
    if isnan(number):
        return None
    return number if decimals else round(number)


def _format(column: Column) -> str:
    return "localized" if column.decimals == 0 else f"%.{column.decimals}f"
