"""How many rows are near copies of one another, from a sample that merges exactly.

Of all rows those with the smallest hash of their content are kept (a bottom-k sample, Cohen and
Kaplan 2007): a uniform sample of what differs, the same in whatever order and parts the rows came.
Of each stand how often it came, and the signs of 128 random projections (Charikar 2002), which
tell the angle of two rows and not the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Float32, Float64, Indices

KEPT = 1_024
BITS = 128
NEAR_BITS = 16
"""Codes that differ in no more bits are near copies: an angle of 23°, centred cosine .92."""

Hashes = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class CopySample:
    """Contents with the smallest hashes, rising."""

    hashes: Hashes
    """`(kept,)`."""
    counts: Indices
    """`(kept,)`: rows of each content."""
    codes: Codes
    """`(kept, BITS / 8)`."""

    @classmethod
    def none(cls) -> CopySample:
        """Of no rows."""
        return cls(
            np.zeros(0, dtype=np.uint64),
            np.zeros(0, dtype=np.int64),
            np.zeros((0, BITS // 8), dtype=np.uint8),
        )

    @classmethod
    def of(cls, rows: Float32, centre: Float64 | None) -> CopySample:
        """Of unit rows `(n, dim)`, seen from `centre` `(dim,)`."""
        hashes = _hashes(rows)
        kept = np.argsort(hashes, kind="stable")
        distinct, first, counts = np.unique(hashes[kept], return_index=True, return_counts=True)
        some = kept[first[:KEPT]]
        seen = rows[some].astype(np.float64) - (0.0 if centre is None else centre)
        planes = np.random.default_rng(rows.shape[1]).standard_normal((rows.shape[1], BITS))
        codes = np.packbits(seen @ planes > 0, axis=1)
        return cls(distinct[:KEPT], counts[:KEPT].astype(np.int64), codes)

    def merge(self, other: CopySample) -> CopySample:
        """Of both: what is among the smallest of all was so in each part."""
        every = np.concatenate([self.hashes, other.hashes])
        hashes, first, place = np.unique(every, return_index=True, return_inverse=True)
        counts = np.zeros(hashes.size, dtype=np.int64)
        np.add.at(counts, place.reshape(-1), np.concatenate([self.counts, other.counts]))
        codes = np.concatenate([self.codes, other.codes])[first]
        return CopySample(hashes[:KEPT], counts[:KEPT], codes[:KEPT])

    def near_within(self, n_rows: int, *, exact: bool = False) -> float:
        """Share of the pairs of all `n_rows` rows that are near copies; 0 of fewer than two.

        Args:
            n_rows: of all.
            exact: whether only rows of the same content count.
        """
        sampled = int(self.counts.sum())
        if n_rows < 2 or sampled < 2:
            return 0.0
        share = sampled / n_rows
        counts = self.counts.astype(np.float64)
        pairs = float(counts @ (counts - 1)) / share
        if not exact:
            near = _near(self.codes, self.codes)
            np.fill_diagonal(near, False)
            pairs += float(counts @ near @ counts) / share**2
        return min(pairs / (n_rows * (n_rows - 1)), 1.0)

    def near_across(self, other: CopySample) -> float:
        """Share of the pairs of a row here and a row there that are near copies."""
        if not self.counts.sum() or not other.counts.sum():
            return 0.0
        near = _near(self.codes, other.codes)
        total = float(self.counts.sum()) * float(other.counts.sum())
        return float(self.counts @ near @ other.counts) / total


def design_effect(one: CopySample, n_rows: int, other: CopySample, *, exact: bool = False) -> float:
    """By how much near copies among the rows widen what is estimated of them; 1 for none.

    Kish's 1 + Σm²/n − 1 for clusters of m rows, in pairs: 1 + (n − 1)·(p − p₀), where p is the
    share of near pairs among the rows, and p₀ that across the two samples: what the subject
    repeats by itself.

    Args:
        one: of the rows.
        n_rows: how many those are.
        other: of the rows that they are compared with.
        exact: whether only rows of the same content count, since codes that were seen from a far
            centre take all rows for near copies.
    """
    across = 0.0 if exact else one.near_across(other)
    excess = one.near_within(n_rows, exact=exact) - across
    return max(1.0, 1.0 + (n_rows - 1) * excess)


def _near(one: Codes, other: Codes) -> npt.NDArray[np.bool_]:
    a, b = (2.0 * np.unpackbits(codes, axis=1).astype(np.float32) - 1 for codes in (one, other))
    return np.asarray(a @ b.T >= BITS - 2 * NEAR_BITS)


def _hashes(rows: Float32) -> Hashes:
    """A number a row that the same content always has."""
    # Rounded, since one vector comes from two paths with other last bits.
    entries = np.rint(rows * 2.0**14).astype(np.int64).astype(np.uint64)
    factors = np.random.default_rng(rows.shape[1]).integers(
        0, 2**64, rows.shape[1], dtype=np.uint64, endpoint=False
    )
    mixed = (entries * (factors | np.uint64(1))).sum(axis=1, dtype=np.uint64)
    # The end of splitmix64 (Steele, Lea and Flood 2014).
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Hashes = mixed ^ (mixed >> np.uint64(31))
    return found
