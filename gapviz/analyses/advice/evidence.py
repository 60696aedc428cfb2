"""What was measured on a collection, and what a change does to it, paired on the same queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import isnan

import numpy as np

from gapviz.analyses.scoreboard.scoreboard import mean_over_modalities
from gapviz.core.collection import CALIBRATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import JsonFields
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement, default_pair
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.mixed import mean_of_known
from gapviz.measures.retrieval.outcome import MixedOutcome
from gapviz.measures.retrieval.within import evaluate_within
from gapviz.sources.builtin import DedicatedVectors
from gapviz.strategies import StrategyOptions


@dataclass(frozen=True, slots=True)
class Effect(JsonFields):
    """One figure before and after; intervals are 95 %, resampling items."""

    figure: str
    before: Estimate
    after: Estimate
    change: Estimate
    """After − before on the same queries, paired."""
    higher_is_better: bool | None = True
    """None where there is an aim."""
    aim: float | None = None
    """The value to be near, for a figure that can be too low as well as too high."""

    @property
    def better(self) -> bool:
        """It got better by more than chance."""
        return self._certain and self.gain > 0

    @property
    def worse(self) -> bool:
        """It got worse by more than chance."""
        return self._certain and self.gain < 0

    @property
    def gain(self) -> float:
        """The change, positive where it is for the better."""
        if self.aim is not None:
            return abs(self.before.value - self.aim) - abs(self.after.value - self.aim)
        return self.change.value if self.higher_is_better else -self.change.value

    @property
    def best(self) -> str:
        """Which way is better, in words."""
        if self.aim is not None:
            return f"near {self.aim:.3f}"
        return "higher" if self.higher_is_better else "lower"

    @property
    def _certain(self) -> bool:
        return self.change.low > 0 or self.change.high < 0


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything the advisor may ask of a collection; nothing is measured before it is asked."""

    collection: Collection
    """With a calibrate and an evaluate split, and the vectors of the model in use."""
    asked_pair: tuple[str, str] | None = None
    """The two modalities that are looked at; see `default_pair`."""
    seed: int = DEFAULT_SEED
    """Of bootstrap and samples."""
    models: Mapping[str, Collection] = field(default_factory=dict)
    """The same items with the vectors of other models, by title."""
    towers: tuple[DedicatedVectors, ...] = ()
    """The same items through encoders of one modality."""

    @cached_property
    def pair(self) -> tuple[str, str]:
        """The two modalities that are looked at.

        Raises:
            GapvizError: fewer than two modalities.
        """
        return self.asked_pair or default_pair(self.collection)

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

    @cached_property
    def comparable_models(self) -> dict[str, Measurement]:
        """Raw cosine by other models whose figures can be paired with those of this one."""
        found = {title: self._experiment(one).measurement for title, one in self.models.items()}
        return {title: one for title, one in found.items() if same_queries(self.raw, one)}

    def _experiment(self, collection: Collection) -> Experiment:
        return Experiment(collection, pair=self.pair, seed=self.seed)


def within_effect(before: Measurement, after: Measurement, modality: str) -> Effect:
    """Mean average precision within a modality.

    Raises:
        GapvizError: no two items share a label.
    """
    return _within(before, modality, _first_rows(after, modality))


def tower_effect(evidence: Evidence, tower: DedicatedVectors) -> Effect:
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


def _first_rows(measurement: Measurement, modality: str) -> Float32:
    """The first indexed row of every item, as the strategy moved it."""
    block = measurement.collection.modality(modality).corpus.first_rows
    return measurement.strategy.transform(block.vectors, modality)


def _within(before: Measurement, modality: str, after: Float32) -> Effect:
    """The effect of other first rows of the same items."""
    items = before.collection.modality(modality).corpus.first_rows.item_index
    labels = before.collection.labels[items]
    old = evaluate_within(_first_rows(before, modality), labels).average_precision
    if np.isnan(old).all():
        raise GapvizError(
            "no two items share a label, so likeness is not known", hint="give the items labels"
        )
    new = evaluate_within(after, labels).average_precision
    return paired(f"mAP within {modality}", old, new, items, seed=before.seed)


def paired(
    figure: str,
    before: Float64,
    after: Float64,
    items: Indices,
    *,
    seed: int,
    higher_is_better: bool = True,
    aim: float | None = None,
) -> Effect:
    """The effect on a figure that has one value a query `(n,)`, of the items `(n,)`."""
    old, new, change = (
        bootstrap_mean(values, items, seed=seed) for values in (before, after, after - before)
    )
    return Effect(figure, old, new, change, higher_is_better if aim is None else None, aim)


def one_way_effects(
    before: Measurement, after: Measurement, source: str, target: str
) -> list[Effect]:
    """Reciprocal rank and recall of the match among the rows of `target` alone."""
    a, b = before.cross[source, target], after.cross[source, target]
    way = f"{source} → {target}"
    pairs = (
        (f"MRR, {way}", a.reciprocal_rank, b.reciprocal_rank),
        (f"R@1, {way}", a.recall(1), b.recall(1)),
        (f"R@10, {way}", a.recall(10), b.recall(10)),
    )
    return [paired(name, x, y, a.items, seed=before.seed) for name, x, y in pairs]


def mixed_effects(before: Measurement, after: Measurement) -> list[Effect]:
    """NDCG and bias in the mixed index, and recall beside them.

    Bias is best near the share of the query's modality in the index: under it, the other
    modality crowds out its own. It is told by query modality, since the mean of two opposite
    biases would look neutral.
    """

    def effect(
        figure: str, outcomes: Mapping[str, MixedOutcome], read: str, aim: float | None = None
    ) -> Effect:
        pairs = [(getattr(one, read), getattr(after.mixed[n], read)) for n, one in outcomes.items()]
        old, new, change = (
            mean_over_modalities(values, list(outcomes.values()), before.seed)
            for values in zip(*((a, b, b - a) for a, b in pairs), strict=True)
        )
        return Effect(figure, old, new, change, True if aim is None else None, aim)

    effects = [effect("NDCG@10, mixed index", before.mixed, "ndcg")]
    for name, outcome in before.mixed.items():
        share = mean_of_known(outcome.expected_share)
        aim = None if isnan(share) else share
        effects.append(effect(f"bias@10, {name} queries", {name: outcome}, "own_share", aim))
    for source, target in before.cross:
        effects.append(one_way_effects(before, after, source, target)[2])
    return effects


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
