"""The anatomy of a collection's gap as work to be done once, on the evaluate split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.thresholds.adjusted_scores import adjusted_blocks, indexed_rows
from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.pairs import Pairs
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress
from gapviz.core.rows import Rows, rows_of_one
from gapviz.core.seeds import seeded_sample
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float32, read_only
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.anatomy import (
    AblationCurve,
    HeatMap,
    Hubness,
    PlanePoint,
    ablation_curve,
    clustered_heat_map,
    hubness,
    plane_point,
)
from gapviz.measures.geometry.centroids import DimensionShares, dimension_shares
from gapviz.measures.geometry.spectrum import Spectrum, spectrum
from gapviz.retrieval.exact import top_k, top_k_of_scores
from gapviz.storage.cache import cached
from gapviz.strategies import (
    STRATEGIES,
    Strategy,
    StrategyOptions,
    fit_strategy,
)

KIND = "anatomy"

# Raise it when the same request would give other figures.
REVISION = 4

HEAT_MAP_ITEMS = 120
NEIGHBOURS = 10

# Entries of the longest list, and queries, of a large collection that a sample stands for.
MAX_HUB_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class Dimensions(JsonFields):
    """How the raw gap spreads over dimensions, and what is left without the largest."""

    shares: DimensionShares
    ablation: AblationCurve
    """The order of removal is that of the calibrate split."""


@dataclass(frozen=True, eq=False)
class HeatMaps(JsonFields):
    """One sample of pairs in one order, by the title of the strategy."""

    pair: tuple[str, str]
    n_pairs: int
    """There are, drawn or not."""
    by_strategy: Mapping[str, HeatMap]


@dataclass(frozen=True, eq=False)
class Hubs(JsonFields):
    """k-occurrence across the modalities, by the title of the strategy and by direction."""

    by_strategy: Mapping[str, Mapping[tuple[str, str], Hubness]]
    sampled: bool
    """True where a seeded sample stands for the rows of a modality."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A point of the plane with its model and its strategy."""

    model: str
    strategy: str
    point: PlanePoint


@cached(KIND, revision=REVISION)
def cached_dimensions(
    collection: Collection, pair: tuple[str, str], *, seed: int, progress: Progress = no_progress
) -> Dimensions:
    """Shares of the squared gap by dimension, and the ablation curve."""
    fitted_on, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
    x, y = (measured.modality(name).corpus.vectors for name in pair)
    first, second = (centroid(fitted_on.modality(name).corpus.vectors) for name in pair)
    progress(0.1, "removing dimensions")
    return Dimensions(
        dimension_shares(centroid(x) - centroid(y)),
        ablation_curve(x, y, measured.pairs(*pair), delta=first - second, seed=seed),
    )


@cached(KIND, revision=REVISION)
def cached_heat_maps(
    collection: Collection,
    options: Sequence[StrategyOptions],
    pair: tuple[str, str],
    *,
    seed: int,
    progress: Progress = no_progress,
) -> HeatMaps:
    """Cosines of a sample of pairs in the clustered order of the first of `options`."""
    pairs = collection.split(EVALUATE).pairs(*pair)
    maps: dict[str, HeatMap] = {}
    for place, (title, (x, y)) in enumerate(_each(collection, options, pair)):
        progress(place / len(options), title)
        if maps:
            first = next(iter(maps.values()))
            maps[title] = _in_order(x, y, pairs, first)
        else:
            maps[title] = clustered_heat_map(x, y, pairs, n_items=HEAT_MAP_ITEMS, seed=seed)
    return HeatMaps(pair, len(pairs), maps)


