"""Cosines by pair type: why one threshold does not serve two modalities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gapviz.core.pairs import Pairs
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Float64, Indices

EXACT_SCORES = 4_000_000
SAMPLED_SCORES = 500_000


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of the four types of pair of two modalities x and y: cosines, unless adjusted."""

    matched: Float64
    """x–y scores of matched pairs, `(n_pairs,)`."""
    mismatched: Float64
    """x–y scores of pairs that do not match."""
    within_x: Float64
    """Scores of two rows of x of different items."""
    within_y: Float64
    """Scores of two rows of y of different items."""
    sampled: bool
    """True where a type had too many pairs and a seeded sample of 500,000 stands for it."""


@dataclass(frozen=True, slots=True)
class ThresholdTransfer:
    """A threshold set on matched pairs, and what passes it elsewhere."""

    threshold: float
    """Cosine that `matched_share` of the matched pairs reach."""
    matched_share: float
    mismatched: float
    """Share of mismatched x–y pairs at or above the threshold (false positives)."""
    within_x: float
    within_y: float


def pair_scores(x: Float32, y: Float32, pairs: Pairs, *, seed: int = DEFAULT_SEED) -> PairScores:
    """Cosines of unit rows `(nx, dim)` and `(ny, dim)` by pair type, in float64.

    Every pair counts once; a type with more than 4,000,000 pairs is represented by 500,000
    random ones, drawn with `seed` and with replacement.
    """
    rng = np.random.default_rng(seed)
    matched = dots(x, y, pairs.rows_a, pairs.rows_b)
    mismatched, sampled = _mismatched(x, y, pairs, rng)
    owner_x, owner_y = pairs.owners(len(x), len(y))
    within_x, sampled_x = _within(x, owner_x, rng)
    within_y, sampled_y = _within(y, owner_y, rng)
    return PairScores(matched, mismatched, within_x, within_y, sampled or sampled_x or sampled_y)


def n_pairs_within(owner: Indices) -> int:
    """How many pairs of rows belong to different items, from the `(n,)` item of each row."""
    _, counts = np.unique(owner, return_counts=True)
    return (owner.size**2 - int((counts**2).sum())) // 2


def auc_matched(scores: PairScores) -> float:
    """P(matched > mismatched) + ½ P(equal), by the Mann–Whitney ranks; NaN when empty."""
    positive, negative = scores.matched, scores.mismatched
    if not positive.size or not negative.size:
        return float("nan")
    from scipy.stats import rankdata  # half a second that an import of gapviz need not pay

    ranks = rankdata(np.concatenate([positive, negative]))[: positive.size].sum()
    wins = ranks - positive.size * (positive.size + 1) / 2
    return float(wins / (positive.size * negative.size))


def dots(x: Float32, y: Float32, rows_x: Indices, rows_y: Indices) -> Float64:
    """Products of the chosen rows of x and y, pair by pair, `(n,)` in float64."""
    parts = [np.einsum("ij,ij->i", a, b) for a, b in paired_blocks(x, y, rows_x, rows_y)]
    return np.concatenate([np.empty(0), *parts])


def paired_blocks(
    x: Float32, y: Float32, rows_x: Indices, rows_y: Indices, size: int = 2_048
) -> Iterator[tuple[Float64, Float64]]:
    """The chosen rows of x and, beside each, that of y, in blocks of at most `size` rows."""
    for start in range(0, rows_x.size, size):
        block = slice(start, start + size)
        yield x[rows_x[block]].astype(np.float64), y[rows_y[block]].astype(np.float64)


def _mismatched(
    x: Float32, y: Float32, pairs: Pairs, rng: np.random.Generator
) -> tuple[Float64, bool]:
    nx, ny = x.shape[0], y.shape[0]
    matched = np.unique(pairs.rows_a * ny + pairs.rows_b)
    if nx * ny <= EXACT_SCORES:
        cosines: Float64 = (x.astype(np.float64) @ y.astype(np.float64).T).ravel()
        return np.delete(cosines, matched), False
    drawn = rng.integers(0, nx * ny, SAMPLED_SCORES)
    drawn = drawn[~np.isin(drawn, matched)]
    return dots(x, y, drawn // ny, drawn % ny), True


def _within(vectors: Float32, owner: Indices, rng: np.random.Generator) -> tuple[Float64, bool]:
    n = vectors.shape[0]
    if n * (n - 1) // 2 <= EXACT_SCORES:
        rows = vectors.astype(np.float64)
        cosines: Float64 = rows @ rows.T
        first, second = np.triu_indices(n, k=1)
        different = owner[first] != owner[second]
        return cosines[first[different], second[different]], False
    first = rng.integers(0, n, SAMPLED_SCORES)
    second = (first + rng.integers(1, n, SAMPLED_SCORES)) % n
    different = owner[first] != owner[second]
    return dots(vectors, vectors, first[different], second[different]), True
