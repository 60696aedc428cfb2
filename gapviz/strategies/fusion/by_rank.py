"""One list a modality, fused by rank, with everything that usually hides made explicit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import product
from typing import Any, get_args

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.pairs import runs
from gapviz.core.parameter import Parameter
from gapviz.core.python_source import literal
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, read_only
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing
from gapviz.strategies.fusion.counting import head, matching, place
from gapviz.strategies.fusion.ties import (
    PLACES_TOLD_APART,
    Places,
    TieGroups,
    TieRule,
    first_places,
    tie_groups,
)

# Fused scores are sums of a few reciprocals; relatively nearer than this they are one number.
SAME_SCORE = 1e-12

# What is less likely is left by the rounding of chances that add up to 1.
NO_CHANCE = 1e-12

# Beyond it the ranks of a long list drown in the rounding of k + rank.
LARGEST_K = 1e6

RRF_K = Parameter(
    "rrf_k",
    "k of rank fusion",
    "number",
    60.0,
    "weight / (k + rank): a larger k flattens the difference of ranks; over disjoint lists with "
    "equal weights it changes nothing",
    symbol="k",
    low=0.0,
    high=LARGEST_K,
)
WEIGHTS = Parameter(
    "weights",
    "Weight of a modality's list",
    "weights",
    (),
    "weight of a modality's list in rank fusion, 1 where not given",
    low=0.0,
    high=10.0,
    step=0.1,
    flag="--weight",
)
RANK_BASE = Parameter(
    "rank_base",
    "Rank of the best",
    "count",
    1,
    "rank of the best entry of a list: 1 in the paper, 0 in Qdrant, whose k = 61 is this 60",
    low=0,
    high=1,
)
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

_MERGE = '''

K, RANK_BASE = {k}, {rank_base}
WEIGHTS = {weights}


def list_order(modality):
    """Modalities in the order in which an engine that fuses is given their lists."""
    return sorted(MODALITIES, key=lambda name: name {sign}= modality)


def merge(lists, modality):
    """Fuse {{modality: [(key, cosine), best first]}} by rank, as [(key, score)]."""
    scores = []
    for name in MODALITIES:
        for place, (key, _) in enumerate(lists.get(name, [])):
            # Of equal scores: {first}.
            turn = {turn}
            scores.append((key, WEIGHTS[name] / (K + RANK_BASE + place), turn))
    scores.sort(key=lambda entry: (-entry[1], entry[2]))
    return [(key, score) for key, score, _ in scores]
'''


@dataclass(frozen=True, slots=True)
class RankFusion(Fusion):
    """Σ over lists of weight / (k + rank) (Cormack, Clarke & Büttcher 2009).

    Raises:
        GapvizError: k, a weight or the rank base out of range.
    """

    k: float = 60.0
    """Damping constant; Cormack's 60. Larger values flatten the difference of ranks."""
    weights: tuple[tuple[str, float], ...] = field(default=())
    """Weight of each modality's list by name; 1 where not named."""
    rank_base: int = 1
    """Rank of the best entry: 1 in the paper, 0 in Qdrant (whose k = 61 is this 60)."""
    ties: TieRule = "shared"

    def __post_init__(self) -> None:
        if self.rank_base not in (0, 1):
            raise GapvizError("the rank base must be 0 or 1", where="rank fusion")
        if not 0 <= self.k <= LARGEST_K or self.k + self.rank_base <= 0:
            raise GapvizError(
                f"k = {self.k:g} is out of range",
                where="rank fusion",
                hint=f"choose a number above 0 (60 is usual), at most {LARGEST_K:,.0f}",
            )
        refuse_bad_ties(self.ties, "rank fusion")
        for modality, weight in self.weights:
            if not np.isfinite(weight) or weight < 0:
                raise GapvizError(
                    f"the weight {weight:g} of {modality} is out of range",
                    where="rank fusion",
                    hint="choose a number of 0 or more",
                )

    def weight(self, modality: str) -> float:
        """Weight of the list of `modality`."""
        return dict(self.weights).get(modality, 1.0)

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        codes = range(len(corpus.names))
        by_modality = [np.flatnonzero(open_rows & (corpus.modality == code)) for code in codes]
        merged = self._merged(corpus, [rows.size for rows in by_modality], own)
        top = merged.order[:k]
        # The first k of all are among the first k of each.
        lists = [head([scores], rows, k) for rows in by_modality]
        rows = [int(lists[which][at]) for which, at in top]
        weights = np.array([self.weight(name) for name in corpus.names])
        fused = weights[top[:, 0]] / (self.k + self.rank_base + top[:, 1])
        rank, match = None, None
        for row in matching(corpus, item, own, open_rows):
            which = int(corpus.modality[row])
            at = place([scores], by_modality[which], row)
            stands = int(np.flatnonzero((merged.order == (which, at)).all(axis=1))[0]) + 1
            if rank is None or stands < rank:
                rank, match = stands, row
        return Ranked(np.array(rows, dtype=np.int64), fused, rank, match)

    def standing(self, asked: Asked, k: int) -> Standing:
        corpus, scores, found = asked.corpus, asked.scores, asked.found
        own_share = np.full(len(scores), np.nan)
        first_other = np.zeros(len(scores))
        groups: list[Indices] = []
        for code, span in enumerate(corpus.spans):
            here = corpus.modality[found] == code
            columns = found[here] - span.start
            one = tie_groups(scores[:, span], asked.asking[here], columns, asked.tolerance)
            groups.append(
                np.stack(
                    [np.full_like(one.query, code), one.query, one.ahead, one.size, one.relevant]
                )
            )
        which, query, ahead, size, relevant = np.concatenate(groups, axis=1)
        one_by_one = [np.zeros((3, 0), dtype=np.int64)]
        every: list[Places] = []
        best: list[Places] = []
        for left_out in np.unique(asked.n_excluded):
            those = asked.n_excluded == left_out
            lengths = [span.stop - span.start for span in corpus.spans]
            lengths[asked.own] -= int(left_out)
            merged = self._merged(corpus, lengths, asked.own)
            if len(merged.order):
                own_share[those] = merged.own_share(asked.own, k)
                first_other[those] = merged.first_other(asked.own)
            mine = np.flatnonzero(those[query])
            if mine.size:
                group = (which[mine], query[mine], ahead[mine], size[mine], relevant[mine])
                one_by_one.append(merged.one_by_one(*group))
                every.append(merged.every(*group, len(scores)))
                best.append(merged.best(*group, len(scores)))
        of, begin, end = np.concatenate(one_by_one, axis=1)
        in_order = np.lexsort((begin, of))
        return Standing(
            own_share,
            asked.chance,
            first_other,
            TieGroups(
                len(scores),
                of[in_order],
                begin[in_order],
                (end - begin)[in_order],
                np.ones_like(of),
            ),
            asked.n_open,
            (_by_query(every, len(scores)), _by_query(best, len(scores))),
        )

    def _merged(self, corpus: Rows, lengths: Sequence[int], own: int) -> Merged:
        weights = tuple(self.weight(name) for name in corpus.names)
        return interleaving(tuple(map(int, lengths)), weights, own, self)

    @property
    def serving(self) -> Serving:
        return "ranks"

    @property
    def plain(self) -> dict[str, Any]:
        return {
            "method": "rrf",
            "k": self.k,
            "weights": dict(self.weights),
            "rank_base": self.rank_base,
            "ties": self.ties,
        }

    def merge_code(self, modalities: Sequence[str]) -> str:
        return _MERGE.format(
            sign="=" if self.ties == "other-first" else "!",
            first=TURN_WORDS[self.ties],
            turn=TURN_CODE[self.ties],
            **self.code(modalities),
        )

    def code(self, modalities: Sequence[str]) -> dict[str, str]:
        """Its numbers as Python source."""
        return {
            "k": repr(self.k),
            "rank_base": str(self.rank_base),
            "weights": literal({name: float(self.weight(name)) for name in modalities}),
        }

    def described(self, detail: str) -> str:
        silent = bool(self.weights) and not any(weight for _, weight in self.weights)
        note = " Every score is 0: only the order of equal scores ranks." if silent else ""
        return f"One list a modality; {self.numbers}.{note}"

    @property
    def numbers(self) -> str:
        """K and the weights, in words."""
        weights = " : ".join(f"{weight:g}" for _, weight in self.weights)
        return f"k = {self.k:g}" + (f", weights {weights}" if weights else "")


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

    def own_share(self, own: int, k: int) -> float:
        """Share of the first k that comes from list `own`; equals share the room they have."""
        which = self.order[:, 0] == own
        at = self.starts[self.order[:, 0]] + self.order[:, 1]
        taken = min(k, len(self.order))
        room = np.clip(taken - self.ahead[at], 0, self.size[at]) / self.size[at]
        return float((room * which).sum() / taken)

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

    def one_by_one(
        self, which: Indices, query: Indices, ahead: Indices, size: Indices, relevant: Indices
    ) -> Indices:
        """Of every relevant entry, in turn, the query; how many entries stand ahead where the
        relevant ones win all ties, and up to it where they lose them, `(3, n_relevant)`.

        Groups as for `every`.
        """
        of, inside = runs(np.zeros_like(relevant), relevant)
        won = self.starts[which[of]] + ahead[of] + inside
        lost = won + (size - relevant)[of]
        return np.stack([query[of], self.ahead[won], self.ahead[lost] + self.size[lost]])

    def every(
        self,
        which: Indices,
        query: Indices,
        ahead: Indices,
        size: Indices,
        relevant: Indices,
        n_queries: int,
    ) -> Places:
        """Where the relevant entries of groups of equals may stand, `(n_groups,)` each.

        Args:
            which: list.
            query: who asks.
            ahead: entries ahead in the list.
            size: equals in the list.
            relevant: relevant ones among those.
            n_queries: how many there are.
        """
        of, begin, equals, share = self._told_apart(which, ahead, size)
        return Places(n_queries, query[of], begin, equals, relevant[of] * share)

    def best(
        self,
        which: Indices,
        query: Indices,
        ahead: Indices,
        size: Indices,
        relevant: Indices,
        n_queries: int,
    ) -> Places:
        """Where the best relevant entry of each query may stand; groups as for `every`.

        Each list has its first relevant entry at one of some places, with a chance; where those
        of several lists may be the best, or several share a score, all cases are added up.
        """
        order = np.lexsort((ahead, which, query))
        which, query, ahead, size, relevant = (
            part[order] for part in (which, query, ahead, size, relevant)
        )
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
        lists = np.bincount(query[near], minlength=n_queries)
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
        return _by_query([one.places(n_queries) for one in found], n_queries)

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


