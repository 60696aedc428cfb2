"""What was measured on a collection, for the advisor to judge by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np

from gapviz.analyses.advice.effects import Effect, paired, same_queries
from gapviz.core.collection import CALIBRATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Indices
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement, default_pair
from gapviz.measures.retrieval.within import evaluate_within
from gapviz.strategies import StrategyOptions

Measure = Callable[[StrategyOptions], Measurement]


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
