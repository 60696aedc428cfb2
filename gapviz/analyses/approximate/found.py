"""What the analysis of approximate indexes measures, kept by content; nothing is worded here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, no_progress
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.approximate_recall import (
    EffortCurve,
    Indexed,
    effort_curves,
    effort_ratio,
    sampled,
)
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.stored_recall import StorageLoss, storage_losses
from gapviz.retrieval.approximate import STORAGES, Hnsw, Ivf, Storage
from gapviz.storage.cache import cached
from gapviz.strategies import StrategyOptions

KIND = "approximate"

# Raise it when the same request would give other figures.
REVISION = 1


SourceIndex = tuple[str, Indexed]
"""Who asks, and what is searched."""


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How much of a collection is looked at."""

    n_queries: int
    """Most items that ask with each modality."""
    most_rows: int
    """Most rows of the mixed index."""


@dataclass(frozen=True, eq=False)
class StrategyCurves:
    """One strategy: every curve of it."""

    options: StrategyOptions
    curves: tuple[EffortCurve, ...]

    def curve(self, source: str, target: Indexed) -> EffortCurve:
        """Queries of `source` over the index of `target`."""
        return next(one for one in self.curves if (one.source, one.target) == (source, target))

    @property
    def crossings(self) -> Iterator[tuple[EffortCurve, EffortCurve]]:
        """Over each modality that is indexed alone: queries of the other, and its own queries."""
        for across in self.curves:
            if across.crosses and across.target is not None:
                yield across, self.curve(across.target, across.target)

    def factor(self, target: str, level: float, seed: int) -> Estimate:
        """Cost of `level` for queries of the other modality over that for `target`'s own."""
        across, own = next(pair for pair in self.crossings if pair[0].target == target)
        return effort_ratio(across, own, level, seed)


@dataclass(frozen=True, eq=False)
class StrategyLosses:
    """One strategy: what every way of storing loses."""

    options: StrategyOptions
    losses: tuple[StorageLoss, ...]

    def loss(self, storage: Storage, way: SourceIndex) -> StorageLoss:
        """Of one way of storing, over one index."""
        return next(
            one for one in self.losses if one.storage == storage and (one.source, one.target) == way
        )

    @property
    def ways(self) -> tuple[SourceIndex, ...]:
        """Every query modality over every index."""
        return tuple(dict.fromkeys((one.source, one.target) for one in self.losses))

    def change_from(
        self, raw: StrategyLosses, storage: Storage, way: SourceIndex, seed: int
    ) -> Estimate:
        """Recall minus that of the same queries under another strategy."""
        own, other = self.loss(storage, way), raw.loss(storage, way)
        return bootstrap_mean(own.recall - other.recall, own.items, seed=seed)


@cached(KIND, revision=REVISION)
def cached_curves(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    index: Hnsw | Ivf,
    storage: Storage,
    overfetched: int,
    size: SampleSize,
    *,
    seed: int,
    progress: Progress = no_progress,
) -> tuple[EffortCurve, ...]:
    """`effort_curves` of a strategy that is fitted on the calibrate split.

    Raises:
        GapvizError: as `sampled`, `effort_curves` and `Experiment.fitted`.
    """
    sample = sampled(
        collection, pair, n_queries=size.n_queries, most_rows=size.most_rows, seed=seed
    )
    return effort_curves(
        sample,
        Experiment(collection, pair=pair, seed=seed).fitted(options),
        index,
        storage=storage,
        overfetched=overfetched,
        seed=seed,
        progress=progress,
    )


@cached(KIND, revision=REVISION)
def cached_losses(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    size: SampleSize,
    *,
    storages: Sequence[Storage] = tuple(STORAGES),
    seed: int,
    progress: Progress = no_progress,
) -> tuple[StorageLoss, ...]:
    """`storage_losses` of a strategy that is fitted on the calibrate split.

    Raises:
        GapvizError: as `cached_curves`.
    """
    sample = sampled(
        collection, pair, n_queries=size.n_queries, most_rows=size.most_rows, seed=seed
    )
    strategy = Experiment(collection, pair=pair, seed=seed).fitted(options)
    return storage_losses(sample, strategy, storages, seed=seed, progress=progress)
