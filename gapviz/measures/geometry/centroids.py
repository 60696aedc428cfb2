"""The gap between two centroids, and how it compares with what surrounds them.

Notation: x, y unit rows of two modalities, μ their centroids, Δ = μx − μy, Σ covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.blocks import centroid, float64_blocks, item_sums
from gapviz.core.estimate import Estimate
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.geometry.gap_interval import OffsetNoise, change_interval


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
    n = vectors.shape[0]
    mu = centroid(vectors)
    distance = squared = norms = 0.0
    for block in float64_blocks(vectors):
        norms += float(np.einsum("ij,ij->", block, block))
        centred = block - mu
        squares = np.einsum("ij,ij->i", centred, centred)
        squared += float(squares.sum())
        distance += float(np.sqrt(squares).sum())
    # Of items with one row each, the squares of their sums are known by now.
    n_items, n_same, same = n, n, norms
    if owner is not None and np.unique(owner).size < n:
        n_items = n_same = 0
        same = 0.0
        for sums, counts in item_sums(vectors, owner):
            n_items += counts.size
            n_same += int((counts**2).sum())
            same += float(np.einsum("ij,ij->", sums, sums))
    total = mu * n
    return Cloud(
        n=n,
        centroid=mu,
        mean_norm=float(np.linalg.norm(mu)),
        cone=(float(total @ total) - same) / (n * n - n_same) if n_items > 1 else float("nan"),
        mean_distance=distance / n,
        rms_distance=float(np.sqrt(squared / n)),
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
