"""The λ sweep over large collections, as one compiled pass over the base product.

Imports numba: import this module only where the kernel is about to run. The compiled code
lives as long as the process.

Every query keeps its k best rows and its counts per λ; no score is written to main memory. A
score is compared without its query's own 1/length, which is one positive factor for all rows
and changes no order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numba
import numpy as np

from gapviz.core.vectors import Float32, Float64, Indices

Function = TypeVar("Function", bound=Callable[..., object])

# Queries that a thread takes at once, and rows it takes them over: the rows' factors for
# every λ stay in the second-level cache while the queries go by.
QUERY_BLOCK = 16
SPAN = 2_048
PIECE = 64

ONE, ZERO = np.float32(1), np.float32(0)


class Searched(NamedTuple):
    """The corpus, its rows ordered by modality."""

    scale: Float32
    """`(n_lambda, n)`, 1 / length of every moved row."""
    reach: Float32
    """`(n_modalities, n)`, row · direction of each modality."""
    modality: Indices
    """`(n,)`."""
    item: Indices
    """`(n,)`."""
    by_item: Indices
    """`(n,)`, rows ordered by item."""
    edges: Indices
    """`(n_spans + 1,)`, spans of one modality and at most `SPAN` rows."""


class Swept(NamedTuple):
    """One tile of queries."""

    base: Float32
    """`(n_queries, n)`, cosines without a shift."""
    from_query: Float32
    """`(n_lambda, n_queries, n_modalities)`, λ(q·v) + λ² u·v for rows of each modality."""
    near: Float32
    """`(n_lambda, n_queries)`, how far apart equal scores may be."""
    modality: Indices
    """`(n_queries,)`."""
    item: Indices
    """`(n_queries,)`."""
    first: Indices
    """`(n_queries,)`, where the query's item begins in `Searched.by_item`."""
    last: Indices
    """`(n_queries,)`, and ends."""


class Counted(NamedTuple):
    """What the kernel fills in."""

    top_scores: Float32
    """`(n_queries, n_lambda, k)`, −∞ at first."""
    top_rows: Indices
    """`(n_queries, n_lambda, k)`, row numbers, the largest integer at first."""
    above: Indices
    """`(n_queries, n_lambda)`, rows above the best match; 0 at first, as all below."""
    reach: Indices
    """`(n_queries, n_lambda)`, those and its equals."""
    relevant: Indices
    """`(n_queries, n_lambda)`, matches among its equals."""
    gain: Float64
    """`(n_queries, n_lambda)`, DCG@(k − 1) of the other matches."""


def _compiled(**options: object) -> Callable[[Function], Function]:
    return numba.njit(nogil=True, **options)  # type: ignore[no-any-return]


@_compiled()
def _score(
    base: np.float32, from_query: np.float32, lam: np.float32, reach: np.float32, scale: np.float32
) -> np.float32:
    return ((base + from_query) + lam * reach) * scale


@_compiled()
def _score_of(
    asked: Swept, searched: Searched, lambdas: Float32, q: int, j: int, x: int
) -> np.float32:
    return _score(
        asked.base[q, x],
        asked.from_query[j, q, searched.modality[x]],
        lambdas[j],
        searched.reach[asked.modality[q], x],
        searched.scale[j, x],
    )


@_compiled()
def _score_span(
    scores: Float32,
    base: Float32,
    from_query: np.float32,
    lam: np.float32,
    reach: Float32,
    scale: Float32,
) -> None:
    for i in range(base.size):
        scores[i] = _score(base[i], from_query, lam, reach[i], scale[i])


