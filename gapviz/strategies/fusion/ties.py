"""Equal scores in a ranked list: a figure is its mean over all orders of the equals.

An order of equal scores that nobody chose (that of the rows, say) would decide the figure. Of t
entries of one score that stand behind r others, one relevant among them has each of the places
r + 1 … r + t with the same chance, so that hit rate, reciprocal rank and discounted gain are means
over those places (McSherry & Najork 2008, "Computing Information Retrieval Performance Measures
Efficiently in the Presence of Tied Scores"). Without ties all are what they always are.

Scores count as equal where they are nearer than the rounding of a product in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from gapviz.core.lazy import cached_property
from gapviz.core.pairs import runs
from gapviz.core.vectors import Float32, Float64, Indices, Mask, read_only

TOLERANCE = 1e-6
"""Cosines no further apart are equal: float32 products of equal rows differ by up to 4e-7."""

TIE_RULE = (
    f"scores no further apart than {TOLERANCE:g} of a cosine are equal; every figure is its mean "
    "over all orders of equal scores"
)
"""In words."""

# Above so many relevant entries a query, sorting all scores is faster than counting for each.
FEW_RELEVANT = 8

# Places of the best of several equals that are told apart; what lies behind is one range.
PLACES_TOLD_APART = 4_096

TieRule = Literal["shared", "own-first", "other-first"]
"""What equal scores of two modalities count as: each order alike; or the query's own modality,
or another's, always first: the two ends of what ties can do."""

Tolerance = float | Float32
"""How near equal scores are: one for all queries, or `(n_queries,)`."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where entries may stand: any of `size` places behind `ahead` others, each alike.

    All of `(n_places,)`, by rising query; `ahead` and `size` may have further columns, one a
    resample of the corpus.
    """

    n_queries: int
    query: Indices
    ahead: Indices
    size: Indices
    weight: Float64
    """How often: the chance of one of several cases, or the number of entries. It may have the
    further columns, too."""

    def mean(self, worth: Float64) -> Float64:
        """Σ weight × mean worth of the places, by query `(n_queries, …)`; NaN without any.

        Args:
            worth: `(n + 1,)` sums of what the places 1 … i of a list are worth, from i = 0.
        """
        size = np.maximum(self.size, 1)
        gain = (worth[self.ahead + size] - worth[self.ahead]) / size
        weight = self.weight.reshape(*self.weight.shape, *[1] * (gain.ndim - self.weight.ndim))
        total = np.full((self.n_queries, *gain.shape[1:]), np.nan)
        if self.query.size:
            known, first = np.unique(self.query, return_index=True)
            total[known] = np.add.reduceat(gain * weight, first, axis=0)
        return total

    @property
    def last_place(self) -> int:
        """The last place that any of them may have."""
        return int((self.ahead + np.maximum(self.size, 1)).max(initial=0))

    def hit(self, k: int) -> Float64:
        """Chance of a place within the first `k`."""
        return self.mean(np.minimum(np.arange(self.last_place + 1.0), k))

    @property
    def reciprocal_rank(self) -> Float64:
        """Mean of 1 / place."""
        return self.mean(_sums_of_reciprocals(_rounded_up(self.last_place)))

    def gain(self, k: int) -> Float64:
        """Discounted gain Σ 1 / log2(1 + place) of the places within the first `k`."""
        return self.mean(_sums_of_discounts(_rounded_up(self.last_place), k))

    @property
    def rank(self) -> Float64:
        """Mean place, from 1."""
        return self.mean(np.cumsum(np.arange(self.last_place + 1.0)))


def joined(parts: Sequence[Places]) -> Places:
    """The places of blocks of queries, one block behind the other."""
    starts = np.cumsum([0, *(part.n_queries for part in parts)])
    moved = [
        [part.query + start, part.ahead, part.size, part.weight]
        for part, start in zip(parts, starts, strict=False)
    ]
    query, ahead, size, weight = (np.concatenate(columns) for columns in zip(*moved, strict=True))
    return Places(int(starts[-1]), query, ahead, size, weight)


