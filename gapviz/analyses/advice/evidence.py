"""What was measured on a collection, and what a change does to it, paired on the same queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from math import isnan

import numpy as np

from gapviz.analyses.advice.effect import Trial
from gapviz.analyses.advice.judged_evidence import JUDGED_TASKS
from gapviz.analyses.advice.plain_words import (
    AMONG_FIRST,
    direction_words,
    imbalance_words,
    own_kind_words,
    rank_words,
)
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.figure_words import kind_of
from gapviz.analyses.judged import Protocol, chosen_protocol
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float32
from gapviz.measures.experiment import Experiment, judged_queries, measured_pair
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.intervals import mean_of
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.measures.retrieval.outcomes import DEPTH, Figure
from gapviz.measures.retrieval.within import evaluate_within
from gapviz.sources.builtin import DedicatedVectors
from gapviz.strategies import StrategyOptions


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything the advisor may ask of a collection; nothing is measured before it is asked."""

    collection: Collection
    """With a calibrate and an evaluate split, and the vectors of the model in use."""
    asked_pair: tuple[str, str] | None = None
    """The two modalities that are looked at; see `default_pair`."""
    seed: int = DEFAULT_SEED
    """Of parts and samples."""
    models: Mapping[str, Collection] = field(default_factory=dict)
    """The same items with the vectors of other models, by title."""
    towers: tuple[DedicatedVectors, ...] = ()
    """The same items through encoders of one modality."""
    asked_protocol: str | None = None
    """`judged` or `paired`; judged where the collection has judgments unless given."""

    @cached_property
    def pair(self) -> tuple[str, str]:
        """The two modalities that are looked at.

        Raises:
            GapvizError: as `measured_pair`, or no evaluate split.
        """
        held_out = self.collection.split(EVALUATE)
        return measured_pair(self.collection, held_out, self.asked_pair)

    @cached_property
    def measured(self) -> Callable[[StrategyOptions], Measurement]:
        """A strategy fitted on the one split and measured on the other, each once."""
        raw = self._experiment(self.collection)
        return cache(lambda options: raw.having(options).measurement)

    @property
    def raw(self) -> Measurement:
        """Raw cosine by the model of the collection."""
        return self.measured(StrategyOptions())

    @property
    def calibration(self) -> Collection:
        """The items that strategies are fitted on."""
        return self.collection.split(CALIBRATE)

    def protocol_of(self, situation: Situation) -> Protocol:
        """The protocol whose figures decide: judged where queries with judgments can ask.

        Raises:
            GapvizError: judgments were asked for, and no query that has some can ask.
        """
        chosen = chosen_protocol(self.collection, self.asked_protocol)
        if chosen == "paired" or situation.task not in JUDGED_TASKS:
            return "paired"
        if self._can_ask(self.way_of(situation)):
            return "judged"
        if self.asked_protocol is None:
            return "paired"
        raise GapvizError(
            "has judged queries, but none of them can ask this way",
            where=self.collection.name,
            hint="give vectors of queries that ask so, or choose the paired protocol",
        )

    def _can_ask(self, way: tuple[str, str] | None) -> bool:
        """Whether a judged query has a vector, and an answer that it can find."""
        evaluation = self.collection.evaluation
        if evaluation is None:
            return False
        if way is not None:
            try:
                evaluation = judged_queries(self.collection, way=way)
            except GapvizError:
                return False
        rows = [block.item_index for block in evaluation.vectors.values()]
        with_vector = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
        return bool(np.isin(evaluation.measured, with_vector).any())

    def way_of(self, situation: Situation) -> tuple[str, str] | None:
        """(what asks, what is found) of a task that goes one way, else None."""
        if situation.task != "one-way":
            return None
        other = next(name for name in self.pair if name != situation.found)
        return other, situation.found

    @cached_property
    def judged(self) -> Callable[[StrategyOptions, tuple[str, str] | None], JudgedMeasurement]:
        """A strategy by judgments, over one modality or over all, each once.

        What it gives raises `GapvizError` where no query with judgments can ask.
        """
        raw = self._experiment(self.collection)
        return cache(lambda options, way: raw.having(options).judged(way=way))

    def judged_models(self, way: tuple[str, str] | None) -> dict[str, JudgedMeasurement]:
        """Raw cosine by other models that have the same judged queries."""
        ours = self.judged(StrategyOptions(), way)
        found = {}
        for title, one in self.models.items():
            with suppress(GapvizError):
                found[title] = self._experiment(one).judged(way=way)
        return {title: one for title, one in found.items() if same_judgments(ours, one)}

    @cached_property
    def comparable_models(self) -> dict[str, Measurement]:
        """Raw cosine by other models whose figures can be paired with those of this one."""
        found = {title: self._experiment(one).measurement for title, one in self.models.items()}
        return {title: one for title, one in found.items() if same_queries(self.raw, one)}

    def _experiment(self, collection: Collection) -> Experiment:
        return Experiment(collection, pair=self.pair, seed=self.seed)


def within_trial(before: Measurement, after: Measurement, modality: str) -> Trial:
    """Mean average precision within a modality.

    Raises:
        GapvizError: no two items share a label.
    """
    return _within(before, modality, *_first_rows(after, modality))


def tower_trial(evidence: Evidence, tower: DedicatedVectors) -> Trial:
    """Within-modal recall delta: a dedicated encoder against the joint tower, as mAP.

    Raises:
        GapvizError: not one row for each item of the collection, or no two share a label.
    """
    if len(tower.vectors) != evidence.collection.n_items:
        raise GapvizError(
            f"has {len(tower.vectors)} rows for {evidence.collection.n_items} items",
            where=tower.title,
            hint="encode every item once",
        )
    whole = evidence.collection.position
    measured = evidence.raw.collection
    items = measured.modality(tower.modality).corpus.first_rows.item_index
    positions = [whole[measured.items[item].id] for item in items]
    return _within(evidence.raw, tower.modality, tower.vectors[positions])


