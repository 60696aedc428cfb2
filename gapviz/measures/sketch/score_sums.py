"""Sums over rows of what each of them scores; they merge by adding."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import nan

import numpy as np

from gapviz.core.vectors import Float64, Indices

BINS = 512
"""Of histograms of cosines from −1 to 1: a quantile is known to 1/256."""


def histogram(cosines: Float64) -> Indices:
    """`(BINS,)`: how many cosines fall into each bin."""
    bins = ((cosines + 1) * (BINS / 2)).astype(np.int64).clip(0, BINS - 1)
    counts: Indices = np.bincount(bins, minlength=BINS).astype(np.int64)
    return counts


def quantile(counts: Indices, share: float) -> float:
    """The cosine below which a share of the rows lies, to half a bin; NaN without rows."""
    total = int(counts.sum())
    if not total:
        return nan
    place = int(np.searchsorted(np.cumsum(counts), share * total))
    return (min(place, BINS - 1) + 0.5) * 2 / BINS - 1


@dataclass(frozen=True, slots=True)
class ScalarSums:
    """Of one number a row."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Float64) -> ScalarSums:
        """Of the numbers `(n,)`."""
        return cls(len(values), float(values.sum()), float(values @ values))

    def merge(self, other: ScalarSums) -> ScalarSums:
        """Of both."""
        return ScalarSums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else nan

    @property
    def variance(self) -> float:
        """Unbiased; NaN of fewer than two rows."""
        if self.n < 2:
            return nan
        return max(self.squares - self.n * self.mean**2, 0.0) / (self.n - 1)


@dataclass(frozen=True, eq=False)
class ScoreSums:
    """What rows score with the calibration rows of one modality.

    Of a row, f is its mean score with them, and q its mean squared score.
    """

    n: int
    f: float
    q: float
    ff: float
    qq: float
    fq: float
    """Sums over rows of each, of their squares, and of their product."""
    histogram: Indices
    """`(BINS,)`: rows by their cosine to the centroid of that modality."""

    @classmethod
    def none(cls) -> ScoreSums:
        """Of no rows."""
        return cls(0, 0.0, 0.0, 0.0, 0.0, 0.0, np.zeros(BINS, dtype=np.int64))

    @classmethod
    def of(cls, f: Float64, q: Float64, cosines: Float64) -> ScoreSums:
        """Of rows; arguments `(n,)` each."""
        return cls(
            len(f), float(f.sum()), float(q.sum()), float(f @ f), float(q @ q), float(f @ q),
            histogram(cosines),
        )  # fmt: skip

    def merge(self, other: ScoreSums) -> ScoreSums:
        """Of both."""
        return ScoreSums(
            self.n + other.n,
            self.f + other.f,
            self.q + other.q,
            self.ff + other.ff,
            self.qq + other.qq,
            self.fq + other.fq,
            self.histogram + other.histogram,
        )

    @property
    def sums(self) -> tuple[float, ...]:
        """n, f, q, ff, qq, fq."""
        return (self.n, self.f, self.q, self.ff, self.qq, self.fq)

    @property
    def mean(self) -> float:
        """Mean score: m of a z-norm."""
        return self.f / self.n if self.n else nan

    @property
    def mean_square(self) -> float:
        """Mean squared score."""
        return self.q / self.n if self.n else nan

    @property
    def spread(self) -> float:
        """Root-mean-square deviation of the scores: σ of a z-norm."""
        return float(np.sqrt(max(self.mean_square - self.mean**2, 0.0))) if self.n else nan

    @property
    def variance_of_mean(self) -> float:
        """Between rows, of f."""
        return self._covariance(self.ff, self.f, self.f)

    @property
    def variance_of_square(self) -> float:
        """Between rows, of q."""
        return self._covariance(self.qq, self.q, self.q)

    def variance_about(self, level: float) -> float:
        """Between rows, of their mean squared deviation from `level`, q − 2·level·f."""
        product = self._covariance(self.fq, self.f, self.q)
        return max(
            self.variance_of_square - 4 * level * product + 4 * level**2 * self.variance_of_mean,
            0.0,
        )

    def _covariance(self, product: float, one: float, other: float) -> float:
        return (product - one * other / self.n) / (self.n - 1) if self.n > 1 else nan
