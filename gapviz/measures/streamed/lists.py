"""What a few queries get from an index that is read block by block.

The protocol is that of `evaluate_mixed` and `evaluate_cross` for items of one row a modality: the
mixed index of two modalities, and the index of the other one alone; left out is the row that asks.
A query's rank is counted while the blocks go by, since the score of its match is known before;
its first entries are kept. Memory is that of one block's scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.vectors import Float32, Indices
from gapviz.measures.retrieval.outcome import CrossOutcome, MixedOutcome
from gapviz.strategies.fusion.base import ndcg_of
from gapviz.strategies.fusion.heads import Head
from gapviz.strategies.fusion.ties import TOLERANCE, TieGroups, count_true

KEPT = 64
"""First entries of each modality that are kept; equal scores at the k-th place beyond so many are
not seen."""

MANY = 128
"""Entries of a block that are better than the last one kept, above which a query is sorted anew;
and so many queries at once."""


@dataclass(frozen=True, eq=False)
class AskingRows:
    """Queries of one modality."""

    items: Indices
    """`(n_queries,)` number of the row that asks, rising."""
    vectors: Float32
    """`(n_queries, dim)`, moved as queries are."""
    match_scores: Float32
    """`(n_queries,)`, with the item's row of the other modality."""


class Lists:
    """The lists of the queries of two modalities, as far as they have been read.

    Args:
        asking: the queries of either modality, in the order of the modalities.
    """

    def __init__(self, asking: tuple[AskingRows, AskingRows]) -> None:
        self._asking = asking
        self._vectors = np.concatenate([one.vectors for one in asking])
        n = len(self._vectors)
        ends = np.cumsum([one.items.size for one in asking])
        self._spans = [slice(0, int(ends[0])), slice(int(ends[0]), int(ends[1]))]
        match = np.concatenate([one.match_scores for one in asking])
        self._high = (match + np.float32(TOLERANCE))[:, None]
        self._low = (match - np.float32(TOLERANCE))[:, None]
        self._above = np.zeros((2, n), dtype=np.int64)
        self._reach = np.zeros((2, n), dtype=np.int64)
        self._heads = np.full((2, n, KEPT), -np.inf, dtype=np.float32)
        self._n_rows = [0, 0]

    def add(self, code: int, rows: Float32, numbers: Indices) -> None:
        """Search some more rows.

        Args:
            code: their modality, 0 or 1.
            rows: `(n, dim)`, moved as what is indexed.
            numbers: `(n,)`, rising: which items they are of.
        """
        scores = self._vectors @ rows.T
        own, items = self._spans[code], self._asking[code].items
        place = np.searchsorted(numbers, items)
        here = np.flatnonzero(place < numbers.size)
        here = here[numbers[place[here]] == items[here]]
        scores[own.start + here, place[here]] = -np.inf
        self._above[code] += count_true(scores > self._high)
        self._reach[code] += count_true(scores >= self._low)
        _keep_best(self._heads[code], scores)
        self._n_rows[code] += numbers.size

    def mixed(self, names: Sequence[str], k: int) -> dict[str, MixedOutcome]:
        """What the queries of each modality got from the index of both.

        The rank of the first entry of the other modality is not known (NaN): it would take
        another pass.
        """
        found = {}
        for code, name in enumerate(names):
            span, asked = self._spans[code], self._asking[code]
            n, n_open = asked.items.size, sum(self._n_rows) - 1
            groups = _groups(self._above[:, span].sum(axis=0), self._reach[:, span].sum(axis=0))
            best = groups.best
            found[name] = MixedOutcome(
                items=asked.items,
                groups=groups,
                best=best,
                n_entries=np.full(n, n_open),
                own_share=self._head(code, k).shares[:, code],
                expected_share=np.full(n, (self._n_rows[code] - 1) / n_open),
                first_other_rank=np.full(n, np.nan),
                ndcg=ndcg_of(groups.all, groups.n_relevant, k),
            )
        return found

    def cross(self, names: Sequence[str]) -> dict[tuple[str, str], CrossOutcome]:
        """What the queries of each modality got from the index of the other alone."""
        found = {}
        for code, name in enumerate(names):
            span, asked, other = self._spans[code], self._asking[code], 1 - code
            groups = _groups(self._above[other, span], self._reach[other, span])
            n_entries = np.full(asked.items.size, self._n_rows[other])
            found[name, names[other]] = CrossOutcome(asked.items, groups, groups.best, n_entries)
        return found

    def crowded(self, names: Sequence[str], k: int) -> Mapping[str, int]:
        """Queries of each modality that may have more equal scores at place `k` than were kept."""
        counts = {}
        for code, name in enumerate(names):
            heads = self._heads[:, self._spans[code]]
            last = np.sort(np.concatenate([*heads], axis=1), axis=1)[:, -k]
            counts[name] = int((heads.min(axis=2) >= last - 2 * TOLERANCE).any(axis=0).sum())
        return counts

    def _head(self, code: int, k: int) -> Head:
        """The first `k` of the mixed index, as `head_of` has them of scores in memory."""
        best = [*self._heads[:, self._spans[code]]]
        taken = np.full(len(best[0]), min(k, sum(self._n_rows) - 1))
        falling = -np.sort(-np.concatenate(best, axis=1), axis=1)
        last = np.take_along_axis(falling, taken[:, None] - 1, axis=1)
        high, low = last + np.float32(TOLERANCE), last - np.float32(TOLERANCE)
        above = np.stack([(part > high).sum(axis=1) for part in best], axis=1)
        level = np.stack([((part >= low) & (part <= high)).sum(axis=1) for part in best], axis=1)
        return Head(taken, above, level, code, "shared")


def _groups(above: Indices, reach: Indices) -> TieGroups:
    """One match a query, among its equals."""
    n = above.size
    one = np.ones(n, dtype=np.int64)
    return TieGroups(n, np.arange(n), above, np.maximum(reach - above, 1), one)


def _keep_best(head: Float32, scores: Float32) -> None:
    """Put what is better of `scores` `(n_queries, n)` into `head` `(n_queries, KEPT)`."""
    better = scores > head.min(axis=1)[:, None]
    counts = count_true(better)
    # Where much is better, as in the first block, all is looked at, some queries at a time.
    many = np.flatnonzero(counts > MANY)
    for start in range(0, many.size, MANY):
        some = many[start : start + MANY]
        among = np.concatenate([head[some], scores[some]], axis=1)
        head[some] = np.partition(among, -KEPT, axis=1)[:, -KEPT:]
    few = np.flatnonzero((counts > 0) & (counts <= MANY))
    if few.size:
        query, column = np.nonzero(better[few])
        counts = counts[few]
        place = np.arange(query.size) - (np.cumsum(counts) - counts)[query]
        among = np.full((few.size, KEPT + int(counts.max())), -np.inf, dtype=np.float32)
        among[:, :KEPT] = head[few]
        among[query, KEPT + place] = scores[few[query], column]
        head[few] = np.partition(among, -KEPT, axis=1)[:, -KEPT:]
