"""Matched rows: what of their distance is the gap, what is left, and whether both clouds agree.

Every pair weighs alike. With the means μx, μy over the pairs and Δ = μx − μy,
mean‖x − y‖² = ‖Δ‖² + mean‖(x − μx) − (y − μy)‖²: the alignment is the squared gap and a residual
that no translation can remove. Over the rows instead (an image with five captions counts once
there, and five times here) the means would differ and the sum would not hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gapviz.core.pairs import Pairs
from gapviz.core.seeds import seeded_sample
from gapviz.core.vectors import NO_SPREAD, Float32, Float64
from gapviz.measures.geometry.sums import PairSums
from gapviz.strategies.fusion.ties import TOLERANCE

NEIGHBOURS = 10
"""Of mutual neighbours, in each modality."""
MOST_PAIRS = 4_096
"""One an item, of which both clouds' agreement is taken; of more, a seeded sample."""

_BLOCK = 512
_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Differences:
    """The differences x − y of matched rows; all NaN without pairs."""

    mean: Float64
    """Δ, over pairs, `(dim,)`."""
    mean_square: float
    """mean‖x − y‖²."""
    residual: float
    """mean‖(x − y) − Δ‖²."""
    mean_cosine: float
    """Of x − y with Δ."""

    @property
    def squared_gap(self) -> float:
        """‖Δ‖²."""
        return float(self.mean @ self.mean)


@dataclass(frozen=True, slots=True)
class CloudAgreement:
    """Whether items that are near in one modality are near in the other, up to a rotation.

    NaN where there are too few pairs, or all rows of a modality are one.
    """

    cka: float
    """Linear CKA, 0 to 1: ‖XᵀY‖² / (‖XᵀX‖·‖YᵀY‖) of centred rows, Frobenius norms
    (Kornblith et al. 2019)."""
    chance_cka: float
    """Its numerator's mean over all ways to pair the rows, over the same denominator."""
    mutual_knn: float
    """Share of an item's nearest others in one modality that are among those in the other."""
    chance_mutual_knn: float
    """The same over all ways to pair the rows."""


def differences(sums: PairSums, blocks: Iterable[Float64]) -> Differences:
    """Sum up the differences of matched rows.

    Args:
        sums: of all pairs.
        blocks: x − y of all pairs, some `(m, dim)` at a time.
    """
    if not sums.n:
        return Differences(sums.mean_difference, _NAN, _NAN, _NAN)
    mean = sums.mean_difference
    return differences_of(sums, sum(cosines_with(block, mean) for block in blocks) / sums.n)


def differences_of(sums: PairSums, mean_cosine: float) -> Differences:
    """The differences of one pair or more, with the mean cosine with Δ, that has no closed form."""
    mean, square = sums.mean_difference, sums.mean_square
    return Differences(mean, square, max(square - float(mean @ mean), 0.0), mean_cosine)


def cosines_with(rows: Float64, mean: Float64) -> float:
    """Σ of the cosines of rows `(m, dim)` with a direction; 0 where a row has no length."""
    lengths = np.linalg.norm(rows, axis=1) * float(np.linalg.norm(mean))
    nothing = np.zeros(len(rows))
    return float(np.divide(rows @ mean, lengths, out=nothing, where=lengths > 0).sum())


def cloud_agreement(x: Float32, y: Float32, pairs: Pairs, *, seed: int) -> CloudAgreement:
    """CKA and mutual neighbours of matched unit rows, one pair an item.

    Args:
        x: `(nx, dim)`.
        y: `(ny, dim)`.
        pairs: which of them match; of several of one item the first counts.
        seed: of the at most `MOST_PAIRS` pairs that are taken.
    """
    one_each = pairs.one_an_item()
    chosen = seeded_sample(np.arange(len(one_each)), MOST_PAIRS, seed)
    first, second = x[one_each.rows_a[chosen]], y[one_each.rows_b[chosen]]
    return CloudAgreement(*linear_cka(first, second), *mutual_neighbours(first, second))


def linear_cka(x: Float32, y: Float32) -> tuple[float, float]:
    """Linear CKA of rows that match one by one, and what it is by chance.

    Chance: of centred Gram matrices K and L the mean of ⟨K, PLPᵀ⟩ over all permutations P is
    tr K · tr L / (n − 1), which in many dimensions is far from 0.

    Args:
        x: `(n, dim)`.
        y: `(n, dim)`.
    """
    n, dim = x.shape
    if n < 2:
        return _NAN, _NAN
    a, b = (rows - rows.mean(axis=0) for rows in (x.astype(np.float64), y.astype(np.float64)))
    spread_a, spread_b = (float(np.einsum("ij,ij->", rows, rows)) for rows in (a, b))
    if min(spread_a, spread_b) < n * NO_SPREAD**2:
        return _NAN, _NAN
    if n < dim:
        gram_a, gram_b = a @ a.T, b @ b.T
        shared = float(np.einsum("ij,ij->", gram_a, gram_b))
    else:
        gram_a, gram_b = a.T @ a, b.T @ b
        shared = float(np.linalg.norm(a.T @ b)) ** 2
    norms = float(np.linalg.norm(gram_a) * np.linalg.norm(gram_b))
    return shared / norms, spread_a * spread_b / ((n - 1) * norms)


def mutual_neighbours(x: Float32, y: Float32, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Mean overlap of both modalities' `k` nearest others, as a share of k, and by chance.

    By cosine (Huh et al. 2024). Of others that are equally near at the end of a list, each is in it
    with the same chance, in both modalities apart. Up to k others make it NaN: all are neighbours.

    Args:
        x: unit rows `(n, dim)`.
        y: unit rows `(n, dim)`; row i of both is item i.
        k: length of a list.
    """
    n = len(x)
    if n < k + 2:
        return _NAN, _NAN
    overlap = 0.0
    for start in range(0, n, _BLOCK):
        some = slice(start, start + _BLOCK)
        chances = [_list_chances(rows[some] @ rows.T, start, k) for rows in (x, y)]
        overlap += float(np.einsum("ij,ij->", *chances))
    return overlap / (n * k), k / (n - 1)


def _list_chances(scores: Float32, first: int, k: int) -> Float64:
    """`(m, n)`: how likely each entry is among the k best of its row; never the row itself, which
    is number `first` for the first row.
    """
    rows = np.arange(len(scores))
    scores[rows, first + rows] = -np.inf
    last = np.partition(scores, -k, axis=1)[:, -k, None]
    above = scores > last + np.float32(TOLERANCE)
    tied = (scores >= last - np.float32(TOLERANCE)) & ~above
    share = (k - above.sum(axis=1)) / tied.sum(axis=1)
    return np.asarray(above + tied * share[:, None])
