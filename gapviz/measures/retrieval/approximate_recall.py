"""Recall@10 of an approximate index against exact search, as its search effort grows.

Recall counts entries, not matches: it says what the index loses of exact search under the same
vectors. An entry whose exact cosine equals that of the tenth counts as one of the ten (Aumüller,
Bernhardsson & Faithfull 2020, "ANN-Benchmarks", whose recall has the same tolerance).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf, nan

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import Float32, Float64, Indices, ratio
from gapviz.core.wording import counted
from gapviz.measures.retrieval.bootstrap import resampled_means
from gapviz.retrieval.approximate import Hnsw, IndexKind, Storage
from gapviz.retrieval.exact import top_k
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.ties import TOLERANCE

DEPTH = 10
LEVELS = (0.9, 0.95, 0.99)
"""Recall that effort is asked for."""
SHARE_ASKING = 4
"""At most one in so many held-out items asks with each modality: the others are indexed."""

Indexed = str | None
"""The modality that is indexed alone; None for the mixed index of both."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Which rows are indexed and which ask, before any strategy moves them."""

    indexed: Mapping[str, ModalityVectors]
    asking: Mapping[str, ModalityVectors]
    """An item asks with one modality; its rows of that modality are not indexed."""

    @property
    def n_rows(self) -> int:
        """Rows of the mixed index."""
        return sum(block.n_rows for block in self.indexed.values())

    @property
    def targets(self) -> tuple[Indexed, ...]:
        """What is searched: each modality alone, and both."""
        return (*self.indexed, None)


