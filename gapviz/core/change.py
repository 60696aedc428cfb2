"""How a change of a figure looks: one decision for cards, tables, charts, badges and reports."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Literal

Change = Literal["better", "worse", "within chance"]
"""What a change is worth: its 95 % interval says so, or holds 0."""

Color = Literal["green", "red", "grey"]

_COLORS: dict[Change, Color] = {"better": "green", "worse": "red", "within chance": "grey"}
_WORDS: dict[Change, str] = {
    "better": "better by more than chance",
    "worse": "worse by more than chance",
    "within chance": "within chance",
}


@dataclass(frozen=True, slots=True)
class ChangeLook:
    """Colour, arrow and words of a change."""

    color: Color
    """Green where it is for the better, red where it is for the worse, grey within chance."""
    arrow: Literal["↑", "↓", ""]
    """The way in which the figure went, whether that is good or not; none where it stayed."""
    words: str
    """For whoever sees no colours."""


def change_look(change: float, judged: Change) -> ChangeLook:
    """How a change looks everywhere.

    Args:
        change: how far the figure moved, as it is shown.
        judged: what that means.

    >>> change_look(-0.4, "better")
    ChangeLook(color='green', arrow='↓', words='better by more than chance')
    """
    if isnan(change) or change == 0:
        return ChangeLook("grey", "", "unchanged" if change == 0 else "unknown")
    return ChangeLook(_COLORS[judged], "↑" if change > 0 else "↓", _WORDS[judged])
