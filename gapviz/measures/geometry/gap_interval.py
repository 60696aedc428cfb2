"""How sure the gap is: the sampling noise of Δ, the interval of ‖Δ‖ and of its change.

‖Δ̂‖ is never below 0 and lies above ‖Δ‖ on average, the more so the smaller ‖Δ‖ is: of two
clouds without a gap it shows the noise floor. The interval is therefore that of the unbiased
U = ‖Δ̂‖² − tr C, with C the covariance of Δ̂, whose variance is 4Δ'CΔ + 2 tr C²; its ends
are those values of ‖Δ‖² that U does not contradict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gapviz.core.blocks import BLOCK_ROWS
from gapviz.core.estimate import NORMAL_95, Estimate
from gapviz.core.seeds import seeded_sample
from gapviz.core.vectors import Float32, Float64, Indices

MOST_ITEMS = 4_096
"""Of those that the shape of C is taken from; its size and its part along Δ are of all items."""

FEWEST_ITEMS = 4
"""That the unbiased tr C² needs."""

FAR = 9.0
"""Deviations of ‖Δ̂‖² above its noise beyond which the direction of Δ is known."""


@dataclass(frozen=True, eq=False)
class OffsetNoise:
    """The covariance C `(dim, dim)` of Δ̂, summed up."""

    trace: float
    """tr C, the expected ‖Δ̂ − Δ‖²."""
    along: float
    """Variance along Δ, Δ̂'CΔ̂/‖Δ̂‖²; while Δ̂ hardly stands out of the noise (`FAR`), its
    direction is not known, and the largest variance of any stands here."""
    influence: Float64
    """What each item has in ‖Δ̂‖, `(n_items,)`; the sum of squares is its variance, without that
    of a fit."""
    effective_dim: float
    """k = tr²C / tr C², from 1 to dim; NaN where there are fewer than `FEWEST_ITEMS` items."""

    @property
    def deviation(self) -> float:
        """τ = √(2 tr C²), the standard deviation of ‖Δ̂‖² without a gap."""
        return self.trace * float(np.sqrt(2 / self.effective_dim))


@dataclass(frozen=True, eq=False)
class SideRows:
    """The rows of one modality, in the order of their items."""

    rows: Float32
    """`(n, dim)`."""
    mean: Float64
    """`(dim,)`."""
    order: Indices
    """Row numbers by rising item, `(n,)`."""
    counts: Indices
    """Rows of each item of either modality, `(n_items,)`."""
    starts: Indices
    """Of each item in `order`, `(n_items + 1,)`."""

    @classmethod
    def of(cls, rows: Float32, mean: Float64, item: Indices, n_items: int) -> SideRows:
        """From the number of each row's item, `(n,)`, below `n_items`."""
        counts = np.bincount(item, minlength=n_items)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return cls(rows, mean, np.argsort(item, kind="stable"), counts, starts)

    def shares(self, first: int, after: int) -> Float64:
        """What each of some items has in the mean, Σ(row − mean)/n, `(after − first, dim)`.

        Times √(m/(m−1)) for m items, so that the sum of squares is without bias.
        """
        block = self.rows[self.order[self.starts[first] : self.starts[after]]].astype(np.float64)
        counts = self.counts[first:after]
        if (counts != 1).any():
            some = counts > 0
            sums = np.zeros((counts.size, block.shape[1]))
            if some.any():
                sums[some] = np.add.reduceat(
                    block, (self.starts[first:after] - self.starts[first])[some]
                )
            block = sums
        block -= counts[:, None] * self.mean
        n_own = int(np.count_nonzero(self.counts))
        block *= np.sqrt(n_own / (n_own - 1)) / len(self.rows)
        return block


def offset_noise(x: SideRows, y: SideRows, *, fit_noise: float, seed: int) -> OffsetNoise:
    """The noise of Δ̂ = mean of x − mean of y, with the item as the unit of sampling.

    C = (1 + fit_noise) Σ eᵢeᵢ' over items, with eᵢ what the rows of item i have in Δ̂ (its
    influence): of matched pairs it is the covariance of x − y over n, of clouds without pairs
    Σx/nx + Σy/ny, and captions of one image vary together.

    Args:
        x: two items or more.
        y: two items or more.
        fit_noise: what a fit on other items adds to the variance, as a multiple.
        seed: of the at most `MOST_ITEMS` items from which `effective_dim` and the largest
            variance are taken; the rest is of all.
    """
    n_items, dim = x.counts.size, x.mean.size
    delta = x.mean - y.mean
    sampled = seeded_sample(np.arange(n_items), MOST_ITEMS, seed)
    shape = np.empty((sampled.size, dim))
    trace, along = 0.0, np.empty(n_items)
    for first, after in _item_blocks(x.counts + y.counts):
        influence = x.shares(first, after)
        influence -= y.shares(first, after)
        trace += float(np.einsum("ij,ij->", influence, influence))
        along[first:after] = influence @ delta
        low, high = np.searchsorted(sampled, [first, after])
        shape[low:high] = influence[sampled[low:high] - first]
    squared = float(delta @ delta)
    if squared > 0:
        along /= np.sqrt(squared)
    return noise_of(
        trace, float(along @ along), shape, squared, fit_noise=fit_noise, influence=along
    )


