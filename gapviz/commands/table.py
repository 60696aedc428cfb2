"""What several commands share: a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap

WIDTH = 96
BETWEEN = "  "

# A title is broken into lines no shorter than this.
NARROWEST = 12


def text_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, width: int = WIDTH
) -> list[str]:
    """Lines of cells under a head, each column as wide as its widest cell.

    Titles wider than that are broken. Columns that do not fit go into a further table below,
    with the leading ones again.

    Args:
        head: titles of the columns.
        rows: as many cells each.
        left: leading columns, which stand to the left and are repeated.
        width: characters in a line.

    >>> print(*text_table(["k", "a", "b"], [["1", "0.5", "0.75"]], width=8), sep="\\n")
    k    a
    1  0.5
    <BLANKLINE>
    k     b
    1  0.75
    """
    every = [*_broken(head, rows), *map(list, rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(head))]
    room = width - sum(widths[:left]) - len(BETWEEN) * (left - 1)
    blocks: list[list[int]] = [[]]
    taken = 0
    for column in range(left, len(head)):
        wide = widths[column] + len(BETWEEN)
        if blocks[-1] and taken + wide > room:
            blocks.append([])
            taken = 0
        blocks[-1].append(column)
        taken += wide
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines else []
        for row in every:
            cells = [row[column].ljust(widths[column]) for column in range(left)]
            cells += [row[column].rjust(widths[column]) for column in block]
            line = BETWEEN.join(cells).rstrip()
            lines += [line] if line else []
    return lines


def _broken(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of the head; the last of each title stands in the last line."""
    titles = []
    for column, title in enumerate(head):
        widest = max((len(row[column]) for row in rows), default=0)
        lines = wrap(title, max(NARROWEST, widest), break_long_words=False)
        titles.append(lines[::-1] or [""])
    return [list(line) for line in zip_longest(*titles, fillvalue="")][::-1]


def paragraph(words: str) -> list[str]:
    """Words in lines of at most `WIDTH` characters."""
    return wrap(words, WIDTH, break_on_hyphens=False)


def printable(words: str) -> str:
    """Words that may hold anything, without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else "?" for c in words)
