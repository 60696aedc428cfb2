"""Exact search over memory-mapped vectors, in blocks of bounded memory."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float32, Indices, Mask
from gapviz.sources.stores.arrays_files import ArrayColumn
from gapviz.sources.stores.store import Metric

BLOCK_NUMBERS = 1 << 24
"""Components, and scores, held at once: 64 MB of float32 each."""
Found = tuple[Indices, Float32]
"""Places of entries `(k,)` and their scores, best first."""


def nearest_entries(
    column: ArrayColumn, queries: Float32, k: int, metric: Metric, allowed: Mask | None = None
) -> list[Found]:
    """The `k` nearest entries of each query, by their best vector; equal scores by their place.

    Args:
        column: `(n, dim)` vectors.
        queries: `(n_queries, dim)`.
        k: how many.
        metric: of the similarity.
        allowed: `(n_entries,)` which entries may be found; None for all.
    """
    empty = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    found: list[Found] = [empty] * len(queries)
    n, dim = column.vectors.shape
    step = max(1, BLOCK_NUMBERS // max(dim, len(queries)))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        owners = np.arange(n)[rows] if column.entry is None else column.entry[rows]
        vectors, lengths = column.vectors[rows], column.lengths[rows]
        if allowed is not None:
            kept = allowed[owners]
            owners, vectors, lengths = owners[kept], vectors[kept], lengths[kept]
        if not owners.size:
            continue
        scores = similarities(vectors.astype(np.float32, copy=False), lengths, queries, metric)
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        if first.size < owners.size:
            scores = np.maximum.reduceat(scores, first, axis=1)
            owners = owners[first]
        found = [_better(one, owners, row, k) for one, row in zip(found, scores, strict=True)]
    return found


def similarities(vectors: Float32, lengths: Float32, queries: Float32, metric: Metric) -> Float32:
    """`(n_queries, n)`: cosines, inner products, or euclidean distances below zero.

    Args:
        vectors: `(n, dim)`.
        lengths: `(n,)`, theirs.
        queries: `(n_queries, dim)`.
        metric: which.
    """
    if metric == "cosine":
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    scores: Float32 = queries @ vectors.T
    if metric == "cosine":
        scores /= lengths
    if metric == "euclidean":
        distance = lengths**2 + (queries**2).sum(axis=1)[:, None] - 2 * scores
        scores = -np.sqrt(np.maximum(distance, 0))
    return scores


def _better(before: Found, places: Indices, scores: Float32, k: int) -> Found:
    """The best of what was found and of a block behind it."""
    if scores.size > k:
        floor = np.partition(scores, scores.size - k)[scores.size - k]
        few = scores >= floor
        places, scores = places[few], scores[few]
    # An entry whose vectors lie in two blocks is in both.
    places, scores = np.concatenate([before[0], places]), np.concatenate([before[1], scores])
    order = np.lexsort((places, -scores))
    _, first = np.unique(places[order], return_index=True)
    order = order[np.sort(first)][:k]
    return places[order], scores[order]