def noise_of(
    trace: float,
    along: float,
    shape: Float64,
    squared: float,
    *,
    fit_noise: float,
    influence: Float64,
) -> OffsetNoise:
    """The noise of Δ̂ from its size, its part along Δ, and its shape.

    Args:
        trace: Σ‖eᵢ‖².
        along: Σ(eᵢ'Δ̂)²/‖Δ̂‖².
        shape: eᵢ of some items, up to a factor, `(m, dim)`.
        squared: ‖Δ̂‖².
        fit_noise: what a fit on other items adds to the variance, as a multiple.
        influence: as of `OffsetNoise`.
    """
    centred = shape - shape.mean(axis=0)
    gram = centred @ centred.T if len(centred) <= centred.shape[1] else centred.T @ centred
    larger = 1 + fit_noise
    noise = OffsetNoise(
        trace=larger * trace,
        along=larger * along,
        influence=influence,
        effective_dim=_effective_dim(centred, gram),
    )
    if squared - noise.trace < FAR * noise.deviation:
        largest = float(np.linalg.eigvalsh(gram)[-1])
        total = float(np.trace(gram))
        if total > 0:
            noise = replace(noise, along=max(noise.along, noise.trace * largest / total))
    return noise


def _item_blocks(counts: Indices) -> Iterator[tuple[int, int]]:
    """(first, after) of consecutive items with at most `BLOCK_ROWS` rows together, or one."""
    ends = np.cumsum(counts)
    first = 0
    while first < counts.size:
        before = ends[first] - counts[first]
        after = max(first + 1, int(np.searchsorted(ends, before + BLOCK_ROWS, side="right")))
        yield first, after
        first = after


def _effective_dim(centred: Float64, gram: Float64) -> float:
    """tr²C / tr C² from centred influences `(n, dim)` and their smaller Gram matrix.

    tr C² is the U-statistic of Himeno & Yamada (2014, J. Multivariate Analysis 130), which is
    without bias whatever the distribution.
    """
    n, dim = centred.shape
    trace = float(np.trace(gram))
    if n < FEWEST_ITEMS:
        return float("nan")
    if trace <= 0:
        return float(dim)
    square = float(np.einsum("ij,ij->", gram, gram)) / trace**2
    lengths = np.einsum("ij,ij->i", centred, centred) / trace
    quartic = (n - 1) * float((lengths**2).sum())
    unbiased = ((n - 1) * (n - 2) * square + 1 - n * quartic) * (n - 1) / (n * (n - 2) * (n - 3))
    return float(np.clip(1 / unbiased, 1.0, dim)) if unbiased > 0 else float(dim)


def gap_interval(squared_gap: float, noise: OffsetNoise) -> tuple[float, float]:
    """The 95 % interval of ‖Δ‖, both ends in its unit.

    With U = ‖Δ̂‖² − tr C, τ² = 2 tr C² and a the variance along Δ, the ends of ‖Δ‖² solve
    (U − ‖Δ‖²)² = 4z²a‖Δ‖² + q²τ², a score interval (Wilson 1927) for U. Without a gap U is a
    sum of χ² rather than normal: q is of a χ² of `effective_dim` degrees of freedom. The lower
    end is 0 where U does not pass q·τ; the upper one never falls below that of U = 0.

    Args:
        squared_gap: ‖Δ̂‖².
        noise: of Δ̂.
    """
    from scipy.special import chdtri  # not at the import of gapviz

    k = noise.effective_dim
    if np.isnan(noise.trace + k):
        return float("nan"), float("nan")
    deviation = noise.deviation
    unbiased = squared_gap - noise.trace
    q_low = (float(chdtri(k, 0.025)) - k) / np.sqrt(2 * k)
    q_high = (k - float(chdtri(k, 0.975))) / np.sqrt(2 * k)

    def end(of: float, q: float, side: int) -> float:
        middle = of + 2 * NORMAL_95**2 * noise.along
        root = np.sqrt(max(middle**2 - of**2 + (q * deviation) ** 2, 0.0))
        return float(np.sqrt(max(middle + side * root, 0.0)))

    low = end(unbiased, q_low, -1) if unbiased > q_low * deviation else 0.0
    return low, end(max(unbiased, 0.0), q_high, 1)


def change_interval(before: Estimate, after: Estimate, correlation: float) -> Estimate:
    """`after` − `before` of two debiased gaps with its 95 % interval, from both intervals.

    MOVER (Zou & Donner 2008, Statistics in Medicine 27): each end lies as far as √ of the sum
    of squares of the distances that make it, less what both have in common. Where a gap may be
    0, which it cannot pass, the end that this makes is the other gap's own.

    Args:
        before: with its interval.
        after: with its interval.
        correlation: of the two, over samples; not used where either may be 0.
    """
    change = after.value - before.value
    if not before.low or not after.low:
        correlation = 0.0

    def distance(one: float, other: float) -> float:
        return float(np.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0)))

    low = change - distance(after.value - after.low, before.high - before.value)
    high = change + distance(after.high - after.value, before.value - before.low)
    return Estimate(
        change,
        -before.high if after.low == 0 else low,
        after.high if before.low == 0 else high,
    )
