"""Disjoint ranked lists as one, and what their equal scores count as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import product
from typing import Any, TypeVar, get_args

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.pairs import runs
from gapviz.core.parameter import Parameter
from gapviz.core.vectors import Float64, Indices, Mask, read_only
from gapviz.strategies.fusion.heads import chance_of_any
from gapviz.strategies.fusion.ties import (
    PLACES_TOLD_APART,
    Places,
    TieGroups,
    TieRule,
    first_places,
)

Part = TypeVar("Part", Places, TieGroups)

# Fused scores are sums of a few reciprocals; relatively nearer than this they are one number.
SAME_SCORE = 1e-12

# What is less likely is left by the rounding of chances that add up to 1.
NO_CHANCE = 1e-12

TIES = Parameter(
    "ties",
    "Equal scores",
    "choice",
    "shared",
    "what equal fused scores count as: of equal weights they tie at every rank, by min-max at the "
    "top, by DBSF beyond 3σ, and with them the rank of the match; one modality first shows the "
    "ends of what ties can do",
    choices={
        "shared": "every order alike",
        "own-first": "the query's modality first",
        "other-first": "the other modality first",
    },
)

TURN_WORDS: dict[TieRule, str] = {
    "shared": "the query's modality is first at the best rank, another at the next, and so on",
    "own-first": "the query's modality is first",
    "other-first": "the query's modality is last",
}
TURN_CODE: dict[TieRule, str] = {
    "shared": "2 * place + (place + (name != modality)) % 2",
    "own-first": "int(name != modality)",
    "other-first": "int(name == modality)",
}


def tie_turns(is_own: Mask, place: Indices, ties: TieRule) -> Indices:
    """Which of equal fused scores a list shows first, `(n,)`: the lower number.

    No list is ever shown out of its own order.

    Args:
        is_own: `(n,)`, whether an entry has the query's modality.
        place: `(n,)`, its place in its list, from 0.
        ties: where every order counts alike, the modalities take turns, rank by rank.
    """
    turn = {
        "shared": 2 * place + (place + ~is_own) % 2,
        "own-first": ~is_own,
        "other-first": is_own,
    }[ties]
    return np.asarray(turn, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class ListGroups:
    """The `TieGroups` of several lists, `(n_groups,)` each."""

    n_queries: int
    which: Indices
    """List."""
    query: Indices
    """Who asks."""
    ahead: Indices
    """Entries of the list that score higher."""
    size: Indices
    """Entries of this score."""
    relevant: Indices
    """Relevant ones among them."""

    @classmethod
    def of(cls, lists: Sequence[TieGroups]) -> ListGroups:
        """The groups of lists in their order, one or more of them."""
        which = np.repeat(np.arange(len(lists)), [one.query.size for one in lists])
        query, ahead, size, relevant = (
            np.concatenate([getattr(one, name) for one in lists])
            for name in ("query", "ahead", "size", "relevant")
        )
        return cls(lists[0].n_queries, which, query, ahead, size, relevant)

    def take(self, groups: Indices) -> ListGroups:
        """Some of them."""
        return ListGroups(
            self.n_queries,
            self.which[groups],
            self.query[groups],
            self.ahead[groups],
            self.size[groups],
            self.relevant[groups],
        )


@dataclass(frozen=True, eq=False)
class Merged:
    """Disjoint ranked lists as one: fused scores depend on list and place alone."""

    order: Indices
    """`(Σ lengths, 2)` rows of (list, place), as shown; places count from 0."""
    ahead: Indices
    """`(Σ lengths,)`, list by list: entries of a higher fused score; those that count as one."""
    size: Indices
    """`(Σ lengths,)`: entries of the same."""
    starts: Indices
    """`(n_lists,)`: where each list begins in both."""

    def share(self, code: int, k: int) -> float:
        """Share of the first k that comes from list `code`; equals share the room they have."""
        which = self.order[:, 0] == code
        at = self.starts[self.order[:, 0]] + self.order[:, 1]
        taken = min(k, len(self.order))
        room = np.clip(taken - self.ahead[at], 0, self.size[at]) / self.size[at]
        return float((room * which).sum() / taken)

    def hit(self, code: int, k: int) -> float:
        """Chance that one of the first k comes from list `code`."""
        of_list = self.order[:, 0] == code
        if not of_list.any():
            return 0.0
        at = self.starts[self.order[:, 0]] + self.order[:, 1]
        ahead = self.ahead[at]
        first = ahead[of_list].min()
        equals = ahead == first
        room = np.array(np.clip(k - first, 0, equals.sum()))
        wanted, n = (np.array(one.sum()) for one in (equals & of_list, equals))
        return float(chance_of_any(room, wanted, n))

    def first_other(self, own: int) -> float:
        """Mean rank of the first entry that is not from list `own`; 0 without any."""
        other = self.order[:, 0] != own
        if not other.any():
            return 0.0
        at = self.starts[self.order[:, 0]] + self.order[:, 1]
        ahead = self.ahead[at][other].min()
        equals = self.ahead[at] == ahead
        return float(ahead + (equals.sum() + 1) / ((equals & other).sum() + 1))

    def reach(self, which: Indices, ahead: Indices, size: Indices) -> tuple[Indices, Indices]:
        """Entries ahead of groups of equals in their lists, and up to their last place."""
        first = self.starts[which] + ahead
        last = first + size - 1
        return self.ahead[first], self.ahead[last] + self.size[last]

    def one_by_one(self, groups: ListGroups) -> TieGroups:
        """Every relevant entry as a group: ahead of it what stands there where the relevant ones
        win all ties, and its size what lies between that and where they lose them.
        """
        of, inside = runs(np.zeros_like(groups.relevant), groups.relevant)
        won = self.starts[groups.which[of]] + groups.ahead[of] + inside
        lost = won + (groups.size - groups.relevant)[of]
        ahead, end = self.ahead[won], self.ahead[lost] + self.size[lost]
        order = np.lexsort((ahead, groups.query[of]))
        return TieGroups(
            groups.n_queries,
            groups.query[of][order],
            ahead[order],
            (end - ahead)[order],
            np.ones_like(order),
        )

    def every(self, groups: ListGroups) -> Places:
        """Where the relevant entries may stand, `(n_groups,)` each."""
        of, begin, equals, share = self._told_apart(groups.which, groups.ahead, groups.size)
        return Places(
            groups.n_queries, groups.query[of], begin, equals, groups.relevant[of] * share
        )

    def best(self, groups: ListGroups) -> Places:
        """Where the best relevant entry of each query may stand.

        Each list has its first relevant entry at one of some places, with a chance; where those
        of several lists may be the best, or several share a score, all cases are added up.
        """
        groups = groups.take(np.lexsort((groups.ahead, groups.which, groups.query)))
        which, query, ahead, size, relevant = (
            groups.which, groups.query, groups.ahead, groups.size, groups.relevant
        )  # fmt: skip
        leads = np.ones(query.size, dtype=np.bool_)
        leads[1:] = (query[1:] != query[:-1]) | (which[1:] != which[:-1])
        first = np.flatnonzero(leads)
        together = np.ones(first.size, dtype=np.int64)
        # A list of weight 0 is one score, which all its relevant entries have.
        ends = np.append(self.starts[1:], len(self.order)) - 1
        same = (ends > self.starts) & (self.size[np.minimum(self.starts, ends)] > 1)
        same &= self.ahead[np.minimum(self.starts, ends)] == self.ahead[ends]
        in_same = same[which[first]]
        together[in_same] = np.add.reduceat(relevant, first)[in_same]
        which, query = which[first], query[first]
        ahead = np.where(in_same, 0, ahead[first])
        size, relevant = (np.where(in_same, 1, part[first]) for part in (size, relevant))
        # What stands behind all that another list may have is no case.
        begin, end = self.reach(which, ahead, size)
        _, start, owner = np.unique(query, return_index=True, return_inverse=True)
        near = np.flatnonzero(begin < np.minimum.reduceat(end, start)[owner])
        lists = np.bincount(query[near], minlength=groups.n_queries)
        group, place, width, chance = first_places(size[near], relevant[near])
        group = near[group]
        part, begin, equals, share = self._told_apart(which[group], ahead[group] + place, width)
        group, chance = group[part], chance[part] * share
        cases = _Cases(query[group], which[group], begin, equals, together[group], chance)
        in_order = np.argsort(cases.query, kind="stable")
        several = in_order[lists[cases.query[in_order]] > 1]
        found = [cases.take(in_order[lists[cases.query[in_order]] <= 1])]
        _, starts = np.unique(cases.query[several], return_index=True)
        found += [cases.take(one).first_of_lists() for one in np.split(several, starts)[1:]]
        return by_query(Places, [one.places(groups.n_queries) for one in found], groups.n_queries)

    def _told_apart(
        self, which: Indices, at: Indices, width: Indices
    ) -> tuple[Indices, Indices, Indices, Float64]:
        """Places of ranges of the lists, as ranks of the whole.

        Returns:
            `(n_places,)` each: the number of the range, entries ahead, equals, and the chance
            of the place.
        """
        # Of very many equals all places together are one range.
        long = np.flatnonzero(width > PLACES_TOLD_APART)
        begin, end = self.reach(which[long], at[long], width[long])
        of, inside = runs(np.zeros_like(width), np.where(width > PLACES_TOLD_APART, 0, width))
        told = self.starts[which[of]] + at[of] + inside
        return (
            np.concatenate([of, long]),
            np.concatenate([self.ahead[told], begin]),
            np.concatenate([self.size[told], end - begin]),
            np.concatenate([1 / width[of], np.ones(long.size)]),
        )


@dataclass(frozen=True, eq=False)
class _Cases:
    """Where the first relevant entries of lists may stand, `(n_cases,)` each."""

    query: Indices
    which: Indices
    """List."""
    ahead: Indices
    """Entries of a higher score."""
    size: Indices
    """Entries of the same."""
    relevant: Indices
    """Relevant ones among them that the list has."""
    chance: Float64

    def take(self, which: Indices) -> _Cases:
        return _Cases(*(getattr(self, one.name)[which] for one in fields(self)))

    def first_of_lists(self) -> _Cases:
        """Where the first of all lists may stand, of the cases of one query."""
        ahead, first, column = np.unique(self.ahead, return_index=True, return_inverse=True)
        lists, row = np.unique(self.which, return_inverse=True)
        here, relevant = np.zeros((2, lists.size, ahead.size))
        np.add.at(here, (row, column), self.chance)
        relevant[row, column] = self.relevant
        later = np.maximum(1 - np.cumsum(here, axis=1), 0)
        found = []
        for present in product((False, True), repeat=lists.size):
            has = np.array(present)[:, None]
            chance = np.where(has, here, later).prod(axis=0)
            known = np.flatnonzero((chance > NO_CHANCE) & has.any())
            count = np.where(has, relevant, 0).sum(axis=0)[known].astype(np.int64)
            found.append((ahead[known], self.size[first[known]], count, chance[known]))
        places, sizes, counts, chances = map(np.concatenate, zip(*found, strict=True))
        same = np.full(places.size, self.query[0])
        return _Cases(same, np.zeros_like(same), places, sizes, counts, chances)

    def places(self, n_queries: int) -> Places:
        """Every case with the places of the first of its equals."""
        of, place, width, chance = first_places(self.size, self.relevant)
        return Places(
            n_queries, self.query[of], self.ahead[of] + place, width, self.chance[of] * chance
        )


def by_query(kind: type[Part], parts: Sequence[Part], n_queries: int) -> Part:
    """What disjoint sets of queries have, as one, by rising query."""
    nothing = np.zeros(0, dtype=np.int64)
    order = np.argsort(np.concatenate([nothing, *(part.query for part in parts)]), kind="stable")
    columns: list[Any] = []
    for column in fields(kind)[1:]:
        values: list[Any] = [getattr(part, column.name) for part in parts]
        columns.append(np.concatenate([nothing, *values])[order])
    return kind(n_queries, *columns)


@lru_cache(maxsize=64)
def interleaving(
    lengths: tuple[int, ...], weights: tuple[float, ...], own: int, offset: float, ties: TieRule
) -> Merged:
    """The one order of disjoint ranked lists, the same for every query.

    Args:
        lengths: of each list.
        weights: of each list.
        own: which of them has the query's modality; −1 for none.
        offset: k + rank base: an entry's score is its list's weight / (offset + place).
        ties: what equal scores count as.
    """
    which = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    place = np.concatenate([np.arange(length, dtype=np.int64) for length in lengths])
    score = np.asarray(weights, dtype=np.float64)[which] / (offset + place)
    level = levels_of(score)
    order = np.lexsort((place, which, tie_turns(which == own, place, ties), level))
    if ties == "shared":
        size = np.bincount(level)
        ahead, size = (np.cumsum(size) - size)[level], size[level]
    else:
        ahead, size = np.empty_like(level), np.ones_like(level)
        ahead[order] = np.arange(order.size)
    return Merged(
        read_only(np.stack([which[order], place[order]], axis=1)),
        read_only(ahead),
        read_only(size),
        read_only(np.cumsum([0, *lengths[:-1]])),
    )


def refuse_bad_ties(ties: str, where: str) -> None:
    if ties not in get_args(TieRule):
        raise GapvizError(
            f"unknown tie rule {ties!r}",
            where=where,
            hint=f"choose {' or '.join(get_args(TieRule))}",
        )


def levels_of(scores: Float64) -> Indices:
    """`(n,)` 0 for the highest of `scores` `(n,)`, 1 for the next, …; equal ones share a level.

    Equal is relative: 1/(k + rank) and its neighbour come arbitrarily close as k grows.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    lower = falling[:-1] - falling[1:] > SAME_SCORE * falling[:-1]
    levels = np.empty(scores.size, dtype=np.int64)
    levels[order] = np.concatenate([[0], np.cumsum(lower)])[: scores.size]
    return levels
