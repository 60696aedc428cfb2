"""Arrays in a folder, searched exactly: what every other store is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Indices, Mask
from gapviz.sources.stores import arrays_files as files
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.arrays_search import nearest_entries
from gapviz.sources.stores.clients import (
    field_named,
    no_collection,
    not_ours,
    refuse_not_finite,
    refuse_other_dimension,
    refuse_other_schema,
    refuse_taken_names,
)
from gapviz.sources.stores.rank_fusion import rank_fused
from gapviz.sources.stores.store import (
    BATCH,
    Batch,
    FieldVectors,
    Nearest,
    ReciprocalFusion,
    StoreSchema,
    StoreSpec,
    WritableStore,
)
from gapviz.storage.files import swapped_in, unwritable

DTYPES = ("float32", "float16")


class ArrayStore(WritableStore):
    """A folder with one array a vector field, memory-mapped; scores are made in blocks.

    What is written counts once `finish` has joined it; reading does so first.
    """

    def __init__(self, address: StoreAddress, folder: Path, *, writes: bool = False) -> None:
        """Take the address and the folder of the collection."""
        super().__init__(address)
        self.folder = folder
        self._writes = writes
        self._opened: files.StoredArrays | None = None

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        folder = _place(address)
        if not address.collection and not files.is_arrays(folder):
            raise no_collection(address, _names(folder), "collection")
        if not files.is_arrays(folder):
            raise no_collection(address, _names(folder.parent), "collection")
        return cls(address, folder)

    @classmethod
    def create(cls, address: StoreAddress, schema: StoreSchema) -> Self:
        folder, dtype = _place(address), address.options.get("dtype", DTYPES[0])
        if dtype not in DTYPES:
            raise GapvizError(
                f"cannot store {dtype}", where=str(address), hint=f"use {' or '.join(DTYPES)}"
            )
        store = cls(address, folder, writes=True)
        told = files.about(folder)
        if told.get("made_by") == "gapviz":
            there = StoreSchema(told["fields"], (), 0)
            refuse_other_schema(address, there, schema)
            return store
        if folder.exists() and any(folder.iterdir()):
            raise not_ours(address)
        try:
            with swapped_in(folder) as new:
                files.write_about(new, schema, dtype)
        except OSError as error:
            raise unwritable(folder, error) from error
        return store

    @property
    def _stored(self) -> files.StoredArrays:
        if self._writes:
            self.finish()
        if self._opened is None:
            self._opened = files.read_arrays(self.folder)
        return self._opened

    def schema(self) -> StoreSchema:
        stored = self._stored
        payload = tuple(name for name in stored.entries.column_names if name != files.ID)
        return StoreSchema(stored.fields, payload, stored.entries.num_rows, searches_exactly=True)

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        if self._writes and not files.ids_of(self.folder):
            return  # nothing is written yet
        n = self._stored.entries.num_rows
        for start in range(int(after or 0), n, batch):
            stop = min(start + batch, n)
            cursor = str(stop) if stop < n else ""
            yield self._batch(np.arange(start, stop), fields, payload, cursor)

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        return self._batch(self._places(ids), fields, None, "")

    def _places(self, ids: Sequence[str]) -> Indices:
        """Places of the entries of those ids that are there."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.index_in(pa.array(ids, pa.string()), value_set=self._stored.ids)
        places: Indices = found.drop_null().to_numpy().astype(np.int64)
        return places

    def _batch(
        self, places: Indices, fields: Sequence[str], payload: Sequence[str] | None, cursor: str
    ) -> Batch:
        stored = self._stored
        rows = stored.entries.take(places)
        known = [name for name in rows.column_names if name != files.ID]
        told = rows.select([one for one in known if payload is None or one in payload])
        vectors = {name: self._vectors(name, places) for name in fields}
        plain: list[dict[str, Any]] = [{}] * len(places)
        if told.num_columns:
            plain = [
                {key: value for key, value in one.items() if value is not None}
                for one in told.to_pylist()
            ]
        return Batch(tuple(rows[files.ID].to_pylist()), vectors, tuple(plain), cursor)

    def _vectors(self, name: str, places: Indices) -> FieldVectors:
        field = field_named(self.schema(), name, str(self.address))
        column = self._stored.columns.get(name)
        if column is None:
            return FieldVectors(np.zeros(0, np.int64), np.zeros((0, field.dim), np.float32))
        entry, rows = column.of(places)
        return FieldVectors(entry, column.vectors[rows].astype(np.float32))

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
        known = field_named(self.schema(), field, str(self.address))
        refuse_other_dimension(known, queries, str(self.address))
        stored = self._stored
        if field not in stored.columns:
            empty = np.zeros(0, dtype=np.float32)
            return Nearest(((),) * len(queries), (empty,) * len(queries))
        column = stored.columns[field]
        found = nearest_entries(column, queries, k, known.metric, self._allowed(where))
        return Nearest(
            tuple(tuple(stored.ids.take(places).to_pylist()) for places, _ in found),
            tuple(scores for _, scores in found),
        )

    def _allowed(self, where: Mapping[str, str] | None) -> Mask | None:
        """`(n_entries,)` which entries a filter lets through; None for all."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not where:
            return None
        entries = self._stored.entries
        allowed = np.ones(entries.num_rows, dtype=np.bool_)
        for name, value in where.items():
            if name not in entries.column_names:
                raise GapvizError(f"there is no payload {name!r}", where=str(self.address))
            column = entries[name]
            if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
                allowed[:] = False
                continue
            allowed &= pc.fill_null(pc.equal(column, value), False).to_numpy()
        return allowed

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        only = self.schema().fields[0].name
        lists = [
            self.nearest(only if where else name, rows, fusion.depth, where=(where or {}).get(name))
            for name, rows in queries.items()
        ]
        return rank_fused(lists, k, fusion)

    def write(self, batch: Batch) -> None:
        refuse_not_finite(batch, str(self.address))
        refuse_taken_names(batch, [files.ID], str(self.address))
        parts = files.parts_of(self.folder)
        number = 1 + (int(parts[-1].name) if parts else 0)
        told = files.about(self.folder)
        for name in batch.vectors:
            field_named(StoreSchema(told["fields"], (), 0), name, str(self.address))
        try:
            with swapped_in(self.folder / files.PARTS / f"{number:06d}") as new:
                files.write_arrays(new, told["fields"], batch, told["dtype"])
        except OSError as error:
            raise unwritable(self.folder, error) from error

    def present(self, ids: Sequence[str]) -> frozenset[str]:
        there = files.ids_of(self.folder)
        return frozenset(one for one in ids if one in there)

    def finish(self) -> None:
        """Join what was written with what was there."""
        if not files.parts_of(self.folder):
            return
        try:
            files.joined(self.folder)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        self._opened = None


def _place(address: StoreAddress) -> Path:
    """The folder of the collection; without a name it is the one of the address."""
    if not address.in_files:
        raise GapvizError(
            "arrays lie in a folder", where=str(address), hint=f"write {STORE.example}"
        )
    name = address.collection
    if name in (".", "..") or "/" in name or "\\" in name:
        raise GapvizError("this is no name of a collection", where=str(address))
    return address.folder / name if name else address.folder


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*") if files.is_arrays(path)]


STORE = StoreSpec(
    scheme="arrays",
    title="Arrays in a folder (exact)",
    opens=ArrayStore.open,
    extra="",
    example="arrays:///path/to/folder#name",
    writes=ArrayStore,
    place=10,
)
