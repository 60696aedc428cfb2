"""Rows and items that are equal, or nearly: copies, which one half of a split should keep.

An item whose copy stands in the other half is no new item there: what is fitted on one half has
seen it, and a search finds the copy in place of the match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import numpy as np

from gapviz.core.vectors import Float32, Indices, Mask

NEARLY = 1e-6
"""Two rows are nearly equal where 1 − cosine is below it."""

NEAR_ROWS = 100_000
"""Of more rows, only those are found whose entries agree to `SAME_ENTRY`."""

SAME_ENTRY = 1e-5

PROJECTIONS = 16
REACH = 1.01 * (2 * NEARLY) ** 0.5
"""‖a − b‖ of nearly equal rows, and a little for the rounding of float32."""

NARROW = 100 * NEARLY
"""In a cone of less variance Σ‖x − μ‖²/n, or of more near pairs than `MOST_PAIRS`, rounding decides
what is near, and only equal entries count."""

MOST_PAIRS = 1_000_000

PAIRS_AT_ONCE = 16_384


def equal_rows(vectors: Float32) -> Indices:
    """`(n,)` numbers: rows of one number are equal, or linked by rows that are nearly equal.

    A projection on random orthonormal axes brings no two rows further apart, so that only rows
    near along each of a few such axes are compared in all dimensions.

    Args:
        vectors: unit rows `(n, dim)`.
    """
    same = _rounded(vectors)
    rows = np.unique(same, return_index=True)[1]
    pairs = _near(vectors, rows) if 1 < rows.size <= NEAR_ROWS else np.empty((0, 2), np.int64)
    if not len(pairs):
        return same
    near = _components(len(vectors), rows[pairs[:, 0]], rows[pairs[:, 1]])
    return joined(len(vectors), [same, near])


def joined(n: int, numberings: Iterable[Indices]) -> Indices:
    """`(n,)` numbers: entries have one number where they have one in any of the numberings.

    Args:
        n: how many entries.
        numberings: `(n,)` each; below 0 for an entry that is like no other.
    """
    ones, others, start = [], [], n
    for numbers in numberings:
        told = np.flatnonzero(numbers >= 0)
        ones.append(told)
        others.append(start + numbers[told])
        start += int(numbers.max(initial=-1)) + 1
    if not ones:
        return np.arange(n, dtype=np.int64)
    return _components(start, np.concatenate(ones), np.concatenate(others))[:n]


def n_equal(groups: Indices) -> int:
    """How many items are equal to another, of the numbers `(n_items,)` of their groups."""
    counts = np.unique(groups, return_counts=True)[1]
    return int(counts[counts > 1].sum())


def n_apart(groups: Indices, splits: Mapping[str, Indices]) -> int:
    """How many items have an equal one in another split."""
    seen: dict[int, set[str]] = {}
    for name, members in splits.items():
        for group in groups[members].tolist():
            seen.setdefault(group, set()).add(name)
    apart = [group for group, names in seen.items() if len(names) > 1]
    return int(sum(np.isin(groups[members], apart).sum() for members in splits.values()))


def _rounded(vectors: Float32) -> Indices:
    """One number for rows of the same rounded entries."""
    seen: dict[bytes, int] = {}
    numbers = np.empty(len(vectors), dtype=np.int64)
    for row, entries in enumerate(vectors):
        rounded = np.rint(entries / np.float32(SAME_ENTRY)).astype(np.int32)
        mark = blake2b(rounded.tobytes(), digest_size=16).digest()
        numbers[row] = seen.setdefault(mark, len(seen))
    return numbers


def _near(vectors: Float32, rows: Indices) -> Indices:
    """`(n_pairs, 2)` positions in `rows` of those that are nearly equal; none where too many."""
    nothing = np.empty((0, 2), dtype=np.int64)
    dim = vectors.shape[1]
    if vectors[rows].var(axis=0).sum() < NARROW:
        return nothing
    random = np.random.default_rng(0).standard_normal((dim, min(dim, PROJECTIONS)))
    along = vectors[rows] @ np.linalg.qr(random)[0].astype(np.float32)
    widest, *others = np.argsort(-along.std(axis=0)).tolist()
    order = np.argsort(along[:, widest], kind="stable")
    along = np.ascontiguousarray(along[order].T)
    found, n_found = [], 0
    for step in range(1, rows.size):
        # Sorted along the widest axis: once no two rows this many places apart are near, none are.
        left = np.flatnonzero(along[widest, step:] - along[widest, :-step] < REACH)
        if not left.size:
            break
        for axis in others:
            left = left[np.abs(along[axis, left + step] - along[axis, left]) < REACH]
        left = left[_are_near(vectors, rows[order[left]], rows[order[left + step]])]
        found.append(np.stack([order[left], order[left + step]], axis=1))
        n_found += left.size
        if n_found > MOST_PAIRS:
            return nothing
    return np.concatenate([nothing, *found])


def _are_near(vectors: Float32, ones: Indices, others: Indices) -> Mask:
    """`(n_pairs,)` in float64, block by block."""
    near = np.empty(ones.size, dtype=np.bool_)
    for start in range(0, ones.size, PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        apart = vectors[ones[some]].astype(np.float64) - vectors[others[some]]
        # ‖a − b‖² = 2 − 2·cosine of unit rows.
        near[some] = np.einsum("ij,ij->i", apart, apart) < 2 * NEARLY
    return near


def _components(n: int, ones: Indices, others: Indices) -> Indices:
    """`(n,)` number of the component of each node, of the edges between `ones` and `others`."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = coo_matrix((np.ones(ones.size, dtype=np.bool_), (ones, others)), shape=(n, n))
    return np.asarray(connected_components(edges, directed=False)[1], dtype=np.int64)
