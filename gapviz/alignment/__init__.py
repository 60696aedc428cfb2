"""Ways of moving vectors to close the gap, one file a family."""

from gapviz.alignment.base import MAX_STRENGTH, Alignment, ShiftAlignment, refuse_bad_strength
from gapviz.alignment.offset import CentreBoth, HalfOffset, OneSidedOffset, Raw

__all__ = [
    "MAX_STRENGTH",
    "Alignment",
    "CentreBoth",
    "HalfOffset",
    "OneSidedOffset",
    "Raw",
    "ShiftAlignment",
    "refuse_bad_strength",
]
