"""A `Table`: columns with unit and direction, rows of plain values, before it is text or HTML.

An analysis fills it once; the terminal, the report and the page each draw it in their own way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from math import isnan
from typing import Any

import numpy as np

from gapviz.core.change import Change
from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import plain_json
from gapviz.core.wording import UNKNOWN, figure


@dataclass(frozen=True, slots=True)
class Marked:
    """A figure that is to be read with a doubt."""

    figure: Estimate
    mark: str
    """A word, which stands beside it."""
    why: str
    """A sentence, shown where the mark is pointed at."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of a figure, and what that is worth."""

    figure: Estimate
    change: Change


Cell = Estimate | Marked | Changed | float | int | str | None
"""An estimate, one with a mark, a change that is judged, a number, words, or nothing."""

INTERVALS = "95 % intervals"


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in one column, and how it is written."""

    key: str
    """As in JSON."""
    title: str
    detail: str = ""
    """Of what, beneath the title: `image → text`."""
    unit: str = ""
    better: str = ""
    """`lower`, `higher` or `nearer …`; empty where neither way is better."""
    decimals: int = 3
    percent: bool = False
    """A share from 0 to 1 that is written as a percentage."""
    signed: bool = False
    """A difference, written with its sign."""
    text: bool = False
    """Words, which stand to the left."""
    brief: bool = True
    """False for what is left out where there is little room, as in a terminal."""
    missing: str = UNKNOWN
    """Written where a number is not known."""

    @property
    def name(self) -> str:
        """Title and detail in one line."""
        return ", ".join(filter(None, [self.title, self.detail]))

    @property
    def head(self) -> str:
        """Title, detail and unit in one line."""
        return ", ".join(filter(None, [self.name, self.unit]))

    def value(self, cell: Cell) -> str:
        """A cell without its interval and its mark, in words."""
        cell = _unmarked(cell)
        if cell is None or isinstance(cell, str):
            return cell or ""
        number = cell.value if isinstance(cell, Estimate) else cell
        return self.missing if isnan(number) else self._number(number)

    def interval(self, cell: Cell) -> str:
        """The interval of a cell as `[0.45, 0.55]`; empty where it has none."""
        cell = _unmarked(cell)
        if not isinstance(cell, Estimate) or isnan(cell.low) or isnan(cell.value):
            return ""
        return f"[{self._number(cell.low)}, {self._number(cell.high)}]"

    def shown(self, cell: Cell) -> str:
        """A cell with its interval and its mark."""
        mark = cell.mark if isinstance(cell, Marked) else ""
        return " ".join(filter(None, [self.value(cell).rstrip(), self.interval(cell), mark]))

    def _number(self, number: float) -> str:
        if self.percent:
            return f"{figure(100 * number, self.decimals, signed=self.signed)}%"
        if isinstance(number, int | np.integer):
            return f"{number:,}"
        return figure(number, self.decimals, signed=self.signed)


def _unmarked(cell: Cell) -> Estimate | float | int | str | None:
    return cell.figure if isinstance(cell, Marked | Changed) else cell


@dataclass(frozen=True, eq=False)
class Table:
    """Rows under columns, with what is to be known of them."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    """As many cells each as there are columns."""
    note: str = ""
    """Sentences that belong below it; see `legend`."""
    intervals: str = INTERVALS
    """What `[low, high]` is; empty where it is said elsewhere."""

    @property
    def brief(self) -> Table:
        """Only the columns for where there is little room."""
        shown = [column.brief for column in self.columns]
        return replace(
            self,
            columns=list(compress(self.columns, shown)),
            rows=[list(compress(row, shown)) for row in self.rows],
        )

    @property
    def legend(self) -> str:
        """See `legend`."""
        return legend([self])

    @property
    def has_intervals(self) -> bool:
        """Whether any cell has one."""
        return any(
            column.interval(cell)
            for row in self.rows
            for column, cell in zip(self.columns, row, strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values: every row by the keys of the columns, NaN as None."""
        plain: dict[str, Any] = plain_json(
            {
                "title": self.title,
                "columns": [asdict(column) for column in self.columns],
                "rows": [
                    {c.key: _unmarked(cell) for c, cell in zip(self.columns, row, strict=True)}
                    for row in self.rows
                ],
                "legend": self.legend,
            }
        )
        return plain


def legend(tables: Sequence[Table]) -> str:
    """What is to be known of tables: which way is better, what intervals are, their notes.

    Each is said once, in sentences.
    """
    ways: dict[str, dict[str, None]] = {}
    for table in tables:
        for column in table.columns:
            if column.better:
                ways.setdefault(column.better, {})[column.title] = None
    told = [f"{', '.join(names)}: {way} is better." for way, names in ways.items()]
    intervals = [one.intervals for one in tables if one.intervals and one.has_intervals]
    if intervals:
        told.append(f"[low, high]: {', or '.join(dict.fromkeys(intervals))}.")
    return " ".join([*told, *dict.fromkeys(one.note for one in tables if one.note)])
