"""What a way of storing vectors loses of exact search, where every row is compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64, Indices
from gapviz.measures.retrieval.approximate_recall import (
    Sample,
    SearchedWay,
    asked_over,
    indexed_rows,
)
from gapviz.retrieval.approximate import BITS, Scan, Storage
from gapviz.strategies import Strategy

OVERFETCHED = 4
"""Entries a place of the list that are fetched, where they are ranked again by whole vectors."""


@dataclass(frozen=True, eq=False)
class StorageLoss(SearchedWay):
    """What a way of storing vectors loses where every row is compared."""

    storage: Storage
    recall: Float64
    """`(n_queries,)` of the list as it comes."""
    ranked_again: Float64
    """`(n_queries,)` of the first `OVERFETCHED` times as many, ranked by whole vectors."""
    items: Indices
    bytes_per_row: float


def storage_losses(
    sample: Sample,
    strategy: Strategy,
    storages: Sequence[Storage],
    *,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> tuple[StorageLoss, ...]:
    """Every way of storing, asked as in `effort_curves`; arguments as there.

    Raises:
        GapvizError: as `effort_curves`.
    """
    return tuple(_losses(sample, strategy, storages, seed, progress))


def _losses(
    sample: Sample, strategy: Strategy, storages: Sequence[Storage], seed: int, progress: Progress
) -> Iterator[StorageLoss]:
    for place, target in enumerate(sample.targets):
        rows = indexed_rows(sample, strategy, target)
        every = list(asked_over(sample, strategy, rows))
        for turn, storage in enumerate(storages):
            progress((place + turn / len(storages)) / len(sample.targets), storage)
            made = Scan().build(rows, storage, seed=seed)
            for asked in every:
                fetched = min(asked.depth * OVERFETCHED, len(rows))
                found = made.search(asked.queries, fetched, len(rows)).rows
                yield StorageLoss(
                    asked.source,
                    target,
                    storage,
                    asked.recall(found[:, : asked.depth]),
                    asked.recall(found),
                    asked.items,
                    bytes_of(storage, rows.shape[1]),
                )


def bytes_of(storage: Storage, dim: int) -> float:
    """Bytes of one vector as it is stored, without links and lists."""
    return {"float32": 4.0 * dim, "int8": float(dim)}.get(storage, float(-(-dim // BITS)))
