"""Ways of moving vectors to close the gap, one file a family."""

from gapviz.strategies.alignment.base import (
    MAX_STRENGTH,
    Alignment,
    Matching,
    ShiftAlignment,
    refuse_bad_strength,
)
from gapviz.strategies.alignment.linear_map import (
    MAX_RIDGE,
    LinearMap,
    Procrustes,
    RidgeToIdentity,
    refuse_bad_ridge,
)
from gapviz.strategies.alignment.offset import CentreBoth, HalfOffset, OneSidedOffset, Raw
from gapviz.strategies.alignment.standardise import StandardiseDimensions

__all__ = [
    "MAX_RIDGE",
    "MAX_STRENGTH",
    "Alignment",
    "CentreBoth",
    "HalfOffset",
    "LinearMap",
    "Matching",
    "OneSidedOffset",
    "Procrustes",
    "Raw",
    "RidgeToIdentity",
    "ShiftAlignment",
    "StandardiseDimensions",
    "refuse_bad_ridge",
    "refuse_bad_strength",
]
