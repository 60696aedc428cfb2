"""What the model cards state: figures of the evaluate items, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.measures.experiment import measure
from gapviz.measures.retrieval.bootstrap import bootstrap_mean

SEED = 0
"""Of the bootstraps."""


@dataclass(frozen=True, eq=False)
class Figure:
    """One row of a model card."""

    what: str
    value: float
    interval: tuple[float, float] | None = None
    values: Float64 | None = None
    """`(n_queries,)` whose mean it is, where it is a mean."""
    items: Indices | None = None
    """`(n_queries,)` the item of each of them."""

    def __str__(self) -> str:
        if self.interval is None:
            return f"{self.value:.3f}"
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}]"

    def minus(self, base: Figure) -> str:
        """The difference from the same figure of another model, paired where it is a mean."""
        if self.values is None or base.values is None or self.items is None:
            return f"{self.value - base.value:+.3f}"
        gain = bootstrap_mean(self.values - base.values, self.items, seed=SEED)
        return f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"


def match_ranks(queries: Float32, items: Float32) -> Indices:
    """`(n,)`: how many items beat (or tie with) item i for query i, itself left out."""
    scores = queries @ items.T
    own = np.diag(scores).copy()
    np.fill_diagonal(scores, -np.inf)
    return np.asarray((scores >= own[:, None]).sum(axis=1), dtype=np.int64)


def held_out(collection: Collection) -> list[Figure]:
    """Every figure of a model card, of the evaluate items of `collection`."""
    return [*_recalls(collection.split(EVALUATE)), *_mixed(collection)]


def _recalls(held: Collection) -> Iterator[Figure]:
    text = held.modality("text")
    x, y = held.modality("image").vectors, text.corpus.vectors
    rows = [np.flatnonzero(text.item_index == item) for item in range(held.n_items)]
    second = text.vectors[[own[min(1, own.size - 1)] for own in rows]]
    yield from both_ways(x, y)
    yield from _recall("second caption → image", match_ranks(second, x))


def both_ways(images: Float32, texts: Float32) -> Iterator[Figure]:
    """R@k of n pictures and their n captions, `(n, dim)` both, in both directions."""
    yield from _recall("text → image", match_ranks(texts, images))
    yield from _recall("image → text", match_ranks(images, texts))


def _recall(way: str, ranks: Indices) -> Iterator[Figure]:
    for k in (1, 5, 10):
        yield _mean(f"R@{k} {way}", (ranks < k).astype(np.float64), np.arange(ranks.size))


def _mixed(collection: Collection) -> Iterator[Figure]:
    found = measure(collection, seed=SEED, intervals="queries")
    gap = found.geometry.gap
    yield Figure("gap (distance of the centroids)", gap.gap, (gap.low, gap.high))
    yield Figure("cloud separation (variant A)", gap.separation)
    for name in ("text", "image"):
        outcome = found.mixed[name]
        yield _mean(f"bias@10, {name} queries", outcome.own_share, outcome.items)
        yield _mean(f"mixed NDCG@10, {name} queries", outcome.ndcg, outcome.items)


def _mean(what: str, values: Float64, items: Indices) -> Figure:
    estimate: Estimate = bootstrap_mean(values, items, seed=SEED)
    return Figure(what, estimate.value, (estimate.low, estimate.high), values, items)