# Only additions of ones may be reordered here, so the counts are exact (a span is far shorter
# than 2²⁴); the scores are computed without fast-math, or two evaluations of one score could
# differ.
@_compiled(fastmath={"reassoc", "nsz"})
def _counts(
    scores: Float32, high: np.float32, low: np.float32, kth: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    above, reach, top = ZERO, ZERO, ZERO
    for i in range(scores.size):
        above += ONE if scores[i] > high else ZERO
        reach += ONE if scores[i] >= low else ZERO
        top += ONE if scores[i] >= kth else ZERO
    return above, reach, top


@_compiled()
def _insert(scores: Float32, rows: Indices, score: np.float32, row: int) -> None:
    """Keep both sorted: best first, equal scores by smaller row number."""
    slot = scores.size - 1
    if score == scores[slot] and row > rows[slot]:
        return
    while slot > 0 and (
        score > scores[slot - 1] or (score == scores[slot - 1] and row < rows[slot - 1])
    ):
        scores[slot] = scores[slot - 1]
        rows[slot] = rows[slot - 1]
        slot -= 1
    scores[slot] = score
    rows[slot] = row


@_compiled()
def _insert_span(
    scores: Float32, start: int, asked: Swept, searched: Searched, found: Counted, q: int, j: int
) -> None:
    best, rows = found.top_scores[q, j], found.top_rows[q, j]
    same_modality = searched.modality[start] == asked.modality[q]
    for piece in range(0, scores.size, PIECE):
        stop = min(piece + PIECE, scores.size)
        if _counts(scores[piece:stop], best[-1], best[-1], best[-1])[2] == ZERO:
            continue
        for i in range(piece, stop):
            left_out = same_modality and searched.item[start + i] == asked.item[q]
            if scores[i] >= best[-1] and not left_out:
                _insert(best, rows, scores[i], start + i)


@_compiled()
def _match_score(asked: Swept, searched: Searched, lambdas: Float32, q: int, j: int) -> np.float32:
    """The largest score of a match; ∞ without one, which no row is above."""
    best = np.float32(-np.inf)
    for at in range(asked.first[q], asked.last[q]):
        x = searched.by_item[at]
        if searched.modality[x] != asked.modality[q]:
            best = max(best, _score_of(asked, searched, lambdas, q, j, x))
    return best if best > -np.inf else np.float32(np.inf)


@_compiled()
def _finish(
    asked: Swept,
    searched: Searched,
    lambdas: Float32,
    found: Counted,
    match: np.float32,
    q: int,
    j: int,
) -> None:
    """Take the query's own item out of the counts, and place every match but the best."""
    own, near = asked.modality[q], asked.near[j, q]
    top = found.top_scores[q, j]
    for at in range(asked.first[q], asked.last[q]):
        x = searched.by_item[at]
        score = _score_of(asked, searched, lambdas, q, j, x)
        if searched.modality[x] == own:
            found.above[q, j] -= score > match + near
            found.reach[q, j] -= score >= match - near
            continue
        if score >= match - near:
            found.relevant[q, j] += 1
            continue
        # All above a score that reaches the top is in the top.
        ahead, equal = 0, 0
        for slot in range(top.size):
            ahead += top[slot] > score + near
            equal += abs(top[slot] - score) <= near
        for place in range(ahead + 1, min(ahead + equal, top.size - 1) + 1):
            found.gain[q, j] += 1 / np.log2(1.0 + place) / equal


@_compiled()
def _sweep_block(
    asked: Swept, searched: Searched, lambdas: Float32, found: Counted, begin: int, end: int
) -> None:
    """All of the work on the queries `begin` to `end`, by one thread."""
    n_lambda = lambdas.size
    buffer = np.empty(SPAN, dtype=np.float32)
    match = np.empty((end - begin, n_lambda), dtype=np.float32)
    for q in range(begin, end):
        for j in range(n_lambda):
            match[q - begin, j] = _match_score(asked, searched, lambdas, q, j)
    for span in range(searched.edges.size - 1):
        start, stop = searched.edges[span], searched.edges[span + 1]
        scores = buffer[: stop - start]
        for q in range(begin, end):
            for j in range(n_lambda):
                _score_span(
                    scores,
                    asked.base[q, start:stop],
                    asked.from_query[j, q, searched.modality[start]],
                    lambdas[j],
                    searched.reach[asked.modality[q], start:stop],
                    searched.scale[j, start:stop],
                )
                kth = found.top_scores[q, j, -1]
                near = asked.near[j, q]
                above, reach, hits = _counts(
                    scores, match[q - begin, j] + near, match[q - begin, j] - near, kth
                )
                found.above[q, j] += np.int64(above)
                found.reach[q, j] += np.int64(reach)
                if hits > ZERO:
                    _insert_span(scores, start, asked, searched, found, q, j)
    for q in range(begin, end):
        for j in range(n_lambda):
            _finish(asked, searched, lambdas, found, match[q - begin, j], q, j)


@_compiled(parallel=True)
def fused_sweep(asked: Swept, searched: Searched, lambdas: Float32, found: Counted) -> None:
    """Fill `found` for a tile of queries at every one of `lambdas` `(n_lambda,)`."""
    # One call per turn of the loop: numba 0.68 silently drops `found.above[…] += …` where it
    # stands inside the prange itself.
    n_queries = asked.base.shape[0]
    for block in numba.prange((n_queries + QUERY_BLOCK - 1) // QUERY_BLOCK):
        begin = block * QUERY_BLOCK
        end = min(begin + QUERY_BLOCK, n_queries)
        _sweep_block(asked, searched, lambdas, found, begin, end)
