"""Exact search over a store that cannot search exactly itself: one pass over all of its entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.vectors import SMALLEST_NORM, Float32, Indices
from gapviz.sources.stores.store import FieldVectors, Metric, Nearest, Store


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched: one field, of all entries or of those whose payload has a value."""

    target: str
    """The modality that is found there; empty for all of them."""
    field: str
    column: str | None = None
    value: str = ""

    @property
    def where(self) -> Mapping[str, str] | None:
        """As `Store.nearest` takes it."""
        return None if self.column is None else {self.column: self.value}

    def is_of(self, payload: Mapping[str, Any]) -> bool:
        """Whether an entry is searched."""
        return self.column is None or payload.get(self.column) == self.value


def scanned_nearest(
    store: Store,
    searches: Sequence[Search],
    queries: Float32,
    k: int,
    tell: Callable[[float], None],
) -> dict[Search, Nearest]:
    """The nearest entries of all queries in every search; memory is that of a batch.

    Args:
        store: that is read.
        searches: what is searched.
        queries: `(n_queries, dim)`.
        k: how many entries to find for each.
        tell: told the share done; may raise to stop.

    Raises:
        GapvizError: the store does not answer.
    """
    schema = store.schema()
    metrics = {one.name: one.metric for one in schema.fields}
    best = {one: _Best.empty(len(queries)) for one in searches}
    names = list(dict.fromkeys(one.field for one in searches))
    columns = list(dict.fromkeys(one.column for one in searches if one.column is not None))
    seen = 0
    for batch in store.scan(names, columns):
        tell(seen / max(schema.n_entries, 1))
        for one in searches:
            held = batch.vectors[one.field]
            if one.column is not None:
                of_it = np.array([one.is_of(payload) for payload in batch.payload], dtype=np.bool_)
                kept = of_it[held.entry]
                held = FieldVectors(held.entry[kept], held.vectors[kept])
            best[one] = best[one].with_batch(held, batch.ids, queries, metrics[one.field], k)
        seen += len(batch.ids)
    return {one: found.nearest() for one, found in best.items()}


@dataclass(frozen=True, eq=False)
class _Best:
    """The best entries of every query so far."""

    score: Float32
    """`(n_queries, n_best)`, falling; −∞ for none."""
    entry: Indices
    """`(n_queries, n_best)`, places in `ids`."""
    ids: tuple[str, ...]

    @classmethod
    def empty(cls, n_queries: int) -> _Best:
        return cls(np.zeros((n_queries, 0), np.float32), np.zeros((n_queries, 0), np.int64), ())

    def with_batch(
        self, rows: FieldVectors, ids: Sequence[str], queries: Float32, metric: Metric, k: int
    ) -> _Best:
        if not rows.entry.size:
            return self
        scores = similarities(rows.vectors, queries, metric)
        entries, first = np.unique(rows.entry, return_index=True)
        # Of several vectors of an entry the best one counts.
        of_entry = np.maximum.reduceat(scores, first, axis=1)
        joined = np.concatenate([self.score, of_entry], axis=1)
        places = np.broadcast_to(len(self.ids) + entries, of_entry.shape)
        entry = np.concatenate([self.entry, places], axis=1)
        order = np.argsort(-joined, axis=1, kind="stable")[:, :k]
        score, entry = (np.take_along_axis(one, order, axis=1) for one in (joined, entry))
        known = (*self.ids, *ids)
        used, again = np.unique(entry, return_inverse=True)
        return _Best(score, again.reshape(entry.shape), tuple(known[at] for at in used.tolist()))

    def nearest(self) -> Nearest:
        lists = [tuple(self.ids[at] for at in line) for line in self.entry.tolist()]
        return Nearest(tuple(lists), tuple(self.score))


def similarities(vectors: Float32, queries: Float32, metric: Metric) -> Float32:
    """`(n_queries, n)`: how near vectors are by a metric, higher is nearer."""
    products = queries @ vectors.T
    if metric == "dot":
        return products
    squares = (vectors**2).sum(axis=1), (queries**2).sum(axis=1)
    if metric == "euclidean":
        apart = squares[0][None, :] + squares[1][:, None] - 2 * products
        return np.asarray(-np.sqrt(np.maximum(apart, 0)), dtype=np.float32)
    lengths = [np.maximum(np.sqrt(one), SMALLEST_NORM) for one in squares]
    return np.asarray(products / lengths[0][None, :] / lengths[1][:, None], dtype=np.float32)
