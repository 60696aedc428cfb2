"""Every direction between the modalities of a collection, under one fitted strategy.

Off the diagonal queries of modality A search an index of B alone (`evaluate_cross`). On it a
modality is searched by itself: relevant are the items that share a label with the query's
(`evaluate_labels`), or, where no two items share one, the other rows of the query's item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import sqrt
from typing import Literal, TypeVar

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.lazy import cached_property
from gapviz.core.plain_json import JsonFields
from gapviz.measures.geometry.centroids import Gap
from gapviz.measures.measurement import REFIT_QUERIES, REFITS_AT_ONCE, Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_means
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.measures.retrieval.intervals import Gain, Replicates, parts_of, replicates_of
from gapviz.measures.retrieval.outcome import CrossOutcome, mean_of_known, weighted_mean
from gapviz.measures.retrieval.outcomes import DEPTH, cross_values
from gapviz.measures.retrieval.targets import TARGET_FIGURES, evaluate_targets
from gapviz.measures.retrieval.threads import threads_for
from gapviz.measures.retrieval.within import evaluate_labels
from gapviz.strategies import Strategy

Way = tuple[str, str]
"""The modality that asks, and the one that is searched."""

FIGURES = {"recall@1": "R@1", f"recall@{DEPTH}": f"R@{DEPTH}", "ndcg": f"NDCG@{DEPTH}"}
"""Of every direction, with their titles."""

Relevant = Literal["match", "label", "row", "nothing"]
"""What answers a query: the rows of its item in the modality that is searched; items that share a
label with its own; the other rows of its item in its own modality; nothing, so that there is no
figure."""

NO_ANSWER = (
    "nothing says what answers: no two held-out items share a label, and none has a second row"
)

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Direction(JsonFields):
    """Queries of one modality over an index of one modality alone."""

    source: str
    """The modality that asks."""
    target: str
    """The one that is searched."""
    relevant: Relevant
    figures: Mapping[str, Estimate] = field(default_factory=dict)
    """By `FIGURES`; none where nothing is relevant."""
    chance: Mapping[str, float] = field(default_factory=dict)
    """What they are where all entries score alike; unknown where labels say what is relevant."""
    n_queries: int = 0
    n_indexed: int = 0
    """Entries of the index."""
    why: str = ""
    """Why there is no figure, in a sentence."""


@dataclass(frozen=True, eq=False)
class Asymmetry:
    """What the direction from `first` to `second` gains on the way back, on the same items."""

    first: str
    second: str
    n_items: int
    """Items with a row of both, which ask and are searched; none but they are."""
    whole: bool
    """Whether those are all items of both modalities, so that the two figures are those of the
    directions themselves."""
    changes: Mapping[str, Replicates]
    """By `FIGURES`: `first` → `second` minus `second` → `first`, measured with the same parts."""

    def gain(self, figure: str) -> Gain:
        """One change, to be judged among others; those of other items vary alone."""
        change = self.changes[figure]
        if self.whole:
            return Gain.of(change)
        nothing = np.zeros_like(change.deviations)
        return Gain(change.value, nothing, sqrt(change.variance), change.freedom)


@dataclass(frozen=True, slots=True)
class Target(JsonFields):
    """What of the first 10 of the mixed index has the modality that was asked for."""

    source: str
    """Of the queries."""
    target: str
    """The modality asked for."""
    share: Estimate
    """Target share@10."""
    hit_rate: Estimate
    """Target hit rate@10."""
    expected_share: float
    """The share of the index, which chance would give."""


@dataclass(frozen=True, eq=False)
class Directions:
    """Every direction of what was measured; each part is computed when first asked for."""

    measurement: Measurement

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities that are measured."""
        return self.measurement.collection.modality_names

    def direction(self, source: str, target: str) -> Direction:
        """One cell of the matrix; both modalities are among `names`."""
        return self._within(source) if source == target else self._across(source, target)

    @cached_property
    def gaps(self) -> dict[Way, Gap]:
        """Of every pair of `names`, as the strategy moved them."""
        return {
            pair: replace(self.measurement, pair=pair).geometry.gap
            for pair in combinations(self.names, 2)
        }

    def asymmetry(self, first: str, second: str) -> Asymmetry | None:
        """Of a pair of modalities; None where no item has both."""
        collection = self.measurement.collection
        blocks = [collection.modality(name) for name in (first, second)]
        common = np.intersect1d(blocks[0].corpus.item_index, blocks[1].corpus.item_index)
        if not common.size:
            return None
        ways = (first, second), (second, first)
        whole = all(np.isin(block.item_index, common).all() for block in blocks)
        if whole:
            there, back = (
                {name: self.measurement.replicates[name, *way] for name in FIGURES} for way in ways
            )
        else:
            both = collection.of_modalities((first, second)).subset(common)
            there, back = (self._replicates(both, way)[1] for way in ways)
        changes = {name: there[name] - back[name] for name in FIGURES}
        return Asymmetry(first, second, int(common.size), whole, changes)

    @cached_property
    def targets(self) -> dict[Way, Target]:
        """By query modality and target modality."""
        measured = self.measurement
        outcomes = evaluate_targets(
            measured.collection, measured.strategy, seed=measured.seed, kept=measured.outcomes.kept
        )
        refitted = self._with_refits(
            lambda strategy: {
                way: [mean_of_known(getattr(one, name)) for name in TARGET_FIGURES]
                for way, one in evaluate_targets(
                    measured.collection, strategy, seed=measured.seed, max_queries=REFIT_QUERIES
                ).items()
            }
        )
        found = {}
        for way, outcome in outcomes.items():
            share, hit = (
                replicates_of(
                    getattr(outcome, name),
                    outcome.parts.get(name) if measured.strategy.determined_ else None,
                    np.array([one[way][place] for one in refitted]),
                ).estimate
                for place, name in enumerate(TARGET_FIGURES)
            )
            found[way] = Target(*way, share, hit, mean_of_known(outcome.expected_share))
        return found

    def _across(self, source: str, target: str) -> Direction:
        measured, way = self.measurement, (source, target)
        n_indexed = measured.collection.modality(target).corpus.n_rows
        n_queries = int(measured.cross[way].items.size)
        if not n_queries:
            why = measured.not_measured.get(f"{source}-{target}") or measured.not_measured.get(
                f"{target}-{source}", f"No {source} query has an item with {target} rows."
            )
            return Direction(source, target, "nothing", n_indexed=n_indexed, why=why)
        return Direction(
            source,
            target,
            "match",
            {name: measured.estimate(name, *way) for name in FIGURES},
            _by_chance(measured.cross[way]),
            n_queries,
            n_indexed,
        )

    def _within(self, name: str) -> Direction:
        measured = self.measurement
        n_indexed = measured.collection.modality(name).corpus.n_rows
        labelled, items = evaluate_labels(
            measured.collection, measured.strategy, name, seed=measured.seed
        )
        known = ~np.isnan(labelled.ndcg)
        if known.any():
            values = [labelled.recall[1], labelled.recall[DEPTH], labelled.ndcg]
            means = bootstrap_means(values, items, seed=measured.seed)
            figures = dict(zip(FIGURES, means, strict=True))
            n_queries = int(known.sum())
            return Direction(name, name, "label", figures, {}, n_queries, n_indexed)
        outcome, replicates = self._replicates(measured.collection, (name, name))
        if not outcome.items.size:
            why = f"Within {name} {NO_ANSWER}."
            return Direction(name, name, "nothing", n_indexed=n_indexed, why=why)
        return Direction(
            name,
            name,
            "row",
            {figure: replicates[figure].estimate for figure in FIGURES},
            _by_chance(outcome),
            int(outcome.items.size),
            n_indexed,
        )

    def _replicates(
        self, collection: Collection, way: Way
    ) -> tuple[CrossOutcome, dict[str, Replicates]]:
        """What queries get in a direction that `Measurement` does not measure; by `FIGURES`."""
        measured = self.measurement

        quick = measured.strategy.fusion.quick_parts
        n = collection.n_items
        kept = parts_of(n, measured.seed, quick=quick) if n > 1 else None
        outcome = evaluate_cross(collection, measured.strategy, *way, seed=measured.seed, kept=kept)
        refitted = self._with_refits(
            lambda strategy: cross_values(
                evaluate_cross(
                    collection, strategy, *way, seed=measured.seed, max_queries=REFIT_QUERIES
                )
            )
        )
        values = cross_values(outcome)
        return outcome, {
            name: replicates_of(
                values[name],
                outcome.parts.get(name) if measured.strategy.determined_ else None,
                np.array([mean_of_known(one[name]) for one in refitted]),
            )
            for name in FIGURES
        }

    @cached_property
    def _refits(self) -> Sequence[Strategy]:
        return self.measurement.refits()

    def _with_refits(self, read: Callable[[Strategy], Found]) -> list[Found]:
        """What is read with each refit of the strategy."""
        n_rows = self.measurement.collection.n_rows
        with threads_for(n_rows), ThreadPoolExecutor(REFITS_AT_ONCE) as threads:
            return list(threads.map(read, self._refits))


def _by_chance(outcome: CrossOutcome) -> dict[str, float]:
    """`FIGURES` where all entries score alike."""
    alike, counts = outcome.by_chance
    values = cross_values(alike)
    return {name: weighted_mean(values[name], counts) for name in FIGURES}
