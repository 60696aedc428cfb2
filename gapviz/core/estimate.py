"""A figure with its interval, as it is written everywhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan, sqrt

from gapviz.core.wording import figure

NORMAL_95 = 1.959963984540054
"""Standard errors of a 95 % interval of a normal variable."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; what varies in it is told where it is made."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As `0.500 [0.450, 0.550]`; the value alone where there is no interval."""
        if isnan(self.low):
            return figure(self.value)
        return f"{figure(self.value)} [{figure(self.low)}, {figure(self.high)}]"

    def to_json(self) -> dict[str, float | None]:
        """Its three numbers by name; what is not known is None."""
        return {name: None if isnan(end) else end for name, end in asdict(self).items()}


def wilson(share: float, n: float, times: float = NORMAL_95) -> Estimate:
    """Wilson's interval (1927) of a share.

    Args:
        share: 0 to 1.
        n: how many observations its variance is that of; may be a fraction.
        times: standard errors to either side.
    """
    square = times**2 / n
    middle = (share + square / 2) / (1 + square)
    half = times / (1 + square) * sqrt(max(share * (1 - share), 0) / n + square / n / 4)
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0))
