"""Several vectors per item: the lists of the modalities are fused by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing
from gapviz.strategies.fusion.by_rank import RankFusion
from gapviz.strategies.fusion.merged_lists import SAME_SCORE, levels_of
from gapviz.strategies.fusion.ties import TieGroups, Tolerance, count_true

ItemMethod = Literal["rrf", "max"]

_MERGE_RANKS = '''

K, RANK_BASE = {k}, {rank_base}
WEIGHTS = {weights}


def merge(lists, modality):
    """Fuse {{modality: [(item, cosine), best first]}} by rank of an item's best row."""
    scores = {{}}
    for name in MODALITIES:
        items = dict.fromkeys(item for item, _ in lists.get(name, []))
        for rank, item in enumerate(items, start=RANK_BASE):
            scores[item] = scores.get(item, 0.0) + WEIGHTS[name] / (K + rank)
    return sorted(scores.items(), key=lambda entry: -entry[1])
'''

_MERGE_BEST = '''

def merge(lists, modality):
    """The best cosine of every item in {modality: [(item, cosine)]}, as [(item, score)]."""
    scores = {}
    for name in MODALITIES:
        for item, cosine in lists.get(name, []):
            scores[item] = max(scores.get(item, -1.0), cosine)
    return sorted(scores.items(), key=lambda entry: -entry[1])
