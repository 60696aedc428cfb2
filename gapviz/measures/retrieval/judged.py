"""What ranked lists are worth, held against graded judgments: one figure a query.

Entries are items (each at its best row) or rows, as the evaluation says. Gains are the grades
themselves (Järvelin & Kekäläinen 2002; `ndcg` of trec_eval and of ranx); a grade of 0 or below
gains nothing, and so does an entry that nobody judged. Equal scores: every figure is its mean over
all their orders. Lists are read to their depth; what stands behind it counts as not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gapviz.core.corpus import Corpus
from gapviz.core.evaluation import Evaluation
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.measures.retrieval.precision import expected_average_precision
from gapviz.retrieval.run import LIST_DEPTH, Run
from gapviz.strategies.fusion.ties import Places, TieGroups

DEPTH = 10
QUALITY = ("ndcg", f"recall@{DEPTH}", f"recall@{LIST_DEPTH}", "mrr", "map")
"""Figures of what is found; see `JUDGED_FIGURES`."""

JUDGED_FIGURES: Mapping[str, str] = {
    "ndcg": f"NDCG@{DEPTH} with the grades as gains",
    f"recall@{DEPTH}": f"share of the items that answer which stand in the first {DEPTH}",
    f"recall@{LIST_DEPTH}": f"the same of the first {LIST_DEPTH}",
    "mrr": "mean of 1 / rank of the first that answers",
    "map": "mean over the items that answer of the precision at their rank",
    "bias": f"share of the first {DEPTH} that has the query's modality",
    "lift": "bias ÷ the share of the corpus that has it; 1 is neutral",
    "target_hit": f"share of the first {DEPTH} that has the modality which the query asks for",
    "unjudged": f"share of the first {DEPTH} that nobody judged for the query",
}
"""Every figure by name, in words."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A run held against the judgments of the very queries that it answers."""

    run: Run
    evaluation: Evaluation
    """As many queries as the run has lists, in the same order."""
    corpus: Corpus

    @cached_property
    def values(self) -> dict[str, Float64]:
        """Every figure of `JUDGED_FIGURES`, `(n_queries,)`; NaN where a query has none.

        A query that no item answers has no figure of quality, and one with an empty list no bias.
        """
        return self.of_part(np.ones(len(self.corpus.counts), dtype=np.bool_))

    def of_part(self, items: Mask) -> dict[str, Float64]:
        """`values` in the part of the corpus that is marked in `items` `(n_items,)`."""
        entries, lists = self._entries, self.run
        # What is no item of the collection still takes its place in the list.
        kept = np.flatnonzero(items[lists.item] | (lists.item < 0))
        groups = _Groups.of(lists.query[kept], lists.level[kept], lists.n_queries)
        gain, relevant = entries["gain"][kept], entries["relevant"][kept]
        n_relevant, ideal = self._ideal(items)
        found = groups.holding(relevant)
        quality = {
            "ndcg": groups.spread(gain).gain(DEPTH) / ideal,
            f"recall@{DEPTH}": groups.spread(relevant).hit(DEPTH) / n_relevant,
            f"recall@{LIST_DEPTH}": groups.spread(relevant).hit(LIST_DEPTH) / n_relevant,
            "mrr": found.best.reciprocal_rank,
            "map": expected_average_precision(found) * found.n_relevant / n_relevant,
        }
        asked = n_relevant > 0
        values = {
            name: np.where(asked, np.nan_to_num(value), np.nan) for name, value in quality.items()
        }
        taken = np.minimum(groups.lengths, DEPTH)
        for name in ("bias", "target_hit", "unjudged"):
            weight = entries[name][kept]
            share = ratio(np.nan_to_num(groups.spread(np.nan_to_num(weight)).hit(DEPTH)), taken)
            values[name] = np.where(self._has[name], share, np.nan)
        values["lift"] = ratio(values["bias"], np.nan_to_num(self.expected_share(items)))
        return values

    def expected_share(self, items: Mask | None = None) -> Float64:
        """`(n_queries,)`: share of the entries that has the query's modality; NaN for none.

        Of items it is the mean share of an item's rows; of rows those of the query's own item that
        it must not find are left out.
        """
        corpus, evaluation = self.corpus, self.evaluation
        part = slice(None) if items is None else items
        code = evaluation.codes(corpus.names)
        if evaluation.unit == "items":
            has_rows = corpus.counts[part].any(axis=1)
            share = corpus.share[part][has_rows].mean(axis=0) if has_rows.any() else np.nan
            expected = np.broadcast_to(share, (len(corpus.names),))[code]
        else:
            own = self._own_rows
            rows = corpus.counts[part].sum(axis=0)
            expected = ratio(rows[code] - own, rows.sum() - own)
        return np.where(code >= 0, expected, np.nan)

    @cached_property
    def n_entries(self) -> Indices:
        """`(n_queries,)`: how many entries can be found."""
        counts = self.corpus.counts
        if self.evaluation.unit == "items":
            return np.full(self.evaluation.n_queries, int(counts.any(axis=1).sum()))
        return np.asarray(counts.sum() - self._own_rows, dtype=np.int64)

    @cached_property
    def chance(self) -> dict[str, Float64]:
        """The figures of quality where all entries score alike, `(n_queries,)` each."""
        n_relevant, ideal = self._ideal(np.ones(len(self.corpus.counts), dtype=np.bool_))
        asked = np.flatnonzero(n_relevant > 0)
        size = np.maximum(self.n_entries[asked], n_relevant[asked])
        judged = self.evaluation.judgments
        weight = self._n_each * np.maximum(judged.grade, 0)
        n = self.evaluation.n_queries
        gains: Float64 = np.bincount(judged.query, weight, minlength=n)[asked].astype(np.float64)
        none = np.zeros_like(asked)
        groups = TieGroups(n, asked, none, size, n_relevant[asked])
        found: Float64 = n_relevant[asked].astype(np.float64)
        relevant = Places(n, asked, none, size, found)
        return {
            "ndcg": Places(n, asked, none, size, gains).gain(DEPTH) / ideal,
            f"recall@{DEPTH}": relevant.hit(DEPTH) / n_relevant,
            f"recall@{LIST_DEPTH}": relevant.hit(LIST_DEPTH) / n_relevant,
            "mrr": groups.best.reciprocal_rank,
            "map": expected_average_precision(groups),
        }

    def with_ties(self, *, won: bool) -> Judged:
        """The same with equal scores put in order: the best gains first, or last."""
        run, gain = self.run, self._entries["gain"]
        order = np.lexsort((-gain if won else gain, run.level, run.query))
        ordered = replace(
            run, item=run.item[order], modality=run.modality[order],
            level=np.arange(order.size),
        )  # fmt: skip
        return replace(self, run=ordered)

    @cached_property
    def _own_rows(self) -> Indices:
        """`(n_queries,)`: rows that the query must not find, being its own."""
        own = self.evaluation.own_item
        code = self.evaluation.codes(self.corpus.names)
        if own is None:
            return np.zeros(self.evaluation.n_queries, dtype=np.int64)
        return np.where((own >= 0) & (code >= 0), self.corpus.counts[own, code], 0)

    @cached_property
    def _n_each(self) -> Indices:
        """`(n_judgments,)`: how many entries each judgment is of."""
        judged = self.evaluation.judgments
        if self.evaluation.unit == "items":
            return np.ones(judged.size, dtype=np.int64)
        n_each = self.corpus.counts[judged.item].sum(axis=1)
        if self.evaluation.own_item is not None:
            is_own = self.evaluation.own_item[judged.query] == judged.item
            n_each = n_each - is_own * self._own_rows[judged.query]
        return np.asarray(n_each, dtype=np.int64)

    def _ideal(self, items: Mask) -> tuple[Indices, Float64]:
        """Entries that answer each query in a part, and the gain of the best order of them."""
        judged, n = self.evaluation.judgments, self.evaluation.n_queries
        kept = np.flatnonzero(judged.relevant & items[judged.item])
        kept = kept[np.lexsort((-judged.grade[kept], judged.query[kept]))]
        query = np.repeat(judged.query[kept], self._n_each[kept])
        gain = np.repeat(judged.grade[kept].astype(np.float64), self._n_each[kept])
        n_relevant = np.bincount(query, minlength=n)
        place = np.arange(query.size) - (np.cumsum(n_relevant) - n_relevant)[query]
        discount = np.where(place < DEPTH, 1 / np.log2(2 + place), 0)
        ideal = np.bincount(query, gain * discount, minlength=n)
        return n_relevant, np.where(n_relevant > 0, ideal, np.nan)

    @cached_property
    def _has(self) -> dict[str, Mask]:
        """`(n_queries,)`: which queries have a figure at all that is none of quality."""
        code = self.evaluation.codes(self.corpus.names)
        asked = [query.asked_modality is not None for query in self.evaluation.queries]
        return {
            "bias": code >= 0,
            "target_hit": np.array(asked, dtype=np.bool_),
            "unjudged": np.ones(code.size, dtype=np.bool_),
        }

    @cached_property
    def _entries(self) -> dict[str, Float64]:
        """What each entry of the run counts for, `(n_entries,)` by name."""
        run, judged = self.run, self.evaluation.judgments
        n_items = len(self.corpus.counts)
        key = judged.query * n_items + judged.item
        wanted = run.query * n_items + run.item
        at = np.minimum(np.searchsorted(key, wanted), max(key.size - 1, 0))
        known = np.zeros(wanted.size, dtype=np.bool_)
        if key.size:
            known = (key[at] == wanted) & (run.item >= 0)
        grade = np.where(known, judged.grade[at], 0) if key.size else np.zeros(wanted.size)
        names = self.corpus.names
        return {
            "gain": np.maximum(grade, 0).astype(np.float64),
            "relevant": (grade > 0).astype(np.float64),
            "unjudged": (~known).astype(np.float64),
            "bias": self._of_modality(self.evaluation.codes(names)),
            "target_hit": self._of_modality(self.evaluation.codes(names, asked=True)),
        }

    def _of_modality(self, wanted: Indices) -> Float64:
        """`(n_entries,)`: 1 for an entry of the modality `wanted` `(n_queries,)`, else 0.

        Where a run does not say which row of an item it found, the share of the item's rows.
        """
        run = self.run
        code = {name: place for place, name in enumerate(self.corpus.names)}
        own = np.array([code.get(name, -2) for name in run.names] + [-1], dtype=np.int64)
        found, asked = own[run.modality], wanted[run.query]
        share = self.corpus.share[run.item, np.maximum(asked, 0)] * (run.item >= 0)
        of_row = (found == asked).astype(np.float64)
        return np.where(asked < 0, 0.0, np.where(run.modality < 0, share, of_row))