def _first_rows(measurement: Measurement, modality: str) -> tuple[Float32, Float32]:
    """The first indexed row of every item, as the strategy moved it, and as it asks."""
    rows = measurement.collection.modality(modality).corpus.first_rows.vectors
    strategy = measurement.strategy
    return strategy.transform(rows, modality), strategy.transform_queries(rows, modality)


def _within(
    before: Measurement, modality: str, after: Float32, asking: Float32 | None = None
) -> Trial:
    """The effect of other first rows of the same items, `asking` where they ask as others."""
    items = before.collection.modality(modality).corpus.first_rows.item_index
    labels = before.collection.label_sets[items]
    rows, queries = _first_rows(before, modality)
    old = evaluate_within(rows, labels, queries=queries).average_precision
    if np.isnan(old).all():
        raise GapvizError(
            "no two items share a label, so likeness is not known", hint="give the items labels"
        )
    new = evaluate_within(after, labels, queries=asking).average_precision
    return Trial.of_queries(f"mAP within {modality}", old, new, items, seed=before.seed)


def one_way_trials(
    before: Measurement, after: Measurement, source: str, target: str
) -> list[Trial]:
    """Reciprocal rank and recall of the match among the rows of `target` alone."""
    ways = {
        "mrr": ("MRR", rank_words("MRR"), 1),
        "recall@1": ("R@1", f"{direction_words(source, target)} at the first place", 100),
        "recall@10": ("R@10", f"{direction_words(source, target)} {AMONG_FIRST}", 100),
    }
    return [
        _trial(f"{title}, {source} → {target}", before, after, (name, source, target)).in_words(
            words, out_of
        )
        for name, (title, words, out_of) in ways.items()
    ]


def mixed_trials(before: Measurement, after: Measurement) -> list[Trial]:
    """NDCG and bias in the mixed index, and recall beside them.

    Bias is best near the share of the query's modality in the index: under it, the other
    modality crowds out its own. It is told by query modality, since the mean of two opposite
    biases would look neutral. Without pairs there is no NDCG, and the imbalance comes first.
    """
    if isnan(before.mean_ndcg.value):
        pair = (before.mean_imbalance, after.mean_imbalance)
        imbalance = Trial.of("imbalance@10, mixed index", *pair, higher_is_better=False)
        trials = [imbalance.in_words(imbalance_words(), 1)]
    else:
        trials = [
            _mean_trial("NDCG@10", before, after, "ndcg").in_words(rank_words("NDCG@10"), 1),
            _mean_trial("R@10", before, after, "recall").in_words(
                f"queries that find their answer {AMONG_FIRST}"
            ),
        ]
    for name, outcome in before.mixed.items():
        share = mean_of_known(outcome.expected_share)
        aim = None if isnan(share) else share
        trials.append(
            _trial(f"bias rate, {name} queries", before, after, ("bias", name), aim=aim).in_words(
                own_kind_words(name), DEPTH
            )
        )
    return trials + [
        _trial(f"R@10, {a} → {b}", before, after, (f"recall@{DEPTH}", a, b)).in_words(
            f"{direction_words(a, b)} {AMONG_FIRST}, searching {kind_of(b, several=True)} alone"
        )
        for a, b in before.cross
    ]


def _mean_trial(title: str, before: Measurement, after: Measurement, name: str) -> Trial:
    """A figure of the mixed index as the mean over the query modalities, each weighing alike."""
    keys = [(name, modality) for modality in before.mixed]
    old, new = (mean_of([one.replicates[key] for key in keys]) for one in (before, after))
    chance = mean_of_known(np.array([after.chance[key] for key in keys]))
    before_ends, after_ends = (
        [tuple(np.nanmean([one.tie_ends[key] for key in keys], axis=0))] for one in (before, after)
    )
    return Trial.of(
        f"{title}, mixed index", old, new, chance=chance, ends=[*before_ends, *after_ends]
    )


def _trial(
    figure: str, before: Measurement, after: Measurement, key: Figure, *, aim: float | None = None
) -> Trial:
    if key not in before.chance:
        return Trial.of(figure, before.replicates[key], after.replicates[key], aim=aim)
    return Trial.of(
        figure,
        before.replicates[key],
        after.replicates[key],
        chance=after.chance[key],
        ends=[before.tie_ends[key], after.tie_ends[key]],
    )


def same_judgments(before: JudgedMeasurement, after: JudgedMeasurement) -> bool:
    """Whether figures by judgments of the two can be paired: the same queries, judged alike."""
    one, other = before.judged.evaluation, after.judged.evaluation
    if len(before.judged.corpus.counts) != len(after.judged.corpus.counts):
        return False
    ours, theirs = one.judgments, other.judgments
    return one.queries == other.queries and all(
        np.array_equal(getattr(ours, column), getattr(theirs, column))
        for column in ("query", "item", "grade")
    )


def same_queries(before: Measurement, after: Measurement) -> bool:
    """Whether figures of the two can be paired: the same queries of the same items."""
    one, other = before.collection, after.collection
    if one.items != other.items or set(one.modality_names) != set(other.modality_names):
        return False
    return all(
        np.array_equal(one.modality(n).item_index, other.modality(n).item_index)
        and np.array_equal(one.modality(n).query_only, other.modality(n).query_only)
        for n in one.modality_names
    )
