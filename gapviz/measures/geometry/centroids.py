"""The gap between two centroids, and how it compares with what surrounds them.

Notation: x, y unit rows of two modalities, μ their centroids, Δ = μx − μy, Σ covariance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gapviz.core.blocks import float64_blocks, item_sums
from gapviz.core.estimate import Estimate
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.geometry.gap_interval import OffsetNoise, change_interval
from gapviz.measures.geometry.sums import RowSums


@dataclass(frozen=True, eq=False)
class Cloud:
    """One modality's cloud of `n` unit vectors, summed up."""

    n: int
    centroid: Float64
    """μ, `(dim,)`."""
    mean_norm: float
    """‖μ‖: 0 isotropic … 1 collapsed (Liang et al. 2022)."""
    cone: float
    """Mean cosine of two rows of different items, (‖Σx‖² − Σ‖s‖²) / (n² − Σc²) with s the sum
    and c the number of an item's rows; NaN for one item."""
    mean_distance: float
    """mean‖x − μ‖."""
    rms_distance: float
    """√mean‖x − μ‖² = √(1 − ‖μ‖²) for unit rows."""


@dataclass(frozen=True, eq=False)
class Gap:
    """The distance between two centroids, its noise and its shape."""

    delta: Float64
    """Δ = μx − μy, `(dim,)`."""
    gap: float
    """‖Δ‖, from 0 to 2 (Liang et al. 2022)."""
    low: float
    """Lower end of the 95 % interval of the true ‖Δ‖ (`gap_interval`); 0 where these items show
    no gap. NaN, as `high`, where it is not known."""
    high: float
    """Upper end of the 95 % interval of the true ‖Δ‖. Near 0 it may lie below `gap`, which is
    never below 0 and so too large on average."""
    noise_floor: float
    """√tr C, with C the covariance of Δ: √(tr V/n) for n matched pairs, V the covariance of
    x − y. What `gap` would be on average (root mean square) if the true centroids agreed."""
    debiased: Estimate
    """√max(0, ‖Δ‖² − noise_floor²), with the same interval."""
    noise: OffsetNoise
    """Of Δ."""
    separation: float
    """Variant A: ‖Δ‖ / ½(mean‖x−μx‖ + mean‖y−μy‖); above 1 the gap dominates.

    NaN, as B and C, where both clouds are single points.
    """
    separation_b: float
    """Variant B: ‖Δ‖ over the pooled root-mean-square distance to the own centroid."""
    separation_c: float
    """Variant C: ‖Δ‖ over the mean distance of two items' rows of one modality (mean of both)."""

    @property
    def estimate(self) -> Estimate:
        """‖Δ‖ as published tables have it, with the 95 % interval of the true one.

        Near 0 the interval may lie below the value, which noise alone keeps above 0.
        """
        return Estimate(self.gap, self.low, self.high)

    def change_from(self, before: Gap) -> Estimate:
        """How much `debiased` has changed since a measurement of the same items, with interval.

        Raises:
            ValueError: the other one is of another number of items.
        """
        common = float(before.noise.influence @ self.noise.influence)
        variance = before.noise.along * self.noise.along
        correlation = common / variance**0.5 if variance > 0 else 0.0
        return change_interval(before.debiased, self.debiased, correlation)

    @property
    def none(self) -> bool:
        """Whether the interval reaches 0: these items show no gap."""
        return self.low == 0


@dataclass(frozen=True, eq=False)
class DimensionShares:
    """How the squared gap spreads over dimensions, Δd²/‖Δ‖² (Schrodi et al. 2025)."""

    order: Indices
    """Dimensions by falling share, `(dim,)`."""
    shares: Float64
    """Their shares in that order, `(dim,)`, summing to 1."""
    participation_ratio: float
    """1 / Σ shares²: how many equal dimensions would hold the gap."""

    def top(self, count: int) -> float:
        """Share of the `count` largest dimensions together."""
        return float(self.shares[:count].sum())


@dataclass(frozen=True, slots=True)
class Constancy:
    """How far the differences of matched pairs are one and the same translation."""

    ratio: float
    """‖mean(xᵢ−yᵢ)‖² / mean‖xᵢ−yᵢ‖²: 1 = a pure translation, the ceiling of subtraction."""
    mean_cosine: float
    """Mean cosine of xᵢ−yᵢ with the mean difference."""


def measure_cloud(vectors: Float32, owner: Indices | None = None) -> Cloud:
    """Sum up one modality's unit rows `(n, dim)` in a few float64 passes.

    Args:
        vectors: the rows.
        owner: `(n,)` number of each row's item; each row is an item of its own unless given.
    """
    sums = RowSums.of(vectors)
    distance = mean_distance(float64_blocks(vectors), sums.mean, sums.n)
    if owner is None or np.unique(owner).size == sums.n:
        return cloud_of(sums, distance)
    n_items = n_same = 0
    same = 0.0
    for totals, counts in item_sums(vectors, owner):
        n_items += counts.size
        n_same += int((counts**2).sum())
        same += float(np.einsum("ij,ij->", totals, totals))
    return cloud_of(sums, distance, of_items=(n_items, n_same, same))


def mean_distance(blocks: Iterable[Float64], mean: Float64, n: int) -> float:
    """mean‖x − μ‖, which has no closed form, of `n` rows in blocks `(m, dim)`."""
    total = 0.0
    for block in blocks:
        centred = block - mean
        total += float(np.sqrt(np.einsum("ij,ij->i", centred, centred)).sum())
    return total / n


def cloud_of(
    sums: RowSums, distance: float, *, of_items: tuple[int, int, float] | None = None
) -> Cloud:
    """The cloud of rows from their sums.

    Args:
        sums: of the rows.
        distance: mean‖x − μ‖.
        of_items: how many items there are, Σc² over them, and Σ‖s‖², with s the sum and c the
            number of an item's rows; each row is an item of its own unless given.
    """
    n, mu = sums.n, sums.mean
    n_items, n_same, same = of_items or (n, n, n * sums.mean_square)
    squared = float(mu @ mu)
    return Cloud(
        n=n,
        centroid=mu,
        mean_norm=float(np.sqrt(squared)),
        cone=(squared * n * n - same) / (n * n - n_same) if n_items > 1 else float("nan"),
        mean_distance=distance,
        rms_distance=float(np.sqrt(max(sums.mean_square - squared, 0.0))),
    )


def dimension_shares(delta: Float64) -> DimensionShares:
    """Shares of the squared gap by dimension, from Δ `(dim,)`; NaN where Δ is zero."""
    squares = delta**2
    total = squares.sum()
    shares = squares / total if total > 0 else np.full_like(squares, np.nan)
    order = np.argsort(-shares, kind="stable")
    sorted_shares = shares[order]
    return DimensionShares(
        order=order.astype(np.int64),
        shares=sorted_shares,
        participation_ratio=quotient(1.0, float((sorted_shares**2).sum())),
    )


def quotient(numerator: float, denominator: float) -> float:
    """Of what is never negative; NaN over 0."""
    return numerator / denominator if denominator > 0 else float("nan")
