"""Heads of lists by partial selection, and ranks by counting: no list is sorted whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import numpy.typing as npt

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.base import Asked, QueryFigures, Ranked, Standing, ndcg_of
from gapviz.strategies.fusion.heads import best_scores, head_of, head_of_parts
from gapviz.strategies.fusion.ties import (
    TieGroups,
    TieRule,
    Tolerance,
    count_true,
    tie_groups,
    tie_levels,
)

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
    asked: Asked, scores: Float32, k: int, ties: TieRule = "shared"
) -> tuple[Float64, Float64]:
    """Share of the top k of the queries' modality, and the rank of the first entry of another.

    Of the entries that tie at the last place, as large a share counts as there is room for,
    unless `ties` say which modality breaks a tie.
    """
    spans, own = asked.corpus.spans, asked.own
    near = np.broadcast_to(np.asarray(asked.tolerance, dtype=np.float32), (len(scores),))
    best = [best_scores(scores[:, span], k + 1) for span in spans]
    own_share = head_of(asked, scores, k, best, ties).shares[:, own]
    if len(best) == 1:
        return own_share, np.zeros(len(scores))
    others = [part for code, part in enumerate(best) if code != own]
    best_other = np.concatenate(others, axis=1).max(axis=1, initial=-np.inf)
    before = count_above(scores[:, spans[own]], best_other + near).astype(np.float64)
    if ties != "other-first":
        equal_own = count_above(scores[:, spans[own]], best_other - near, or_equal=True) - before
        equal_other = np.zeros(len(scores), dtype=np.int64)
        for code, (part, span) in enumerate(zip(best, spans, strict=True)):
            if code != own:
                equal_other += _count_equal(part, scores[:, span], best_other - near)
        # The first of m others among t equals stands at place (t + 1) / (m + 1) on average.
        before += equal_own if ties == "own-first" else equal_own / (equal_other + 1)
    return own_share, np.where(np.isneginf(best_other), 0, 1 + before)


def standing_of(asked: Asked, scores: Float32, k: int, ties: TieRule = "shared") -> Standing:
    """How queries stand in one list of all rows, by falling `scores` `(n_queries, n_rows)`."""
    own_share, first_other = bias_of(asked, scores, k, ties)
    apart = None if ties == "shared" else (asked.corpus.spans[asked.own], ties == "own-first")
    groups = tie_groups(scores, asked.asking, asked.found, asked.tolerance, apart=apart)
    return Standing(own_share, asked.chance, first_other, groups, asked.n_open)


def resampled_groups(
    scores: Float32, asking: Indices, found: Indices, tolerance: Tolerance, weight: Float32
) -> TieGroups:
    """`tie_groups` of parts of the corpus; ranks have a column a part.

    Args:
        scores: `(n_queries, n_rows)`.
        asking: `(n_relevant,)`, rising: the query of each relevant entry.
        found: `(n_relevant,)`, its row, which is in every part that counts for the query.
        tolerance: how near equal scores are.
        weight: `(n_rows, n_parts)`, 1 for a row of the part, else 0.
    """
    high, low = tie_levels(scores, asking, found, tolerance)
    groups = tie_groups(scores, asking, found, tolerance)
    levels = scores if groups.query.size == len(scores) else scores[groups.query]
    ahead = (levels > high[:, None]).astype(np.float32) @ weight
    size = np.broadcast_to(groups.size[:, None].astype(np.float32), ahead.shape).copy()
    tied = groups.size > groups.relevant
    if tied.any():
        size[tied] = (levels[tied] >= low[tied, None]).astype(np.float32) @ weight - ahead[tied]
    above, equal = (np.rint(part).astype(np.int64) for part in (ahead, size))
    return TieGroups(groups.n_queries, groups.query, above, equal, groups.relevant)


def resampled_list(asked: Asked, scores: Float32, k: int, kept: Mask) -> QueryFigures:
    """`Fusion.resampled` of one list of all rows, from scores that no part changes."""
    corpus, weight = asked.corpus, kept[asked.corpus.item].astype(np.float32)
    groups = resampled_groups(scores, asked.asking, asked.found, asked.tolerance, weight)
    n_own = weight[corpus.spans[asked.own]].sum(axis=0) - asked.n_excluded[:, None]
    found = QueryFigures(
        own_share=_own_share_of_parts(asked, scores, k, kept),
        expected_share=ratio(n_own, weight.sum(axis=0) - asked.n_excluded[:, None]),
        ndcg=ndcg_of(groups.all, groups.n_relevant, k),
        reciprocal_rank=groups.best.reciprocal_rank,
        hit=groups.best.hit(k),
    )
    asks = kept[asked.items]
    return QueryFigures(
        *(np.where(asks, getattr(found, field.name), np.nan) for field in fields(QueryFigures))
    )


def _own_share_of_parts(asked: Asked, scores: Float32, k: int, kept: Mask) -> Float64:
    """`(n_queries, n_parts)`: share of the top k of the queries' modality, in each part."""
    counts, n_found = head_of_parts(asked, scores, k, kept, [asked.corpus.spans[asked.own]])
    return ratio(counts[:, 0], n_found)


def count_above(scores: Float32, level: Float32, *, or_equal: bool = False) -> Indices:
    """`(n_queries,)`: how many entries of each row exceed (or reach) its level."""
    compare = np.greater_equal if or_equal else np.greater
    return count_true(compare(scores, level[:, None]))


def _count_equal(best: Float32, scores: Float32, level: Float32) -> Indices:
    """`(n_queries,)`: how many `scores` reach a level that only the best of them can.

    Args:
        best: `(n_queries, k)` largest of each row of `scores`, in no order.
        scores: `(n_queries, n)`.
        level: `(n_queries,)`.
    """
    count = (best >= level[:, None]).sum(axis=1)
    full = np.flatnonzero((count == best.shape[1]) & np.isfinite(level))
    if best.shape[1] < scores.shape[1]:
        count[full] = count_above(scores[full], level[full], or_equal=True)
    return np.asarray(count, dtype=np.int64)