@dataclass(frozen=True, eq=False)
class TieGroups:
    """Entries of one score, wherever one of them is relevant; by query, best first.

    All of `(n_groups,)`; a score that nothing else has is a group of one.
    """

    n_queries: int
    query: Indices
    """Rising."""
    ahead: Indices
    """Entries that score higher."""
    size: Indices
    """Entries of this score."""
    relevant: Indices
    """Relevant ones among them."""

    @property
    def n_relevant(self) -> Indices:
        """`(n_queries,)`."""
        count = np.zeros(self.n_queries, dtype=np.int64)
        np.add.at(count, self.query, self.relevant)
        return count

    @cached_property
    def leading(self) -> TieGroups:
        """The best group of each query."""
        _, first = np.unique(self.query, return_index=True)
        return TieGroups(
            self.n_queries,
            self.query[first],
            self.ahead[first],
            self.size[first],
            self.relevant[first],
        )

    @cached_property
    def ends(self) -> tuple[Indices, Indices]:
        """`(n_queries,)` each: the place of the best relevant entry where it wins all ties, and
        where it loses them; 0 where there is none.
        """
        query, first = np.unique(self.query, return_index=True)
        won, lost = np.zeros((2, self.n_queries), dtype=np.int64)
        if query.size:
            won[query] = self.ahead[first] + 1
            lost[query] = np.minimum.reduceat(self.ahead + self.size - self.relevant, first) + 1
        return won, lost

    @property
    def tied(self) -> Mask:
        """`(n_queries,)`: whether an entry that is not relevant scores as the best relevant one."""
        won, lost = self.ends
        return lost > won

    def at_end(self, *, won: bool) -> Places:
        """Of every relevant entry where it wins all ties, or loses them."""
        ahead = self.ahead if won else self.ahead + self.size - self.relevant
        owner, place = runs(ahead, self.relevant)
        one = np.ones(owner.size)
        return Places(self.n_queries, self.query[owner], place, one.astype(np.int64), one)

    @property
    def all(self) -> Places:
        """Of every relevant entry."""
        weight = self.relevant.astype(np.float64)
        return Places(self.n_queries, self.query, self.ahead, self.size, weight)

    @property
    def best(self) -> Places:
        """Of the best relevant entry of each query.

        Of m relevant among t equals the first stands at place j with chance
        C(t − j, m − 1) / C(t, m).
        """
        lead = self.leading
        if (lead.relevant == 1).all():
            one = np.ones(lead.ahead.shape)
            return Places(self.n_queries, lead.query, lead.ahead, lead.size, one)
        owner, place, width, chance = first_places(lead.size, lead.relevant)
        ahead = lead.ahead[owner] + place.reshape(-1, *[1] * (lead.ahead.ndim - 1))
        return Places(self.n_queries, lead.query[owner], ahead, width, chance)


def first_places(size: Indices, relevant: Indices) -> tuple[Indices, Indices, Indices, Float64]:
    """Where the first of `relevant` `(n,)` entries stands among `size` equals, `(n,)`, or
    `(n, n_parts)` in parts of the corpus.

    Returns:
        The number of the group and the entries ahead, `(n_places,)`; how many places from there
        are alike, and the chance, `(n_places,)`, or `(n_places, n_parts)`.
    """
    # Half a second that an import of gapviz need not pay.
    from scipy.special import gammaln

    most = size if size.ndim == 1 else size.max(axis=1)
    possible = np.where(relevant == 1, 1, np.maximum(most - relevant + 1, 1))
    told = np.minimum(possible, PLACES_TOLD_APART)
    owner, place = runs(np.zeros_like(told), told)
    column = (-1, *[1] * (size.ndim - 1))
    t, m = size[owner], relevant[owner].reshape(column)
    left = t - place.reshape(column) - 1
    log_chance = (
        gammaln(np.maximum(left, 0) + 1) - gammaln(m) - gammaln(np.maximum(left - m, -1) + 2)
        - gammaln(t + 1) + gammaln(m + 1) + gammaln(np.maximum(t - m, 0) + 1)
    )  # fmt: skip
    chance = np.where(m == 1, 1.0, np.where(left >= m - 1, np.exp(log_chance), 0.0))
    width = np.where(m == 1, t, 1)
    # The rest of a long group, as one range.
    rest = np.flatnonzero(told < possible)
    known = np.add.reduceat(chance, np.cumsum(told) - told, axis=0)[rest]
    behind = size[rest] - (relevant + told)[rest].reshape(column) + 1
    owner, place = np.concatenate([owner, rest]), np.concatenate([place, told[rest]])
    width = np.concatenate([width, np.maximum(behind, 1)])
    chance = np.concatenate([chance, np.maximum(1 - known, 0)])
    order = np.argsort(owner, kind="stable")
    return owner[order], place[order], width[order], chance[order]


