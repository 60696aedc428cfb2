"""Tables and findings as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap

from gapviz.analyses.analysis import Finding
from gapviz.core.foreign import in_terminal
from gapviz.core.table import Column, Table, legend

WIDTH = 96
BETWEEN = "  "

# A title is broken into lines no shorter than this.
NARROWEST = 12


def finding_lines(finding: Finding) -> list[str]:
    """Everything that an analysis found: title, warnings, meaning, readings, tables, parts."""
    lines = paragraph(finding.title)
    lines += [f"warning   {words}" for words in map(in_terminal, finding.warnings)]
    for reading in (finding.so_what, *finding.readings):
        lines += paragraph(reading)
    for table in finding.tables:
        lines += _apart(lines, table_lines(table))
    lines += _apart(lines, paragraph(legend([table.brief for table in finding.tables])))
    for part in finding.parts.values():
        lines += _apart(lines, finding_lines(part))
    return lines + _apart(lines, paragraph(finding.protocol))


def table_lines(table: Table, width: int = WIDTH) -> list[str]:
    """Title, columns and rows; columns that do not fit go into a further block below.

    Leading columns of words are repeated in every block. Titles wider than their column are
    broken.

    >>> table = Table("", [Column("k", "k"), Column("a", "a"), Column("b", "b")], [[1, 0.5, 0.75]])
    >>> print(*table_lines(table, width=9), sep="\\n")
    k      a
    1  0.500
    <BLANKLINE>
    k      b
    1  0.750
    """
    table = table.brief
    rows = [
        [in_terminal(column.shown(cell)) for column, cell in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    head = [column.head for column in table.columns]
    every = [*_broken(head, rows), *rows]
    widths = [max(len(row[place]) for row in every) for place in range(len(head))]
    lines = paragraph(table.title)
    for number, block in enumerate(_blocks(table.columns, widths, width)):
        lines += [""] * bool(number)
        for row in every:
            cells = [
                row[place].ljust(widths[place])
                if table.columns[place].text or place == 0
                else row[place].rjust(widths[place])
                for place in block
            ]
            line = BETWEEN.join(cells).rstrip()
            lines += [line] if line else []
    return lines


def text_of(lines: Iterable[str]) -> str:
    """Lines as one text; whatever a name in one of them holds, it stays a line."""
    return "\n".join(map(in_terminal, lines))


def paragraph(words: str) -> list[str]:
    """Words in lines of at most `WIDTH` characters."""
    return wrap(in_terminal(words), WIDTH, break_on_hyphens=False)


def _apart(above: Sequence[str], lines: list[str]) -> list[str]:
    """The lines, below an empty one where something stands above them."""
    return ["", *lines] if above and lines else lines


def _blocks(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[list[int]]:
    """Which columns stand side by side, the leading ones of words in each."""
    n_left = max(1, next((p for p, one in enumerate(columns) if not one.text), len(columns)))
    left = list(range(n_left))
    room = width - sum(widths[:n_left]) - len(BETWEEN) * (n_left - 1)
    blocks: list[list[int]] = [[*left]]
    taken = 0
    for place in range(n_left, len(columns)):
        wide = widths[place] + len(BETWEEN)
        if taken and taken + wide > room and not columns[place].text:
            blocks.append([*left])
            taken = 0
        blocks[-1].append(place)
        taken += wide
    return blocks


def _broken(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of the head; the last of each title stands in the last line."""
    titles = []
    for place, title in enumerate(head):
        widest = max((len(row[place]) for row in rows), default=0)
        lines = wrap(title, max(NARROWEST, widest), break_long_words=False)
        titles.append(lines[::-1] or [""])
    return [list(line) for line in zip_longest(*titles, fillvalue="")][::-1]
