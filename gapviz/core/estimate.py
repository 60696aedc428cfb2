"""A figure with its interval, as it is written everywhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan

from gapviz.core.wording import figure


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; what makes it says by which method.

    Most are means with a percentile-bootstrap interval (Efron & Tibshirani 1993, ch. 13).
    """

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
