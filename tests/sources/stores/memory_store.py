"""A store in a list, whose order, pace and faults a test can choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32
from gapviz.sources.stores.address import StoreAddress, parsed_address
from gapviz.sources.stores.store import (
    BATCH,
    Batch,
    FieldVectors,
    Nearest,
    Store,
    StoreSchema,
    VectorField,
    cosines,
)


@dataclass
class Entry:
    id: str
    vectors: Mapping[str, Float32] = field(default_factory=dict)
    """`(dim,)`, or `(several, dim)`."""
    payload: Mapping[str, object] = field(default_factory=dict)


class MemoryStore(Store):
    """Exact search over entries; `on_call` is told of every call, and may raise."""

    def __init__(
        self,
        entries: Sequence[Entry],
        fields: Sequence[VectorField],
        on_call: Callable[[str], None] = lambda name: None,
        batch: int = 7,
    ) -> None:
        super().__init__(parsed_address("qdrant://memory.invalid/pairs"))
        self.entries, self.fields, self.on_call, self.batch = entries, fields, on_call, batch

    @classmethod
    def open(cls, address: StoreAddress) -> MemoryStore:
        raise NotImplementedError

    def schema(self) -> StoreSchema:
        names = dict.fromkeys(name for one in self.entries for name in one.payload)
        return StoreSchema(tuple(self.fields), tuple(names), len(self.entries), True)

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        start = int(after or 0)
        while start < len(self.entries):
            self.on_call("scan")
            end = start + min(batch, self.batch)
            cursor = str(end) if end < len(self.entries) else ""
            yield self._batch(self.entries[start:end], fields, payload, cursor)
            start = end

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        self.on_call("fetch")
        by_id = {one.id: one for one in self.entries}
        return self._batch([by_id[one] for one in ids if one in by_id], fields, None, "")

    def _batch(
        self,
        entries: Sequence[Entry],
        fields: Sequence[str],
        payload: Sequence[str] | None,
        cursor: str,
    ) -> Batch:
        vectors = {}
        for known in self.fields:
            if known.name not in fields:
                continue
            held = [
                (place, row)
                for place, one in enumerate(entries)
                if known.name in one.vectors
                for row in np.atleast_2d(one.vectors[known.name])
            ]
            rows = np.array([row for _, row in held], np.float32).reshape(len(held), known.dim)
            vectors[known.name] = FieldVectors(np.array([at for at, _ in held], np.int64), rows)
        told = tuple(
            {k: v for k, v in one.payload.items() if payload is None or k in payload}
            for one in entries
        )
        return Batch(tuple(one.id for one in entries), vectors, told, cursor)

    def nearest(
        self,
        field: str,
        queries: Float32,
        k: int,
        *,
        where: Mapping[str, str] | None = None,
        effort: int | None = None,
        exact: bool = False,
    ) -> Nearest:
        self.on_call("nearest")
        if exact and not self.schema().searches_exactly:
            raise GapvizError("cannot search exactly")
        batch = self._batch(self.entries, [field], None, "")
        held = batch.vectors[field]
        scores = cosines(held.vectors, queries)
        best = np.full((len(queries), len(self.entries)), -np.inf, np.float32)
        for at, entry in enumerate(held.entry):
            best[:, entry] = np.maximum(best[:, entry], scores[:, at])
        ids, found = [], []
        for line in best:
            order = [at for at in np.argsort(-line, kind="stable")[:k] if np.isfinite(line[at])]
            ids.append(tuple(batch.ids[at] for at in order))
            found.append(line[order])
        return Nearest(tuple(ids), tuple(found))