def _by_query(parts: Sequence[Places], n_queries: int) -> Places:
    """Places of several sets of queries as one, by rising query."""
    nothing = np.zeros(0, dtype=np.int64)
    none = Places(n_queries, nothing, nothing, nothing, np.zeros(0))
    parts = [none, *parts]
    query = np.concatenate([part.query for part in parts])
    order = np.argsort(query, kind="stable")
    return Places(
        n_queries,
        query[order],
        np.concatenate([part.ahead for part in parts])[order],
        np.concatenate([part.size for part in parts])[order],
        np.concatenate([part.weight for part in parts])[order],
    )


@lru_cache(maxsize=64)
def interleaving(
    lengths: tuple[int, ...], weights: tuple[float, ...], own: int, fusion: RankFusion
) -> Merged:
    """The one order of disjoint ranked lists, the same for every query.

    Args:
        lengths: of each list.
        weights: of each list.
        own: which of them has the query's modality; −1 for none.
        fusion: k, rank base, and what equal scores count as.
    """
    which = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    place = np.concatenate([np.arange(length, dtype=np.int64) for length in lengths])
    score = np.asarray(weights, dtype=np.float64)[which] / (fusion.k + fusion.rank_base + place)
    level = levels_of(score)
    order = np.lexsort((place, which, tie_turns(which == own, place, fusion.ties), level))
    if fusion.ties == "shared":
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