@dataclass(frozen=True, eq=False)
class _Groups:
    """Runs of equal scores in lists, `(n_groups,)` each, by query."""

    n_queries: int
    lengths: Indices
    """`(n_queries,)` entries of each list."""
    first: Indices
    """The first entry of each."""
    query: Indices
    ahead: Indices
    size: Indices

    @classmethod
    def of(cls, query: Indices, level: Indices, n_queries: int) -> _Groups:
        """From the list and the level of every entry, `(n,)` each, both rising."""
        lengths = np.bincount(query, minlength=n_queries)
        fresh = np.ones(query.size, dtype=np.bool_)
        fresh[1:] = (level[1:] != level[:-1]) | (query[1:] != query[:-1])
        first = np.flatnonzero(fresh)
        size = np.diff(np.append(first, query.size))
        start = np.cumsum(lengths) - lengths
        return cls(n_queries, lengths, first, query[first], first - start[query[first]], size)

    def spread(self, weight: Float64) -> Places:
        """Weights of entries `(n,)` over the places of their equals."""
        total = np.add.reduceat(weight, self.first) if self.first.size else weight
        some = total > 0
        return Places(
            self.n_queries, self.query[some], self.ahead[some], self.size[some], total[some]
        )

    def holding(self, relevant: Float64) -> TieGroups:
        """The groups with one of the entries that are marked `(n,)`."""
        count = np.add.reduceat(relevant, self.first) if self.first.size else relevant
        some = count > 0
        return TieGroups(
            self.n_queries,
            self.query[some],
            self.ahead[some],
            self.size[some],
            count[some].astype(np.int64),
        )
