"""LanceDB: a table in a folder or in object storage, searched in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.vectors import Float32
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.clients import (
    field_named,
    no_collection,
    not_ours,
    refuse_not_finite,
    refuse_other_dimension,
    refuse_other_schema,
    refuse_taken_names,
)
from gapviz.sources.stores.lancedb_columns import (
    DISTANCE,
    IDS,
    MARK,
    METRIC,
    METRICS,
    ONE_VECTOR,
    ROW,
    listed,
    named_column,
    new_schema,
    payload_kinds,
    sql_name,
    sql_text,
    vectors_of,
    width_of,
)
from gapviz.sources.stores.store import (
    BATCH,
    Batch,
    Nearest,
    ReciprocalFusion,
    StoreSchema,
    StoreSpec,
    VectorField,
    WritableStore,
)


class LanceStore(WritableStore):
    """A table with a column a vector field: lists of fixed size, or lists of those."""

    def __init__(self, address: StoreAddress, table: Any) -> None:
        """Take the address and an open table."""
        super().__init__(address)
        self.table = table

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        library = needed("lancedb")
        if address.in_files and not address.folder.is_dir():
            raise GapvizError("there is no such folder", where=address.path)
        with _explained(address):
            database = library.connect(_uri(address))
            names = list(database.list_tables().tables)
            if address.collection not in names:
                raise no_collection(address, names, "table")
            return cls(address, database.open_table(address.collection))

    @classmethod
    def create(cls, address: StoreAddress, schema: StoreSchema) -> Self:
        library = needed("lancedb")
        with _explained(address):
            database = library.connect(_uri(address))
            if address.collection in database.list_tables().tables:
                store = cls(address, database.open_table(address.collection))
                if MARK not in (store.table.schema.metadata or {}):
                    raise not_ours(address)
                named = [named_column(one) for one in schema.fields]
                wanted = StoreSchema(tuple(named), schema.payload, schema.n_entries)
                refuse_other_schema(address, store.schema(), wanted)
                return store
            return cls(
                address, database.create_table(address.collection, schema=new_schema(schema))
            )

    @property
    def _id(self) -> str:
        names = self.table.schema.names
        return next((name for name in IDS if name in names), ROW)

    @property
    def _fields(self) -> dict[str, VectorField]:
        """By name of the column; asked of the table's own schema."""
        metadata = self.table.schema.metadata or {}
        indexes = {name: one for one in self.table.list_indices() for name in one.columns}
        found = {}
        for column in self.table.schema:
            dim, several = width_of(column.type)
            if not dim:
                continue
            index = indexes.get(column.name)
            told = metadata.get(METRIC + column.name.encode(), b"").decode()
            if index is not None:
                told = self.table.index_stats(index.name).distance_type
            kind = "" if index is None else str(index.index_type)
            found[column.name] = VectorField(
                column.name, dim, METRICS.get(told, "cosine"), several, kind
            )
        return found

    def schema(self) -> StoreSchema:
        with _explained(self.address):
            fields = self._fields
            payload = [name for name in self.table.schema.names if name not in {*fields, self._id}]
            return StoreSchema(
                tuple(fields.values()),
                tuple(payload),
                self.table.count_rows(),
                searches_exactly=not any(one.index for one in fields.values()),
            )

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        start, wanted = int(after or 0), self._columns(fields, payload)
        n = self.table.count_rows()
        while start < n:
            with _explained(self.address):
                asked = self.table.search().select(wanted).with_row_id(True)
                rows = asked.offset(start).limit(batch).to_arrow()
            if not rows.num_rows:
                return
            start += rows.num_rows
            yield self._batch(rows, fields, str(start) if start < n else "")

    def _columns(self, fields: Sequence[str], payload: Sequence[str] | None) -> list[str]:
        known = self.schema()
        for name in fields:
            field_named(known, name or ONE_VECTOR, str(self.address))
        names = known.payload if payload is None else [p for p in payload if p in known.payload]
        key = [self._id] if self._id != ROW else []
        return [*key, *(name or ONE_VECTOR for name in fields), *names]

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        wanted = self._columns(fields, None)
        with _explained(self.address):
            rows = self._found(ids, wanted)
        names = [str(one) for one in rows[self._id].to_pylist()]
        place = {name: at for at, name in enumerate(names)}
        wanted_rows = np.array([place[one] for one in ids if one in place], dtype=np.int64)
        return self._batch(rows.take(wanted_rows), fields, "")

    def _found(self, ids: Sequence[str], columns: list[str]) -> Any:
        """The rows of some ids, in any order."""
        asked = self.table.search().select(columns).with_row_id(True)
        return asked.where(self._any_of(ids)).limit(max(len(ids), 1)).to_arrow()

    def _any_of(self, ids: Sequence[str]) -> str:
        name = self._id
        numbers = name == ROW or not str(self.table.schema.field(name).type).endswith("string")
        if numbers:
            # What is no number is the id of no row.
            ids = [one for one in ids if one.isascii() and one.lstrip("-").isdigit()]
        listed = ", ".join(ids if numbers else map(sql_text, ids))
        return f"{sql_name(name)} IN ({listed})" if ids else "false"

    def _batch(self, rows: Any, fields: Sequence[str], cursor: str) -> Batch:
        ids = tuple(map(str, rows[self._id].to_pylist()))
        vectors = {name: vectors_of(rows[name or ONE_VECTOR]) for name in fields}
        held = {self._id, ROW, *(name or ONE_VECTOR for name in fields)}
        payload = rows.select([name for name in rows.column_names if name not in held])
        told: list[dict[str, Any]] = payload.to_pylist() if payload.num_columns else [{}] * len(ids)
        plain = [{k: value for k, value in one.items() if value is not None} for one in told]
        return Batch(ids, vectors, tuple(plain), cursor)

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
        known = self._field(field, queries)
        ids, scores = [], []
        for row in queries:
            with _explained(self.address):
                found = self._search(known, row, k, where, effort, exact).to_arrow()
            ids.append(tuple(map(str, found[self._id].to_pylist())))
            distances = np.asarray(found[DISTANCE], dtype=np.float32)
            # Of euclidean distances LanceDB gives the square.
            near = -np.sqrt(distances) if known.metric == "euclidean" else 1 - distances
            scores.append(near.astype(np.float32))
        return Nearest(tuple(ids), tuple(scores))

    def _field(self, name: str, queries: Float32) -> VectorField:
        with _explained(self.address):
            fields = StoreSchema(tuple(self._fields.values()), (), 0)
        known = field_named(fields, name or ONE_VECTOR, str(self.address))
        refuse_other_dimension(known, queries, str(self.address))
        return known

    def _search(
        self,
        field: VectorField,
        query: Float32,
        k: int,
        where: Mapping[str, str] | None,
        effort: int | None = None,
        exact: bool = False,
    ) -> Any:
        metric = {told: name for name, told in METRICS.items()}[field.metric]
        asked = self.table.search(query, vector_column_name=field.name).distance_type(metric)
        key = [self._id] if self._id != ROW else []
        asked = asked.select([*key, DISTANCE]).with_row_id(True).limit(k)
        if where:
            told = " AND ".join(f"{sql_name(key)} = {sql_text(v)}" for key, v in where.items())
            asked = asked.where(told, prefilter=True)
        if exact or not field.index:
            return asked.bypass_vector_index()
        if effort is None:
            return asked
        return asked.ef(max(effort, k)) if "HNSW" in field.index else asked.nprobes(effort)

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        rerankers = needed("lancedb.rerankers")
        if fusion.k < 1:
            raise GapvizError(
                f"LanceDB fuses with a k of 1 or more, not {fusion.k}", where=str(self.address)
            )
        only = next(iter(self._fields))
        fields = {
            name: self._field(only if where else name, rows) for name, rows in queries.items()
        }
        ranks = rerankers.RRFReranker(K=fusion.k)
        ids, scores = [], []
        for place in range(len(next(iter(queries.values())))):
            with _explained(self.address):
                lists = [
                    self._search(
                        fields[name], rows[place], fusion.depth, (where or {}).get(name)
                    ).to_arrow()
                    for name, rows in queries.items()
                ]
                found = ranks.rerank_multivector(lists).slice(0, k)
            ids.append(tuple(map(str, found[self._id].to_pylist())))
            scores.append(np.asarray(found["_relevance_score"], dtype=np.float32))
        return Nearest(tuple(ids), tuple(scores))

    def write(self, batch: Batch) -> None:
        import pyarrow as pa

        refuse_not_finite(batch, str(self.address))
        with _explained(self.address):
            refuse_taken_names(batch, (self._id, *self._fields), str(self.address))
            kinds = payload_kinds(batch.payload)
            new = [name for name in kinds if name not in self.table.schema.names]
            if new:
                self.table.add_columns([pa.field(name, kinds[name]) for name in new])
            columns: dict[str, Any] = {self._id: pa.array(batch.ids, pa.string())}
            rows = {name or ONE_VECTOR: held for name, held in batch.vectors.items()}
            for column in self.table.schema:
                if width_of(column.type)[0]:
                    held = listed(rows.get(column.name), len(batch.ids), column.type)
                    columns[column.name] = pa.array(held, column.type)
                elif column.name not in columns:
                    told = [one.get(column.name) for one in batch.payload]
                    columns[column.name] = pa.array(told, column.type)
            kept = pa.table(columns, schema=self.table.schema)
            merge = self.table.merge_insert(self._id).when_matched_update_all()
            # Else a missing vector of ten dimensions or more is refused as a bad one.
            merge.when_not_matched_insert_all().execute(kept, on_bad_vectors="null")

    def present(self, ids: Sequence[str]) -> frozenset[str]:
        with _explained(self.address):
            rows = self._found(ids, [self._id])
        return frozenset(map(str, rows[self._id].to_pylist()))

    def finish(self) -> None:
        """Join the small files that writing left; no index is built, so that search is exact."""
        with _explained(self.address):
            self.table.optimize()


@contextmanager
def _explained(address: StoreAddress) -> Iterator[None]:
    """What the library raises, in a sentence."""
    try:
        yield
    except GapvizError:
        raise
    except (RuntimeError, OSError, ValueError, TypeError) as error:
        told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise GapvizError(f"LanceDB cannot do this: {told}", where=str(address)) from error


def _uri(address: StoreAddress) -> str:
    """A folder, or object storage as `lancedb://s3/bucket/path#table` names it."""
    return address.path if address.in_files else f"{address.host}://{address.path}"


STORE = StoreSpec(
    scheme="lancedb",
    title="LanceDB",
    opens=LanceStore.open,
    extra="lancedb",
    example="lancedb:///path/to/folder#table",
    writes=LanceStore,
    credentials=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    departs={
        "ties": "Equal scores are in no stated order, and its rank fusion need not keep that of "
        "the lists.",
        "fusion": "Its rank fusion is made by the client and knows k alone: no weights, no items.",
        "scale": "A table tells no metric unless an index does: gapviz then asks by the cosine, "
        "where LanceDB's own default is the euclidean distance.",
        "approximate": "Exact until somebody builds an index; gapviz builds none.",
    },
    place=30,
)
