"""Heads of lists by partial selection, and ranks by counting: no list is sorted whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.base import Asked, Ranked

Keys = Sequence[npt.NDArray[np.floating] | Indices]
"""`(n_rows,)` each: rows stand by the first, larger first, then by the next; last by number."""


def head(keys: Keys, rows: Indices, k: int) -> Indices:
    """The `k` first of `rows`, which rise, by falling `keys`."""
    lead = keys[0][rows]
    if k < rows.size:
        kth = np.partition(lead, rows.size - k)[rows.size - k]
        rows = rows[lead >= kth]
    order = np.lexsort((rows, *(-key[rows] for key in reversed(keys))))
    return rows[order[:k]]


def place(keys: Keys, rows: Indices, row: int) -> int:
    """How many of `rows` stand before `row`."""
    before = np.zeros(rows.size, dtype=np.bool_)
    level = np.ones(rows.size, dtype=np.bool_)
    for key in keys:
        before |= level & (key[rows] > key[row])
        level &= key[rows] == key[row]
    return int(np.count_nonzero(before | (level & (rows < row))))


def matching(corpus: Rows, item: int | None, own: int, open_rows: Mask) -> list[int]:
    """Rows of an item in other modalities than number `own` that can be found."""
    if item is None:
        return []
    matches = (corpus.item == item) & (corpus.modality != own) & open_rows
    found: list[int] = np.flatnonzero(matches).tolist()
    return found


def ranked_by(keys: Keys, rows: Indices, k: int, matches: Sequence[int]) -> Ranked:
    """The head of one list of `rows`, which rise, by `keys`; the first key is the score."""
    top = head(keys, rows, k)
    places = {row: place(keys, rows, row) for row in matches}
    best = min(places, key=lambda row: places[row], default=None)
    rank = None if best is None else places[best] + 1
    return Ranked(top, keys[0][top].astype(np.float64), rank, best)


def bias_of(
    asked: Asked, scores: Float32, k: int, codes: Sequence[int] | None = None
) -> tuple[Float64, Indices]:
    """Share of the top k of the queries' modality, and the rank of the first entry of another.

    Of the entries that tie at the last place, as large a share counts as there is room for,
    unless `codes` say in which order modalities break a tie: first come, first served.
    """
    spans, own = asked.corpus.spans, asked.own
    best = [_best(scores[:, span], k) for span in spans]
    owner = np.repeat(np.arange(len(best)), [part.shape[1] for part in best])
    pooled = np.concatenate(best, axis=1)
    taken = np.minimum(asked.n_open, k)
    falling = -np.sort(-pooled, axis=1)
    last = np.take_along_axis(falling, np.maximum(taken - 1, 0)[:, None], axis=1)
    above, level = pooled > last, pooled == last
    n_level, n_level_own = level.sum(axis=1), level[:, owner == own].sum(axis=1)
    room = taken - above.sum(axis=1)
    for row in np.flatnonzero(n_level > room):
        n_level[row] = np.count_nonzero(scores[row] == last[row])
        n_level_own[row] = np.count_nonzero(scores[row, spans[own]] == last[row])
    own_first = codes is not None and codes[0] == own
    if codes is None:
        level_taken = room * n_level_own / n_level
    elif own_first:
        level_taken = np.minimum(room, n_level_own)
    else:
        level_taken = room - np.minimum(room, n_level - n_level_own)
    own_share = ratio(above[:, owner == own].sum(axis=1) + level_taken, taken)
    if len(best) == 1:
        return own_share, np.zeros(len(scores), dtype=np.int64)
    best_other = pooled[:, owner != own].max(axis=1)
    return own_share, 1 + count_above(scores[:, spans[own]], best_other, or_equal=own_first)


def ranks_of(scores: Float32, asking: Indices, found: Indices) -> tuple[Indices, Mask]:
    """Ranks of relevant entries, best first, `(n_queries, most_relevant)`, 0-padded; and ties.

    Args:
        scores: `(n_queries, n)`.
        asking: `(n_relevant,)`, ascending: the query of each relevant entry.
        found: `(n_relevant,)`, its column.

    Returns:
        The ranks, and `(n_queries,)` whether an entry that is not relevant scores exactly as
        the best relevant one.
    """
    count = np.bincount(asking, minlength=len(scores))
    falling = np.full((len(scores), max(1, count.max(initial=0))), -np.inf, dtype=scores.dtype)
    falling[asking, place_in_group(asking, count)] = scores[asking, found]
    falling = -np.sort(-falling, axis=1)
    ranks = np.zeros(falling.shape, dtype=np.int64)
    for column, level in enumerate(falling.T):
        known = count > column
        ranks[known, column] = 1 + count_above(scores, level)[known]
    stand_apart(ranks, count)
    level = falling[:, 0]
    n_level = count_above(scores, level, or_equal=True) - np.maximum(ranks[:, 0] - 1, 0)
    return ranks, (count > 0) & (n_level > (falling == level[:, None]).sum(axis=1))


def place_in_group(asking: Indices, count: Indices) -> Indices:
    """`(n_relevant,)`: which of its query's relevant entries each one is, from 0."""
    return np.arange(asking.size) - (np.cumsum(count) - count)[asking]


def stand_apart(ranks: Indices, count: Indices) -> None:
    """Set relevant entries of equal score one behind the other, in place.

    Args:
        ranks: `(n_queries, most_relevant)`, rising.
        count: `(n_queries,)` relevant entries.
    """
    for column in range(1, ranks.shape[1]):
        known = count > column
        ranks[known, column] = np.maximum(ranks[known, column], ranks[known, column - 1] + 1)


def count_above(scores: Float32, level: Float32, *, or_equal: bool = False) -> Indices:
    """`(n_queries,)`: how many entries of each row exceed (or reach) its level."""
    compare = np.greater_equal if or_equal else np.greater
    # Row by row: counting true bytes of one row is many times as fast as a sum over an axis.
    return np.array(
        [np.count_nonzero(compare(row, at)) for row, at in zip(scores, level, strict=True)],
        dtype=np.int64,
    )


def _best(scores: Float32, k: int) -> Float32:
    """The `k` largest of each row, in no order; all of them where there are no more."""
    n = scores.shape[1]
    if n <= k:
        return scores
    best: Float32 = np.partition(scores, n - k, axis=1)[:, n - k :]
    return best
