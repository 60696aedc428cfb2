"""Figures and counts as words, written one way on pages, in reports and in the terminal."""

from __future__ import annotations

from math import isnan

UNKNOWN = "unknown"
MINUS = "−"

FEWEST_ITEMS = 10
"""Held-out items below which no figure is read as a finding.

Of fewer, one item is more than a tenth of every figure, and the first 10 results hold most of
the index.
"""


def figure(value: float, decimals: int = 3, *, signed: bool = False) -> str:
    """A number with a true minus sign, `unknown` where it is NaN; never “−0.000”."""
    if isnan(value):
        return UNKNOWN
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{decimals}f}".replace("-", MINUS)


def interval(low: float, high: float, decimals: int = 3) -> str:
    """`0.779 to 0.802`; `unknown` where an end is NaN."""
    if isnan(low) or isnan(high):
        return UNKNOWN
    return f"{figure(low, decimals)} to {figure(high, decimals)}"


def percent(share: float) -> str:
    """A share as a whole percentage; `unknown` where it is NaN."""
    return UNKNOWN if isnan(share) else f"{figure(100 * share, 0)} %"


def tenths(share: float) -> str:
    """A share of ten, without a digit that says nothing: `5`, `9.8`."""
    return figure(10 * share, 1).removesuffix(".0")


def sentence(words: str) -> str:
    """Words with a capital letter and a full stop."""
    return f"{words[0].upper()}{words[1:]}."


def counted(count: int, noun: str, several: str = "") -> str:
    """`1 item`, `2 items`, `1,000 items`; `several` where the plural has more than an s."""
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def too_few(n: int, noun: str = "held-out item", several: str = "") -> str | None:
    """Why so few held-out items measure nothing, in a sentence; None where they are enough."""
    if n >= FEWEST_ITEMS:
        return None
    one = noun.rsplit(maxsplit=1)[-1]
    return (
        f"Too few {several or f'{noun}s'} to measure: {n}; at least {FEWEST_ITEMS} are needed "
        f"before a figure says something. What one {one} cannot show stands as "
        "unknown, and nothing is concluded from the rest."
    )
