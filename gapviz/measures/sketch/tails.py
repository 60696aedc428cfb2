"""Tail probabilities of the statistics of a drift, and Holm's rule for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, inf, isnan, nan, sqrt

import numpy as np

from gapviz.core.vectors import Float64


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Σ of the rows of one modality, as the sums of powers of its eigenvalues."""

    trace: float
    square: float
    cube: float

    @classmethod
    def of(cls, covariance: Float64, n: float, beyond: float = 0.0, further: int = 0) -> Spectrum:
        """Of an unbiased covariance.

        Args:
            covariance: along the kept directions.
            n: rows that it was estimated from.
            beyond: variance in further directions, taken as equal in each.
            further: how many those are.
        """
        values = np.linalg.eigvalsh(covariance).clip(min=0)
        trace = float(values.sum()) + beyond
        extra = [beyond**power / max(further, 1) ** (power - 1) for power in (2, 3)]
        square = float((values**2).sum()) + extra[0]
        # tr S² overstates tr Σ² by about tr²Σ/n (Bai and Saranadasa 1996); tr S³ is left as it
        # is, which makes the tail heavier and the test more careful.
        if n > 2:
            unbiased = (n - 1) ** 2 / ((n - 2) * (n + 1)) * (square - trace**2 / (n - 1))
            square = min(max(unbiased, square / n, 1e-300), square)
        return cls(trace, square, float((values**3).sum()) + extra[1])


def quadratic_tail(value: float, spectrum: Spectrum, per_row: float) -> float:
    """P(‖Z‖² ≥ value) for Z ~ N(0, Σ·per_row), by three moments (Imhof 1961, section 4)."""
    scale = per_row * per_row
    middle, square, cube = spectrum.trace * per_row, spectrum.square * scale, spectrum.cube
    cube *= scale * per_row
    if square <= 0 or cube <= 0:
        return 0.0 if value > middle else 1.0
    degrees = square**3 / cube**2
    at = (value - middle) * sqrt(degrees / square) + degrees
    from scipy.special import gammaincc

    return float(gammaincc(degrees / 2, max(at, 0.0) / 2))


def two_sided(statistic: float, degrees: float = inf) -> float:
    """Probability of a value as far from 0, of a normal or of Student's t."""
    if isnan(statistic):
        return nan
    if degrees == inf or degrees > 1e6:
        return erfc(abs(statistic) / sqrt(2))
    from scipy.special import stdtr

    return float(2 * stdtr(max(degrees, 1.0), -abs(statistic)))


def below(statistic: float, degrees: float) -> float:
    """Probability of a value as low, of Student's t."""
    from scipy.special import stdtr

    return float(stdtr(max(degrees, 1.0), statistic))


def kolmogorov_tail(distance: float, n: float) -> float:
    """Of a distance of two distributions of n = n₁n₂/(n₁ + n₂) rows (Stephens 1970)."""
    root = sqrt(n)
    from scipy.special import kolmogorov

    return float(kolmogorov(distance * (root + 0.12 + 0.11 / root)))


def chi_square_tail(value: float, degrees: int) -> float:
    """P(χ² ≥ value)."""
    from scipy.special import gammaincc

    return float(gammaincc(degrees / 2, max(value, 0.0) / 2))


def normal_quantile(share: float) -> float:
    """The value below which a share of a standard normal lies."""
    from scipy.special import ndtri

    return float(ndtri(share))


def holm(chances: Sequence[float]) -> list[float]:
    """P-values adjusted so that all of them together hold one level (Holm 1979).

    NaN, of what was not tested, stays NaN and does not count.
    """
    tested = [place for place, chance in enumerate(chances) if not isnan(chance)]
    adjusted = [nan] * len(chances)
    highest = 0.0
    for rank, place in enumerate(sorted(tested, key=lambda one: chances[one])):
        highest = max(highest, min(1.0, (len(tested) - rank) * chances[place]))
        adjusted[place] = highest
    return adjusted