def sampled(
    collection: Collection, pair: tuple[str, str], *, n_queries: int, most_rows: int, seed: int
) -> Sample:
    """Held-out items that ask, and all others of the collection that are indexed.

    Args:
        collection: all items; those of the evaluate split ask.
        pair: the two modalities.
        n_queries: most items that ask with each.
        most_rows: most rows of the mixed index; of more, items are drawn by chance.
        seed: of both samples.

    Raises:
        GapvizError: no item can ask with one of them, or fewer than two rows would be indexed.
    """
    rng = np.random.default_rng(seed)
    blocks = {name: collection.modality(name) for name in pair}
    held_out = np.asarray(collection.splits.get(EVALUATE, ()), dtype=np.int64)
    free = rng.permutation(held_out)
    asking = {}
    for name, block in blocks.items():
        able = free[np.isin(free, block.queries.item_index)]
        some = able[: max(1, min(n_queries, held_out.size // SHARE_ASKING))]
        free = free[~np.isin(free, some)]
        asking[name] = block.queries.rows(np.isin(block.queries.item_index, some))
    askers = {name: np.unique(one.item_index) for name, one in asking.items()}
    kept = _kept_items(collection.n_items, blocks, askers, most_rows, rng)
    indexed = {
        name: block.corpus.rows(
            kept[block.corpus.item_index] & ~np.isin(block.corpus.item_index, askers[name])
        )
        for name, block in blocks.items()
    }
    for name in pair:
        if not asking[name].n_rows or indexed[name].n_rows < 2:
            raise GapvizError(
                f"has {counted(indexed[name].n_rows, f'{name} row')} to index and "
                f"{counted(asking[name].n_rows, 'held-out row')} that can ask",
                where=collection.name,
                hint="give at least ten items of each modality",
            )
    return Sample(indexed, asking)


def _kept_items(
    n_items: int,
    blocks: Mapping[str, ModalityVectors],
    askers: Mapping[str, Indices],
    most_rows: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """`(n_items,)` which items are indexed: those that ask, so that matches are there, and others
    by chance as long as there is room.
    """
    first = np.concatenate([*askers.values()])
    others = rng.permutation(np.setdiff1d(np.arange(n_items), first))
    order = np.concatenate([first, others])
    rows = np.zeros(n_items, dtype=np.int64)
    for block in blocks.values():
        rows += np.bincount(block.corpus.item_index, minlength=n_items)
    kept = np.zeros(n_items, dtype=np.bool_)
    kept[order[np.cumsum(rows[order]) <= most_rows]] = True
    return kept


@dataclass(frozen=True, eq=False)
class SearchedWay:
    """Queries of one modality over one index."""

    source: str
    target: Indexed

    @property
    def crosses(self) -> bool:
        """Whether queries of one modality search the other alone."""
        return self.target not in (self.source, None)

    @property
    def way(self) -> tuple[str, str]:
        """Source and target, for JSON."""
        return self.source, self.target or "mixed"


@dataclass(frozen=True, eq=False)
class EffortCurve(SearchedWay):
    """What they find at every effort."""

    efforts: tuple[int, ...]
    """Rising."""
    recall: Float64
    """`(n_queries, n_efforts)`, share of the exact first `DEPTH` that was found."""
    distances: Float64
    """`(n_queries, n_efforts)` distance computations."""
    items: Indices
    """`(n_queries,)` the item of each query: what intervals resample."""
    n_indexed: int

    def resampled(self, seed: int) -> tuple[Float64, Float64]:
        """Mean recall and mean cost in each resample of the items, `(n_resamples, n_efforts)`."""
        columns = np.concatenate([self.recall, self.distances], axis=1)
        means = resampled_means(columns, self.items, seed=seed)
        return means[:, : len(self.efforts)], means[:, len(self.efforts) :]

    def band(self, seed: int = DEFAULT_SEED) -> tuple[Float64, Float64, Float64]:
        """Mean recall at every effort with the ends of its interval, `(n_efforts,)` each."""
        low, high = np.quantile(self.resampled(seed)[0], (0.025, 0.975), axis=0)
        return self.recall.mean(axis=0), low, high

    def needed(self, level: float, seed: int = DEFAULT_SEED) -> Estimate:
        """Distance computations of a query at the effort that reaches a mean recall of `level`.

        Between two efforts recall is taken as linear in the logarithm of the cost. NaN where no
        effort reaches it.
        """
        value = cost_at(self.recall.mean(axis=0)[None], self.distances.mean(axis=0)[None], level)
        return _estimate(float(value[0]), cost_at(*self.resampled(seed), level))

    def at_least_effort(self, level: float) -> bool:
        """Whether the smallest effort reaches it: less cannot be asked for."""
        return bool(self.recall[:, 0].mean() >= level)


def cost_at(recall: Float64, cost: Float64, level: float) -> Float64:
    """Cost at which each line reaches a recall of `level`, `(n,)`; infinite where none does.

    Args:
        recall: `(n, n_efforts)` at rising efforts; a dip after a higher one is passed over.
        cost: `(n, n_efforts)`.
        level: of the recall.
    """
    best = np.maximum.accumulate(recall, axis=1)
    reached = best >= level
    place = reached.argmax(axis=1)
    line = np.arange(len(recall))
    before = np.maximum(place - 1, 0)
    step = best[line, place] - best[line, before]
    share = ratio(level - best[line, before], step)
    low, high = np.log(cost[line, before]), np.log(cost[line, place])
    found = np.where(place > 0, np.exp(low + share * (high - low)), cost[:, 0])
    return np.where(reached.any(axis=1), found, inf)


def effort_ratio(
    above: EffortCurve, below: EffortCurve, level: float, seed: int = DEFAULT_SEED
) -> Estimate:
    """Cost of `level` for one kind of queries over that for another; NaN where either has none.

    Where the same items ask on both sides they are resampled together, else apart.
    """
    same = np.array_equal(above.items, below.items)
    value = above.needed(level).value / below.needed(level).value
    costs = [
        cost_at(*curve.resampled(seed + place), level)
        for place, curve in ((0, above), (0 if same else 1, below))
    ]
    known = np.isfinite(costs[0]) | np.isfinite(costs[1])
    return _estimate(value, costs[0][known] / costs[1][known])


def _estimate(value: float, resampled: Float64) -> Estimate:
    if isinf(value) or np.isnan(value) or not resampled.size:
        return Estimate(nan, nan, nan)
    low, high = np.quantile(resampled, (0.025, 0.975), method="inverted_cdf")
    return Estimate(value, float(low), nan if isinf(high) else float(high))


def effort_curves(
    sample: Sample,
    strategy: Strategy,
    index: IndexKind | None = None,
    *,
    storage: Storage = "float32",
    overfetched: int = 1,
    efforts: Sequence[int] | None = None,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> tuple[EffortCurve, ...]:
    """Every modality of a sample asks every index of it: alone, the other alone, both mixed.

    Args:
        sample: whose rows the strategy moves first; exact search is under the same vectors.
        strategy: fitted.
        index: how rows are indexed, `Hnsw()` unless given.
        storage: how vectors are stored.
        overfetched: entries a place that are fetched and ranked again by whole vectors; with 1
            they stay as they are.
        efforts: to try, those of the index unless given.
        seed: of the order of insertion and of k-means.
        progress: told of each index; may raise to cancel.

    Raises:
        GapvizError: faiss is not there, or the strategy is undefined for a row.
    """
    found: list[EffortCurve] = []
    kind, n_targets = index or Hnsw(), len(sample.targets)
    for place, target in enumerate(sample.targets):
        progress(place / n_targets, f"building the index of {target or 'both'}")
        rows = indexed_rows(sample, strategy, target)
        made = kind.build(rows, storage, seed=seed)
        tried = tuple(made.efforts if efforts is None else efforts)
        for asked in asked_over(sample, strategy, rows):
            depth = min(asked.depth * overfetched, len(rows))
            recall, distances = np.empty((2, len(asked.queries), len(tried)))
            for column, effort in enumerate(tried):
                progress((place + column / len(tried)) / n_targets, f"{asked.source} queries")
                nearest = made.search(asked.queries, depth, effort)
                recall[:, column] = asked.recall(nearest.rows)
                distances[:, column] = nearest.distances + (depth if overfetched > 1 else 0)
            found.append(
                EffortCurve(asked.source, target, tried, recall, distances, asked.items, len(rows))
            )
    return tuple(found)


def indexed_rows(sample: Sample, strategy: Strategy, target: Indexed) -> Float32:
    """Moved rows `(n, dim)` of one modality, or of both.

    Raises:
        GapvizError: the strategy is undefined for a row.
    """
    return np.concatenate(
        [
            strategy.transform(block.vectors, name)
            for name, block in sample.indexed.items()
            if target in (name, None)
        ]
    )


@dataclass(frozen=True, eq=False)
class KnownAnswers:
    """Moved queries of one modality, and what exact search gives them."""

    source: str
    items: Indices
    """`(n_queries,)` the item of each."""
    queries: Float32
    """`(n_queries, dim)`."""
    rows: Float32
    """`(n, dim)`, what they search."""
    depth: int
    """`DEPTH`, or the number of rows."""
    least: Float32
    """`(n_queries, 1)` cosine from which an entry is one of the exact first `depth`."""

    def recall(self, found: Indices) -> Float64:
        """`(n_queries,)` share of the exact list among the rows `found` `(n_queries, k)`."""
        cosines = np.einsum("qd,qkd->qk", self.queries, self.rows[found])
        right = (cosines >= self.least) & (found >= 0)
        shares: Float64 = np.minimum(right.sum(axis=1), self.depth) / self.depth
        return shares


def asked_over(sample: Sample, strategy: Strategy, rows: Float32) -> Iterator[KnownAnswers]:
    """The queries of each modality over moved rows `(n, dim)`."""
    for source, block in sample.asking.items():
        queries = strategy.transform_queries(block.vectors, source)
        exact = top_k(queries, rows, DEPTH)
        yield KnownAnswers(
            source,
            block.item_index,
            queries,
            rows,
            exact.rows.shape[1],
            exact.scores[:, -1:] - np.float32(TOLERANCE),
        )
