"""One check of a watch: what is compared, how far it has moved, and by which chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal

Kind = Literal["direction", "spread", "mix", "scores", "centroid", "encoder"]

KINDS: dict[Kind, str] = {
    "direction": "gap direction and length",
    "spread": "spread within a modality",
    "mix": "mix of modalities",
    "scores": "mean and spread of scores (z-norm)",
    "centroid": "place of a modality",
    "encoder": "encoder",
}

FLOOR_GAP = 0.03
"""Smallest shift of a centroid or of the gap worth an alarm, in units of the fitted gap."""
FLOOR_COSINE = 0.02
"""Of the mean cosine within a modality."""
FLOOR_SHAPE = 0.1
"""Of the largest difference of two distributions of scores."""
FLOOR_LEVEL = 0.1
"""Of a mean score, in standard deviations of those scores."""
FLOOR_SPREAD = 0.1
"""Of the standard deviation of scores, as a share of it."""
FLOOR_MIX = 0.1
"""Of a share of the rows."""
SAME_ENCODER = 0.5
"""Of the likeness of two encoders, below which they are two."""
SERIOUS = 3.0
"""Floors: a shift that a watch must be able to see before it says that all is fine."""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison."""

    kind: Kind
    name: str
    """`centroid:image`, `scores:text->image:mean`: what it is called in JSON."""
    subject: str
    """What is compared, in words."""
    statistic: str
    """What is computed, in words."""
    before: float
    """At calibration; NaN where only the change has a value."""
    today: float
    change: float
    """How far it has moved, in the unit of `floor`."""
    floor: float
    """The smallest change worth an alarm."""
    unit: str
    chance: float
    """P-value: how often a change as large comes by chance where nothing has moved."""
    smallest: float = nan
    """The change that is found 4 times in 5 with so many rows."""
    needed: float = nan
    """Rows that it takes to find a change of `SERIOUS` floors 4 times in 5; infinite where the
    calibration items are too few for that."""
    adjusted: float = nan
    """The p-value after Holm's rule over all checks."""
    alarm: bool = False
    lower: bool = False
    """Whether it alarms where `change` lies below `floor`."""
    certain: bool = False
    """Whether it is a fact and no test: another dimension, say."""

    @property
    def blind(self) -> bool:
        """Whether a serious change could stay unseen."""
        return self.smallest > SERIOUS * self.floor