@cached(KIND, revision=REVISION)
def cached_hubs(
    collection: Collection,
    options: Sequence[StrategyOptions],
    pair: tuple[str, str],
    *,
    seed: int,
    progress: Progress = no_progress,
) -> Hubs:
    """k-occurrence of each modality's rows in the lists of the other's.

    The lists hold the best cosines, or the best scores of a strategy that adjusts them.
    """
    fitted_on, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
    found = {}
    for place, chosen in enumerate(options):
        strategy = fit_strategy(chosen, fitted_on)
        progress(place / len(options), strategy.label)
        rows, asking = (
            {
                name: _some(indexed_rows(measured, strategy, name, asking=asks), seed)
                for name in pair
            }
            for asks in (False, True)
        )
        found[strategy.label] = {
            (source, target): _hubness(strategy, asking[source], rows[target])
            for source, target in (pair, pair[::-1])
        }
    largest = max(measured.modality(name).corpus.n_rows for name in pair)
    return Hubs(found, largest > MAX_HUB_ROWS)


@cached(KIND, revision=REVISION)
def cached_spectra(
    collection: Collection,
    options: Sequence[StrategyOptions],
    modalities: tuple[str, ...],
    *,
    progress: Progress = no_progress,
) -> Mapping[str, Mapping[str, Spectrum]]:
    """Eigenvalues of the covariance of each modality, by the title of the strategy."""
    found = {}
    for place, (title, blocks) in enumerate(_each(collection, options, modalities)):
        progress(place / len(options), title)
        found[title] = {name: spectrum(rows) for name, rows in zip(modalities, blocks, strict=True)}
    return found


@cached(KIND, revision=REVISION)
def cached_plane(
    collections: Mapping[str, Collection],
    options: Sequence[StrategyOptions],
    pair: tuple[str, str],
    *,
    seed: int,
    progress: Progress = no_progress,
) -> tuple[Placed, ...]:
    """Alignment and uniformity of every model under every strategy.

    Args:
        collections: one a model, by its title; those without both modalities are left out.
        options: the strategies; those that are undefined on a model's items are left out.
        pair: the modalities.
        seed: of samples.
        progress: told of each model and strategy; may raise to cancel.
    """
    points = []
    for place, (model, collection) in enumerate(collections.items()):
        if not set(pair) <= set(collection.modality_names):
            continue
        matched = collection.split(EVALUATE).pairs(*pair)
        for step, chosen in enumerate(options):
            done = (place + step / len(options)) / len(collections)
            progress(done, f"{model}, {STRATEGIES[chosen.name].title}")
            if Experiment(collection).undefined(chosen):
                continue
            title, (x, y) = next(_each(collection, [chosen], pair))
            points.append(Placed(model, title, plane_point(x, y, matched, seed=seed)))
    return tuple(points)


def _each(
    collection: Collection, options: Sequence[StrategyOptions], modalities: tuple[str, ...]
) -> Iterator[tuple[str, list[Float32]]]:
    """Title of each strategy, and the held-out rows of the modalities as it moved them."""
    fitted_on, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
    for chosen in options:
        strategy = fit_strategy(chosen, fitted_on)
        blocks = ((name, measured.modality(name).corpus.vectors) for name in modalities)
        yield strategy.label, [strategy.transform(vectors, name) for name, vectors in blocks]


def _in_order(x: Float32, y: Float32, pairs: Pairs, like: HeatMap) -> HeatMap:
    """The same pairs in the same order, so that maps can be compared cell by cell."""
    stacked = np.concatenate([x[pairs.rows_a[like.pairs]], y[pairs.rows_b[like.pairs]]])
    return HeatMap(like.pairs, read_only(stacked @ stacked.T), like.sampled)


def _hubness(strategy: Strategy, asking: Rows, gallery: Rows) -> Hubness:
    if not strategy.spec.adjusts_scores:
        found = top_k(asking.vectors, gallery.vectors, NEIGHBOURS).rows
        return hubness(found, gallery.n_rows, NEIGHBOURS)
    everyone = np.arange(asking.n_rows, dtype=np.int64)
    lists = [
        top_k_of_scores(scores, NEIGHBOURS).rows
        for _, scores in adjusted_blocks(strategy, asking, gallery, everyone)
    ]
    return hubness(np.concatenate(lists), gallery.n_rows, NEIGHBOURS)


def _some(rows: Rows, seed: int) -> Rows:
    chosen = seeded_sample(np.arange(rows.n_rows), MAX_HUB_ROWS, seed)
    return rows_of_one(rows.names[0], rows.vectors[chosen], rows.item[chosen])
