"""What was measured on a collection, and what a change does to it, paired on the same queries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
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
from gapviz.core.wording import figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement, default_pair
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.outcome import MixedOutcome, mean_of_known
from gapviz.measures.retrieval.within import evaluate_within
from gapviz.strategies import StrategyOptions

Measure = Callable[[StrategyOptions], Measurement]


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
    def change_words(self) -> str:
        """The change with its sign, and its interval where there is one."""
        ends = (self.change.value, self.change.low, self.change.high)
        value, low, high = (figure(end, signed=True) for end in ends)
        return value if isnan(self.change.low) else f"{value} [{low}, {high}]"

    @property
    def _certain(self) -> bool:
        return self.change.low > 0 or self.change.high < 0


@dataclass(frozen=True, eq=False)
class DedicatedTower:
    """One modality through an encoder made for it alone."""

    modality: str
    title: str
    vectors: Float32
    """`(n_items, dim)` unit rows of the whole collection, one an item."""

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over all that it is."""
        digest = hashlib.sha256()
        digest.update(json.dumps([self.modality, self.title, *self.vectors.shape]).encode())
        digest.update(np.ascontiguousarray(self.vectors).tobytes())
        return digest.hexdigest()


def tower_of(collection: Collection, modality: str, title: str) -> DedicatedTower | None:
    """The first indexed row of every item in one modality; None where an item has none.

    Raises:
        GapvizError: the collection has no such modality.
    """
    block = collection.modality(modality).corpus.first_rows
    if block.n_rows < collection.n_items:
        return None
    return DedicatedTower(modality, title, block.vectors)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything the advisor may ask; each figure is measured when it is asked for."""

    collection: Collection
    """With a calibrate and an evaluate split."""
    measured: Measure
    """A strategy fitted on the one split and measured on the other."""
    pair: tuple[str, str]
    seed: int
    models: Mapping[str, Callable[[], Measurement]] = field(default_factory=dict)
    """Raw cosine by other models of the same items, by title."""
    towers: tuple[DedicatedTower, ...] = ()

    @property
    def raw(self) -> Measurement:
        """Raw cosine by the model of the collection."""
        return self.measured(StrategyOptions())

    @property
    def calibration(self) -> Collection:
        """The items that strategies are fitted on."""
        return self.collection.split(CALIBRATE)

    def comparable_models(self) -> dict[str, Measurement]:
        """Other models whose figures can be paired with those of this one."""
        found = {title: ask() for title, ask in self.models.items()}
        return {title: one for title, one in found.items() if same_queries(self.raw, one)}


def gather(
    collection: Collection,
    *,
    pair: tuple[str, str] | None = None,
    seed: int = DEFAULT_SEED,
    models: Mapping[str, Collection] | None = None,
    towers: tuple[DedicatedTower, ...] = (),
) -> Evidence:
    """Evidence from a collection with splits; nothing is measured before it is asked for.

    Args:
        collection: the items with the vectors of the model in use.
        pair: the two modalities that are looked at; see `default_pair`.
        seed: of bootstrap and samples.
        models: the same items with the vectors of other models, by title.
        towers: the same items through encoders of one modality.

    Raises:
        GapvizError: fewer than two modalities.
    """
    chosen = pair or default_pair(collection)

    raw = Experiment(collection, pair=chosen, seed=seed)

    @cache
    def measured(options: StrategyOptions) -> Measurement:
        return raw.having(options).measurement

    def raw_of(other: Collection) -> Callable[[], Measurement]:
        return cache(lambda: Experiment(other, pair=chosen, seed=seed).measurement)

    others = {title: raw_of(other) for title, other in (models or {}).items()}
    return Evidence(collection, measured, chosen, seed, others, towers)


def within_effect(before: Measurement, after: Measurement, modality: str) -> Effect | None:
    """Mean average precision within a modality; None where no two items share a label."""
    rows, items, labels = _first_rows(before, modality)
    other, _, _ = _first_rows(after, modality)
    return _within(rows, other, items, labels, before.seed, f"mAP within {modality}")


def tower_effect(evidence: Evidence, tower: DedicatedTower) -> Effect | None:
    """Within-modal recall delta: a dedicated encoder against the joint tower, as mAP.

    Raises:
        GapvizError: not one row for each item of the collection.
    """
    if len(tower.vectors) != evidence.collection.n_items:
        raise GapvizError(
            f"has {len(tower.vectors)} rows for {evidence.collection.n_items} items",
            where=tower.title,
            hint="encode every item once",
        )
    rows, items, labels = _first_rows(evidence.raw, tower.modality)
    whole = evidence.collection.position
    positions = [whole[evidence.raw.collection.items[item].id] for item in items]
    name = f"mAP within {tower.modality}"
    return _within(rows, tower.vectors[positions], items, labels, evidence.seed, name)


def _first_rows(measurement: Measurement, modality: str) -> tuple[Float32, Indices, Indices]:
    """The first indexed row of every item, as the strategy moved it, its item and label."""
    block = measurement.collection.modality(modality).corpus.first_rows
    moved = measurement.strategy.transform(block.vectors, modality)
    return moved, block.item_index, measurement.collection.labels[block.item_index]


def _within(
    before: Float32, after: Float32, items: Indices, labels: Indices, seed: int, figure: str
) -> Effect | None:
    old = evaluate_within(before, labels).average_precision
    if np.isnan(old).all():
        return None
    new = evaluate_within(after, labels).average_precision
    return paired(figure, old, new, items, seed=seed)


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
    seed, names = before.seed, list(before.mixed)
    old, new = ([m.mixed[name] for name in names] for m in (before, after))
    effects = [
        _over_modalities(
            "NDCG@10, mixed index", [o.ndcg for o in old], [n.ndcg for n in new], old, seed
        )
    ]
    for name, a, b in zip(names, old, new, strict=True):
        share = mean_of_known(a.expected_share)
        neutral = None if isnan(share) else share
        figure = f"bias@10, {name} queries"
        effects.append(
            _over_modalities(figure, [a.own_share], [b.own_share], [a], seed, aim=neutral)
        )
    for source, target in before.cross:
        effects.append(one_way_effects(before, after, source, target)[2])
    return effects


def _over_modalities(
    figure: str,
    before: Sequence[Float64],
    after: Sequence[Float64],
    outcomes: Sequence[MixedOutcome],
    seed: int,
    *,
    aim: float | None = None,
) -> Effect:
    differences = [b - a for a, b in zip(before, after, strict=True)]
    old, new, change = (
        mean_over_modalities(values, outcomes, seed) for values in (before, after, differences)
    )
    return Effect(figure, old, new, change, True if aim is None else None, aim)


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