'''


@dataclass(frozen=True, slots=True)
class ItemFusion(Fusion):
    """Several vectors per item: the lists of the modalities are fused by item.

    Raises:
        GapvizError: an unknown method.
    """

    ranks_items: ClassVar[bool] = True
    copies: ClassVar[int] = 8

    method: ItemMethod = "rrf"
    """`rrf` sums weight / (k + rank) over the modalities an item has, by its best row in
    each; `max` takes the item's best cosine."""
    ranks: RankFusion = field(default_factory=RankFusion)
    """For `rrf`."""

    def __post_init__(self) -> None:
        if self.method not in ("rrf", "max"):
            raise GapvizError(f"unknown item fusion {self.method!r}", hint="choose rrf or max")

    @property
    def serving(self) -> Serving:
        """Ranks are fused in the engine; best cosines by the application."""
        return "ranks" if self.method == "rrf" else "merge"

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        n_items = int(corpus.item.max(initial=-1)) + 1
        fused = np.full(n_items, -np.inf)
        best, row = np.full(n_items, -np.inf), np.full(n_items, -1, dtype=np.int64)
        named: list[Indices] = []
        for code, (name, span) in enumerate(zip(corpus.names, corpus.spans, strict=True)):
            rows = span.start + np.flatnonzero(open_rows[span])
            rows = rows[np.argsort(-scores[rows], kind="stable")]
            _, first = np.unique(corpus.item[rows], return_index=True)
            leading = rows[np.sort(first)]
            items = corpus.item[leading]
            named.append(items)
            worth = self._gain(name, np.arange(leading.size), scores[leading])
            fused[items] = (
                np.maximum(fused[items], worth)
                if self.method == "max"
                else np.where(np.isneginf(fused[items]), 0.0, fused[items]) + worth
            )
            # Equal worth: the row that is not of the query's modality stands for the item.
            wins = worth > best[items]
            if code != own:
                wins |= (worth == best[items]) & (corpus.modality[row[items]] == own)
            best[items[wins]], row[items[wins]] = worth[wins], leading[wins]
        everything = np.concatenate(named)
        _, first = np.unique(everything, return_index=True)
        items = everything[np.sort(first)]
        level = -fused[items] if self.method == "max" else levels_of(fused[items])
        order = items[np.argsort(level, kind="stable")]
        found = np.flatnonzero(order == item) if item is not None else np.zeros(0, np.int64)
        rank = int(found[0]) + 1 if found.size else None
        match = None if rank is None else int(row[order[rank - 1]])
        stretch = 1.0 if self.method == "max" else 0.0
        return Ranked(row[order[:k]], fused[order[:k]], rank, match, stretch)

    def standing(self, asked: Asked, k: int) -> Standing:
        corpus, scores, own, items = asked.corpus, asked.scores, asked.own, asked.items
        worth = self._worth(corpus, scores, asked.tolerance)
        best = worth.max(axis=0)
        present = best > -np.inf
        fused: Float64 = best
        if self.method == "rrf":
            total = np.where(worth > -np.inf, worth, 0).sum(axis=0)
            fused = np.where(present, total, -np.inf).astype(np.float64)
        other = np.delete(worth, own, axis=0).max(axis=0, initial=-np.inf)
        ranks = self.method == "rrf"
        near = SAME_SCORE * np.abs(worth[own]) if ranks else np.reshape(asked.tolerance, (-1, 1))
        by_other = present & (other >= worth[own] - near)
        best_other = np.where(by_other, fused, -np.inf).max(axis=1, keepdims=True)
        before, equal = self._above_and_level(fused, best_other, asked.tolerance)
        # The first of m others among t equals stands at place (t + 1) / (m + 1) on average.
        equal_own, equal_other = count_true(equal & ~by_other), count_true(equal & by_other)
        first_other = 1 + count_true(before & ~by_other) + equal_own / (equal_other + 1)
        queries = np.arange(items.size)
        indexed, column = np.unique(corpus.item, return_inverse=True)
        place = np.minimum(np.searchsorted(indexed, items), indexed.size - 1)
        lost = np.isneginf(scores[:, corpus.spans[own]]).sum(axis=1)
        n_own = np.bincount(column[corpus.spans[own]], minlength=indexed.size)[place]
        # An item whose only row of the modality asks has one list, against two of every other.
        has_match = (
            (indexed[place] == items) & present[queries, place] & ((lost == 0) | (n_own > lost))
        )
        matched = np.flatnonzero(has_match)
        at = fused[matched, place[matched]][:, None]
        above, level = self._above_and_level(fused[matched], at, asked.tolerance)
        return Standing(
            own_share=self._own_share(fused, present & ~by_other, k, asked.tolerance),
            expected_share=_chance(corpus, place, lost, own),
            first_other=np.where(by_other.any(axis=1), first_other, 0),
            groups=TieGroups(
                items.size, matched, count_true(above), count_true(level), np.ones_like(matched)
            ),
            n_entries=count_true(present),
        )

    def _gain(self, name: str, place: Indices, scores: Float32) -> Float64:
        """What a list gives to entries at these places, from 0, and of these scores."""
        if self.method == "max":
            return scores.astype(np.float64)
        places = (self.ranks.k + self.ranks.rank_base + place).astype(np.float64)
        return self.ranks.weight(name) / places

    def _worth(self, corpus: Rows, scores: Float32, tolerance: Tolerance) -> Float64:
        """`(n_modalities, n_queries, n_items)`: what each list gives an item, −∞ for nothing.

        Items are those of the corpus, in rising order. Equals share what their places give.
        """
        indexed, column = np.unique(corpus.item, return_inverse=True)
        worth = np.full((len(corpus.names), len(scores), indexed.size), -np.inf)
        for code, (name, span) in enumerate(zip(corpus.names, corpus.spans, strict=True)):
            if span.stop == span.start:
                continue
            by_item = np.argsort(column[span], kind="stable")
            owners, first = np.unique(column[span][by_item], return_index=True)
            best = np.maximum.reduceat(scores[:, span][:, by_item], first, axis=1)
            gain: Float64 = best.astype(np.float64)
            if self.method == "rrf":
                gain = self._shared_gain(name, best, tolerance)
            worth[code][:, owners] = np.where(best > -np.inf, gain, -np.inf)
        return worth

    def _shared_gain(self, name: str, scores: Float32, tolerance: Tolerance) -> Float64:
        """What a list gives to entries by their place; those of one score share it."""
        n = scores.shape[1]
        order = np.argsort(-scores, axis=1)
        falling = np.take_along_axis(scores, order, axis=1)
        begins = np.ones(falling.shape, dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            begins[:, 1:] = falling[:, :-1] - falling[:, 1:] > np.reshape(tolerance, (-1, 1))
        sums = np.concatenate([[0.0], np.cumsum(self._gain(name, np.arange(n), scores[0]))])
        gain = np.empty(falling.shape)
        np.put_along_axis(gain, order, np.diff(sums)[None, :], axis=1)
        tied = np.flatnonzero(~begins.all(axis=1))
        if not tied.size:
            return gain
        begins, order = begins[tied], order[tied]
        first = np.maximum.accumulate(np.where(begins, np.arange(n), 0), axis=1)
        ends = np.concatenate([begins[:, 1:], np.ones((tied.size, 1), dtype=np.bool_)], axis=1)
        after = np.where(ends, np.arange(1, n + 1), n)
        after = np.minimum.accumulate(after[:, ::-1], axis=1)[:, ::-1]
        shared = np.empty(begins.shape)
        np.put_along_axis(shared, order, (sums[after] - sums[first]) / (after - first), axis=1)
        gain[tied] = shared
        return gain

    def _above_and_level(
        self, fused: Float64, at: Float64, tolerance: Tolerance
    ) -> tuple[Mask, Mask]:
        """Which scores `(n_queries, n_items)` exceed, and which equal, `at` `(n_queries, 1)`.

        Cosines are equal within rounding; sums of reciprocals, whose order of adding must not
        matter, relatively.
        """
        ranks = self.method == "rrf"
        near = SAME_SCORE * np.abs(at) if ranks else np.reshape(tolerance, (-1, 1))
        near = np.where(np.isfinite(near), near, 0)
        return fused > at + near, (fused >= at - near) & (fused <= at + near) & np.isfinite(fused)

    def _own_share(self, fused: Float64, is_own: Mask, k: int, tolerance: Tolerance) -> Float64:
        """Share of the top k that is `is_own`; items that tie at place k share the room there."""
        taken = np.minimum(np.isfinite(fused).sum(axis=1), k)
        n, most = fused.shape[1], int(taken.max(initial=0))
        head = np.partition(fused, n - most, axis=1)[:, n - most :] if most < n else fused
        falling = -np.sort(-head, axis=1)
        last = np.take_along_axis(falling, np.maximum(taken - 1, 0)[:, None], axis=1)
        above, level = self._above_and_level(fused, last, tolerance)
        room = taken - count_true(above)
        level_share = ratio(count_true(level & is_own), count_true(level))
        in_level = np.where(room > 0, room * level_share, 0)
        return ratio(count_true(above & is_own) + in_level, taken)

    def n_stored(self, corpus: Rows) -> int:
        return corpus.n_rows  # the item of every row

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows if self.method == "rrf" else 0

    @property
    def plain(self) -> dict[str, Any]:
        numbers = self.ranks.plain if self.method == "rrf" else {}
        return numbers | {"method": f"items-{self.method}"}

    def merge_code(self, modalities: Sequence[str]) -> str:
        if self.method == "max":
            return _MERGE_BEST
        return _MERGE_RANKS.format(**self.ranks.code(modalities))

    def described(self, detail: str) -> str:
        if self.method == "max":
            how = "One mixed index; of an item, its best vector."
        else:
            how = f"One list a modality, added up by item; {self.ranks.numbers}."
        return f"{how} Ranks items, by another protocol."


def _chance(corpus: Rows, place: Indices, lost: Indices, own: int) -> Float64:
    """Share of own rows among the open rows of an item, mean over the items that have any.

    Args:
        corpus: the rows that are searched.
        place: `(n_queries,)` the query's item among the items of the corpus.
        lost: `(n_queries,)` how many rows of its own modality that item has lost.
        own: position of the queries' modality.
    """
    indexed, column = np.unique(corpus.item, return_inverse=True)
    total = np.bincount(column, minlength=indexed.size)
    rows = np.bincount(column[corpus.spans[own]], minlength=indexed.size)
    shares = rows / total
    left = total[place] - lost
    of_own_item = np.divide(rows[place] - lost, left, out=np.zeros(left.size), where=left > 0)
    return ratio(shares.sum() - shares[place] + of_own_item, indexed.size - (left == 0))
