"""The gap between two centroids, and how it compares with what surrounds them.

Notation: x, y unit rows of two modalities, μ their centroids, Δ = μx − μy, Σ covariance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gapviz.core.blocks import BLOCK_ROWS, centroid, float64_blocks, item_sums
from gapviz.core.estimate import Estimate
from gapviz.core.pairs import Pairs
from gapviz.core.vectors import NO_SPREAD, Float32, Float64, Indices
from gapviz.measures.geometry.pair_scores import paired_blocks

NORMAL_95 = 1.959963984540054


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
    centroid_variance: float
    """Expected ‖μ − true μ‖², Σ‖s − cμ‖² · m/(m−1) / n² over m items: trΣ/n where each has one
    row, as captions of one image vary together; NaN for one item."""


@dataclass(frozen=True, eq=False)
class Gap:
    """The distance between two centroids, its noise and its shape."""

    delta: Float64
    """Δ = μx − μy, `(dim,)`."""
    gap: float
    """‖Δ‖, from 0 to 2 (Liang et al. 2022)."""
    low: float
    """Lower end of the 95 % interval of ‖Δ‖."""
    high: float
    """Upper end of the 95 % interval of ‖Δ‖."""
    noise_floor: float
    """√ of both `centroid_variance`, √(trΣx/nx + trΣy/ny) where an item has one row of each:
    what ‖Δ‖ would be on average if the true centroids agreed."""
    debiased: float
    """√max(0, ‖Δ‖² − noise_floor²)."""
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
        """‖Δ‖ with its 95 % interval."""
        return Estimate(self.gap, self.low, self.high)


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
    # Of items with one row each, what follows for their sums is known by now.
    n_items, n_same, same, between = n, n, norms, squared
    if owner is not None and np.unique(owner).size < n:
        n_items = n_same = 0
        same = between = 0.0
        for sums, counts in item_sums(vectors, owner):
            n_items += counts.size
            n_same += int((counts**2).sum())
            same += float(np.einsum("ij,ij->", sums, sums))
            centred = sums - counts[:, None] * mu
            between += float(np.einsum("ij,ij->", centred, centred))
    total = mu * n
    return Cloud(
        n=n,
        centroid=mu,
        mean_norm=float(np.linalg.norm(mu)),
        cone=(float(total @ total) - same) / (n * n - n_same) if n_items > 1 else float("nan"),
        mean_distance=distance / n,
        rms_distance=float(np.sqrt(squared / n)),
        centroid_variance=(
            between / (n_items - 1) * n_items / n**2 if n_items > 1 else float("nan")
        ),
    )


def measure_gap(
    x: Float32,
    y: Float32,
    pairs: Pairs,
    *,
    clouds: tuple[Cloud, Cloud],
    mean_distances: tuple[float, float],
) -> Gap:
    """The gap between the unit rows of two modalities, `(nx, dim)` and `(ny, dim)`.

    The interval is the delta method's: to first order ‖Δ‖ moves with the rows' projections
    on Δ, so its variance is that of the mean projected difference, with the item as the unit
    of sampling: matched rows, and all the captions of one image, vary together.

    Args:
        x: unit rows of the first modality.
        y: unit rows of the second.
        pairs: their matched rows; may be empty.
        clouds: `measure_cloud` of each.
        mean_distances: `mean_distance` between rows of different items of each, for variant C.
    """
    cloud_x, cloud_y = clouds
    delta = cloud_x.centroid - cloud_y.centroid
    gap = float(np.linalg.norm(delta))
    floor_squared = cloud_x.centroid_variance + cloud_y.centroid_variance
    half = NORMAL_95 * _standard_error(x, y, pairs, delta, gap)
    pooled = float(np.sqrt((cloud_x.rms_distance**2 + cloud_y.rms_distance**2) / 2))
    spread = pooled > NO_SPREAD
    return Gap(
        delta=delta,
        gap=gap,
        low=float(np.maximum(gap - half, 0.0)),
        high=gap + half,
        noise_floor=float(np.sqrt(floor_squared)),
        debiased=float(np.sqrt(np.maximum(gap**2 - floor_squared, 0.0))),
        separation=_ratio(gap, spread * (cloud_x.mean_distance + cloud_y.mean_distance) / 2),
        separation_b=_ratio(gap, spread * pooled),
        separation_c=_ratio(gap, spread * sum(mean_distances) / 2),
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
        participation_ratio=_ratio(1.0, float((sorted_shares**2).sum())),
    )


def measure_constancy(x: Float32, y: Float32, pairs: Pairs) -> Constancy:
    """Constancy of the differences of matched rows of x `(nx, dim)` and y `(ny, dim)`.

    NaN without pairs.
    """
    if not len(pairs):
        return Constancy(ratio=float("nan"), mean_cosine=float("nan"))

    def differences() -> Iterator[Float64]:
        return (a - b for a, b in paired_blocks(x, y, pairs.rows_a, pairs.rows_b, BLOCK_ROWS))

    total, squares = np.zeros(x.shape[1]), 0.0
    for difference in differences():
        total += difference.sum(axis=0)
        squares += float(np.einsum("ij,ij->", difference, difference))
    mean = total / len(pairs)
    length = float(np.linalg.norm(mean))
    cosines = 0.0
    for difference in differences():
        lengths = np.linalg.norm(difference, axis=1) * length
        cosines += float(
            np.divide(
                difference @ mean, lengths, out=np.zeros(len(difference)), where=lengths > 0
            ).sum()
        )
    return Constancy(
        ratio=_ratio(length**2, squares / len(pairs)), mean_cosine=cosines / len(pairs)
    )


def _standard_error(x: Float32, y: Float32, pairs: Pairs, delta: Float64, gap: float) -> float:
    if gap == 0.0 or min(x.shape[0], y.shape[0]) < 2:
        return float("nan") if gap else 0.0
    direction = delta / gap
    along_x = np.concatenate([block @ direction for block in float64_blocks(x)])
    along_y = np.concatenate([block @ direction for block in float64_blocks(y)])
    owner_x, owner_y = pairs.owners(x.shape[0], y.shape[0])
    influence = np.bincount(
        owner_x, (along_x - along_x.mean()) / along_x.size, minlength=sum(map(len, (x, y)))
    )
    influence -= np.bincount(
        owner_y, (along_y - along_y.mean()) / along_y.size, minlength=influence.size
    )
    n_owners = np.union1d(owner_x, owner_y).size
    if n_owners < 2:
        return float("nan")
    return float(np.sqrt(n_owners / (n_owners - 1) * (influence**2).sum()))


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else float("nan")