def tie_groups(
    scores: Float32,
    query: Indices,
    column: Indices,
    tolerance: Tolerance = TOLERANCE,
    *,
    apart: tuple[slice, bool] | None = None,
) -> TieGroups:
    """The groups that hold a relevant entry.

    Relevant entries of one query make one group where each is equal to the next.

    Args:
        scores: `(n_queries, n)`, none of them NaN.
        query: `(n_relevant,)`, rising: the query of each relevant entry.
        column: `(n_relevant,)`, its column.
        tolerance: how near equal scores are.
        apart: columns, none of them relevant, that stand before (True) or behind all others of
            their score.
    """
    high, low, first, count = _levels(scores, query, column, tolerance)
    counts = _sorted_counts if high.size > FEW_RELEVANT * len(scores) else _row_counts
    ahead, reach = counts(scores, query[first], high, low)
    size = reach - ahead
    if apart is not None:
        columns, before = apart
        above, reach = counts(scores[:, columns], query[first], high, low)
        size -= reach - above
        ahead += (reach - above) * before
    return TieGroups(len(scores), query[first], ahead, size, count)


def tie_levels(
    scores: Float32, query: Indices, column: Indices, tolerance: Tolerance = TOLERANCE
) -> tuple[Float32, Float32]:
    """The score that entries ahead of each of the `tie_groups` exceed, and the one that entries
    of it reach, `(n_groups,)` each.
    """
    return _levels(scores, query, column, tolerance)[:2]


def _levels(
    scores: Float32, query: Indices, column: Indices, tolerance: Tolerance
) -> tuple[Float32, Float32, Indices, Indices]:
    """`tie_levels`, the first relevant entry of each group, and how many it has."""
    found = scores[query, column]
    found = found[np.lexsort((-found, query))]
    near = np.broadcast_to(np.asarray(tolerance, dtype=np.float32), (len(scores),))[query]
    begins = np.ones(query.size, dtype=np.bool_)
    begins[1:] = (query[1:] != query[:-1]) | (found[:-1] - found[1:] > near[1:])
    first = np.flatnonzero(begins)
    last = np.append(first, query.size)[1:] - 1
    return found[first] + near[first], found[last] - near[last], first, last - first + 1


def _row_counts(
    scores: Float32, query: Indices, high: Float32, low: Float32
) -> tuple[Indices, Indices]:
    """How many entries of its query's row exceed `high`, and reach `low`, each `(n_groups,)`."""
    rows = scores if np.array_equal(query, np.arange(len(scores))) else scores[query]
    return count_true(rows > high[:, None]), count_true(rows >= low[:, None])


def count_true(mask: Mask) -> Indices:
    """`(n_rows,)`: true entries of each row; as bits, many times as fast as a sum over an axis."""
    bits: Indices = np.bitwise_count(np.packbits(mask, axis=1)).sum(axis=1, dtype=np.int64)
    return bits


def _sorted_counts(
    scores: Float32, query: Indices, high: Float32, low: Float32
) -> tuple[Indices, Indices]:
    """As `_row_counts`, by one search in all rows sorted."""
    n_queries, n = scores.shape
    codes = _in_order(scores)
    codes.sort(axis=1)
    # With its number before each row, all rows together rise, and one search finds all.
    start = np.arange(n_queries, dtype=np.uint64) << np.uint64(32)
    everything = np.bitwise_or(start[:, None], codes).ravel()
    ends = (query + 1) * n
    above = np.searchsorted(everything, np.bitwise_or(start[query], _in_order(high)), side="right")
    reach = np.searchsorted(everything, np.bitwise_or(start[query], _in_order(low)), side="left")
    return (ends - above).astype(np.int64), (ends - reach).astype(np.int64)


def _in_order(scores: Float32) -> npt.NDArray[np.uint32]:
    """Whole numbers in the order of the scores, equal where those are equal."""
    # Adding 0 makes one zero of both.
    bits = (scores.astype(np.float32, copy=False) + np.float32(0)).view(np.uint32)
    negative = bits >> np.uint32(31) == 1
    return bits ^ np.where(negative, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))


def _rounded_up(n: int) -> int:
    """A power of two, so that few tables are made."""
    return 1 << max(n, 1).bit_length()


@lru_cache(maxsize=8)
def _sums_of_reciprocals(n: int) -> Float64:
    return read_only(np.concatenate([[0.0], np.cumsum(1 / np.arange(1, n + 1))]))


@lru_cache(maxsize=8)
def _sums_of_discounts(n: int, k: int) -> Float64:
    places = np.arange(1, n + 1)
    return read_only(
        np.concatenate([[0.0], np.cumsum(np.where(places <= k, 1 / np.log2(1 + places), 0.0))])
    )


def joined_groups(parts: Sequence[TieGroups]) -> TieGroups:
    """The groups of blocks of queries, one block behind the other."""
    starts = np.cumsum([0, *(part.n_queries for part in parts)])
    rows = zip(
        *(
            [part.query + start, part.ahead, part.size, part.relevant]
            for part, start in zip(parts, starts, strict=False)
        ),
        strict=True,
    )
    query, ahead, size, relevant = map(np.concatenate, rows)
    return TieGroups(int(starts[-1]), query, ahead, size, relevant)
