"""Work in blocks: float64 passes over a float32 matrix, exact sums without a float64 copy."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import numpy as np

from gapviz.core.vectors import Float32, Float64, Indices

BLOCK_ROWS = 8_192

# Scores of queries with rows that are held at once, in entries (64 MiB of float32).
BLOCK_SCORES = 16_777_216


def float64_blocks(matrix: Float32, rows: int = BLOCK_ROWS) -> Iterator[Float64]:
    """`matrix` `(n, dim)` in consecutive blocks of at most `rows` rows, as float64."""
    for start in range(0, matrix.shape[0], rows):
        yield matrix[start : start + rows].astype(np.float64)


def item_sums(
    matrix: Float32, owner: Indices, rows: int = BLOCK_ROWS
) -> Iterator[tuple[Float64, Indices]]:
    """Sums of the rows of each item `(some, dim)` in float64, and how many rows each has.

    Args:
        matrix: `(n, dim)`.
        owner: `(n,)` number of the item of each row.
        rows: of one block; an item of more makes one of its own.
    """
    order = np.argsort(owner, kind="stable")
    _, counts = np.unique(owner, return_counts=True)
    starts = np.concatenate([[0], np.cumsum(counts)])
    first = 0
    while first < counts.size:
        fitting = int(np.searchsorted(starts, starts[first] + rows, side="right")) - 1
        after = max(first + 1, fitting)
        block = matrix[order[starts[first] : starts[after]]].astype(np.float64)
        yield np.add.reduceat(block, starts[first:after] - starts[first]), counts[first:after]
        first = after


_centroids: dict[int, tuple[weakref.ref[Float32], Float64]] = {}


def kept_centroid(matrix: Float32) -> Float64:
    """`centroid` of a matrix that nobody can write into, found once as long as there is one."""
    if matrix.flags.writeable:
        return centroid(matrix)
    key = id(matrix)
    known = _centroids.get(key)
    if known is None or known[0]() is not matrix:
        forget = weakref.ref(matrix, lambda _: _centroids.pop(key, None))
        known = _centroids[key] = (forget, centroid(matrix))
    return known[1]


def centroid(matrix: Float32) -> Float64:
    """Mean row `(dim,)` in float64."""
    total = np.zeros(matrix.shape[1])
    for block in float64_blocks(matrix):
        total += block.sum(axis=0)
    total /= matrix.shape[0]
    return total
