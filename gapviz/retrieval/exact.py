"""Exact inner-product search: the one place in gapviz where the answers to a query are chosen.

Two others choose a top k. Where only the k best scores count, in no order, as in a share or a
mean of them, numpy's partition is faster for a few hundred. The neighbours of UMAP are chosen
by `gapviz.measures.projection.neighbours`, since another choice among equals would move the
layouts.

Everything runs on numpy, whatever the size. Choosing k of n is made cheap by group maxima:
one pass takes the largest score of each of ~√(2·n·k) groups, only groups whose maximum
reaches the k-th largest maximum can hold one of the k best scores, and only their members
are looked at again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Indices

# Scores held at once, in entries (64 MiB). Queries of one tile share one read of the corpus,
# and few to a tile would make the product wait for memory: so the items are tiled first.
TILE_ENTRIES = 16_777_216
TILE_QUERIES = 1024

# A query with this many times k groups at its floor has a great many equal scores (vectors
# of zeros, copies): it is chosen on its own, so that ties cannot swell the shared arrays.
CROWDED = 4


@dataclass(frozen=True, eq=False)
class TopK:
    """The k best rows of each query, best first, equal scores by smaller row number."""

    rows: Indices
    """`(n_queries, k)` int64."""
    scores: Float32
    """`(n_queries, k)` float32."""


def top_k(queries: Float32, corpus: Float32, k: int) -> TopK:
    """The `k` corpus rows with the largest inner product, for every query.

    Memory beside the arguments and the answer stays under ~100 MB, whatever their size.

    Args:
        queries: `(n_queries, dim)` float32.
        corpus: `(n, dim)` float32.
        k: rows wanted; more than `n` gives `n`.

    Raises:
        GapvizError: `k` under 1, arguments that are not matrices of one dimension, or an
            empty corpus.
    """
    if queries.ndim != 2 or corpus.ndim != 2 or queries.shape[1] != corpus.shape[1]:
        raise GapvizError(
            f"queries of shape {queries.shape} cannot search a corpus of shape {corpus.shape}",
            hint="give two matrices with as many columns",
        )
    n_queries, n = queries.shape[0], corpus.shape[0]
    if n == 0:
        raise GapvizError("the corpus is empty", hint="index at least one vector")
    k = _allowed_k(k, n)
    answer = TopK(np.empty((n_queries, k), np.int64), np.empty((n_queries, k), np.float32))

    n_tiles = max(1, math.ceil(n_queries / TILE_QUERIES))
    tile = max(1, math.ceil(n_queries / n_tiles))
    width = min(n, max(TILE_ENTRIES // tile, k))
    # One buffer for every tile: fresh pages would cost as much as choosing from them.
    buffer = np.empty(tile * width, dtype=np.float32)
    for first in range(0, n_queries, tile):
        asking = queries[first : first + tile]
        found: TopK | None = None
        for start in range(0, n, width):
            block = corpus[start : start + width]
            shape = (asking.shape[0], block.shape[0])
            product = buffer[: shape[0] * shape[1]].reshape(shape)
            np.matmul(asking, block.T, out=product)
            found = _select(product, k) if found is None else _improve(found, product, start)
        assert found is not None
        answer.rows[first : first + tile] = found.rows
        answer.scores[first : first + tile] = found.scores
    return answer


def top_k_of_scores(scores: Float32, k: int) -> TopK:
    """The `k` best columns of every row of a score matrix, which is left untouched.

    Args:
        scores: `(n_queries, n)` float32 without NaN; −inf never precedes a real score.
        k: columns wanted; more than `n` gives `n`.

    Raises:
        GapvizError: `k` under 1, or scores that are not a matrix or have no columns.
    """
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise GapvizError(
            f"scores have shape {scores.shape} instead of (queries, rows)",
            hint="give one row of scores per query",
        )
    return _select(scores, _allowed_k(k, scores.shape[1]))


def _allowed_k(k: int, n: int) -> int:
    if k < 1:
        raise GapvizError(f"k is {k}", hint="ask for at least one result")
    return min(k, n)


def _select(scores: Float32, k: int) -> TopK:
    """The k best columns of every row; `k` is at most the number of columns."""
    n_queries, n = scores.shape
    if 2 * _group_count(n, k) > n:
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return TopK(order, np.take_along_axis(scores, order, axis=1))
    return _first_of_each(_survivors(scores, k, None), n_queries, k)


def _improve(found: TopK, scores: Float32, start: int) -> TopK:
    """The best of an answer and of further columns, numbered from `start` on.

    Every row found so far has a smaller number, so a new one has to beat the k-th of them:
    few do, and most of a long corpus is looked at once, for its group maxima.
    """
    n_queries, k = found.rows.shape
    new = _survivors(scores, min(k, scores.shape[1]), found.scores[:, -1])
    return _first_of_each(
        _Survivors(
            np.concatenate([np.repeat(np.arange(n_queries), k), new.owner]),
            np.concatenate([found.rows.ravel(), new.columns + start]),
            np.concatenate([found.scores.ravel(), new.scores]),
        ),
        n_queries,
        k,
    )


@dataclass(frozen=True, eq=False)
class _Survivors:
    """Columns that may be among the best, a few more than k per query, in any order."""

    owner: Indices
    columns: Indices
    scores: Float32


def _group_count(n: int, k: int) -> int:
    """As many groups as make sorting maxima and looking into groups cost alike."""
    return max(k, math.isqrt(2 * n * k))


def _survivors(scores: Float32, k: int, beat: Float32 | None) -> _Survivors:
    """All columns that can be among the k best, or that beat a given score as well.

    Group j holds the columns j, j + n_groups, j + 2·n_groups, …, so that the maxima run along
    contiguous memory and take as long as reading the scores once. The k-th largest maximum is
    a floor: k columns reach it, so every one of the k best does, ties at the k-th place
    included.
    """
    n_queries, n = scores.shape
    n_groups = min(n, _group_count(n, k))
    width = n // n_groups
    grouped = n_groups * width
    maxima = scores[:, :grouped].reshape(n_queries, width, n_groups).max(axis=1)
    left_over = maxima[:, : n - grouped]
    np.maximum(left_over, scores[:, grouped:], out=left_over)
    floor = np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k]
    if beat is not None:
        floor = np.maximum(floor, np.nextafter(beat, np.float32(np.inf)))

    reaching = maxima >= floor[:, None]
    crowded = np.flatnonzero(np.count_nonzero(reaching, axis=1) > CROWDED * k)
    reaching[crowded] = False
    query, group = np.nonzero(reaching)
    columns = group[:, None] + np.arange(width + 1, dtype=np.int64) * n_groups
    inside = columns < n
    np.minimum(columns, n - 1, out=columns)
    members = scores[query[:, None], columns]
    survives = (members >= floor[query, None]) & inside
    alone = [_select_crowded(scores[row], k) for row in crowded]
    return _Survivors(
        np.concatenate(
            [np.repeat(query, np.count_nonzero(survives, axis=1)), np.repeat(crowded, k)]
        ),
        np.concatenate([columns[survives], *alone]),
        np.concatenate([members[survives], *map(np.take, scores[crowded], alone)]),
    )


def _select_crowded(scores: Float32, k: int) -> Indices:
    """`(k,)` best of one query's `(n,)` scores, in any order, where a great many are equal."""
    kth = np.partition(scores, scores.size - k)[scores.size - k]
    above = np.flatnonzero(scores > kth)
    level = np.flatnonzero(scores == kth)[: k - above.size]
    return np.concatenate([above, level])


def _first_of_each(survivors: _Survivors, n_queries: int, k: int) -> TopK:
    """The k best of each query's survivors, of which each query has at least k."""
    order = np.lexsort((survivors.columns, -survivors.scores, survivors.owner))
    counts = np.bincount(survivors.owner, minlength=n_queries)
    chosen = order[(np.cumsum(counts) - counts)[:, None] + np.arange(k)]
    return TopK(survivors.columns[chosen], survivors.scores[chosen])
