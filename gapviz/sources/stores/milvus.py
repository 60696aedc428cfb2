"""Milvus: a server, or Milvus Lite in files (pymilvus 2.6 or later)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.vectors import Float32
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.clients import (
    QUERIES_AT_ONCE,
    SAMPLED,
    closed_on_error,
    field_named,
    no_collection,
    not_ours,
    refuse_not_finite,
    refuse_other_dimension,
    refuse_other_schema,
    wait_for_indexes,
)
from gapviz.sources.stores.milvus_client import TOKEN, explained, let_go, opened
from gapviz.sources.stores.milvus_schema import (
    MARK,
    NULLS,
    ONE_VECTOR,
    REST,
    Declared,
    collection_schema,
    effort_of,
    index_params,
    is_ours,
    named_field,
    read_declared,
    similarity_of,
)
from gapviz.sources.stores.store import (
    BATCH,
    Batch,
    FieldVectors,
    Nearest,
    ReciprocalFusion,
    StoreSchema,
    StoreSpec,
    VectorField,
    WritableStore,
)


class MilvusStore(WritableStore):
    """Entries with a vector field a modality, or with one for all of them."""

    def __init__(self, address: StoreAddress, client: Any) -> None:
        """Take the address and an open client."""
        super().__init__(address)
        self.client = client
        self._fields: Declared | None = None
        self._lacking: dict[str, bool] = {}

    @property
    def _name(self) -> str:
        return self.address.collection

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        store = cls(address, opened(address, create=False))
        with closed_on_error(store), explained(address):
            names = store.client.list_collections()
            if address.collection not in names:
                raise no_collection(address, names, "collection")
            store._be_loaded()
        return store

    @classmethod
    def create(cls, address: StoreAddress, schema: StoreSchema) -> Self:
        library = needed("pymilvus")
        store = cls(address, opened(address, create=True))
        named = StoreSchema(tuple(map(named_field, schema.fields)), schema.payload, 0)
        with closed_on_error(store), explained(address):
            if store.client.has_collection(store._name):
                if not is_ours(store.client, store._name):
                    raise not_ours(address)
                store.client.load_collection(store._name)
                refuse_other_schema(address, store.schema(), named)
                return store
            store.client.create_collection(
                store._name,
                schema=collection_schema(library, named.fields, named.payload),
                index_params=index_params(store.client, named.fields),
                consistency_level="Strong",
                properties={MARK: "1"} if address.in_files else None,
            )
            store.client.load_collection(store._name)
        return store

    def close(self) -> None:
        self.client.close()
        if self.address.in_files:
            let_go(self.address.folder)

    def _be_loaded(self) -> None:
        if self.address.in_files:
            self.client.load_collection(self._name)
        elif self.client.get_load_state(self._name)["state"].name != "Loaded":
            raise GapvizError(
                "the collection is not loaded, and gapviz only reads",
                where=str(self.address),
                hint="load it, for instance by load_collection of its client",
            )

    @property
    def _declared(self) -> Declared:
        if self._fields is None:
            with explained(self.address):
                self._fields = read_declared(self.client, self._name)
        return self._fields

    def _field(self, name: str) -> VectorField:
        schema = StoreSchema(self._declared.vectors, (), 0)
        return field_named(schema, name or ONE_VECTOR, str(self.address))

    def schema(self) -> StoreSchema:
        self._fields = None
        declared = self._declared
        payload = dict.fromkeys(declared.scalars)
        with explained(self.address):
            if declared.open_ended:
                for row in self._query("", [REST], limit=SAMPLED):
                    payload |= dict.fromkeys(name for name in row if name != declared.key)
            (count,) = self._query("", ["count(*)"])
        return StoreSchema(
            fields=declared.vectors,
            payload=tuple(payload),
            n_entries=int(count["count(*)"]),
            searches_exactly=not any(one.index for one in declared.vectors),
        )

    def _query(self, expression: str, names: Sequence[str], **more: Any) -> list[dict[str, Any]]:
        found = self.client.query(self._name, filter=expression, output_fields=list(names), **more)
        return [dict(row) for row in found]

    def _wanted(self, fields: Sequence[str], payload: Sequence[str] | None) -> list[str]:
        declared = self._declared
        names = [self._field(name).name for name in fields]
        if payload is None:
            return [declared.key, *names, *declared.scalars, *[REST] * declared.open_ended]
        known = [name for name in payload if name in declared.scalars or declared.open_ended]
        return [declared.key, *names, *known]

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        declared = self._declared
        behind = f"{declared.key} > {declared.literal(after)}" if after else ""
        # The iterator of the client goes by rising key; a plain query promises no order.
        with explained(self.address):
            rows = self.client.query_iterator(
                self._name,
                batch_size=batch,
                filter=behind,
                output_fields=self._wanted(fields, payload),
            )
            try:
                ahead = rows.next()
                while ahead:
                    held, ahead = ahead, rows.next()
                    yield self._batch(held, fields, str(held[-1][declared.key]) if ahead else "")
            finally:
                rows.close()

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        declared = self._declared
        with explained(self.address):
            rows = self._query(declared.keys(ids), self._wanted(fields, None)) if ids else []
        found = {str(row[declared.key]): row for row in rows}
        return self._batch([found[one] for one in ids if one in found], fields, "")

    def _batch(
        self, rows: Sequence[Mapping[str, Any]], fields: Sequence[str], cursor: str
    ) -> Batch:
        declared = self._declared
        vectors = {}
        for name in fields:
            field = self._field(name)
            told = [row.get(field.name) for row in rows]
            held = [(at, numbers) for at, numbers in enumerate(told) if numbers is not None]
            entry = np.array([at for at, _ in held], dtype=np.int64)
            matrix = np.array([numbers for _, numbers in held], dtype=np.float32)
            matrix = matrix.reshape(len(held), field.dim)
            if self._keeps_zeros(field.name):
                there = matrix.any(axis=1)
                entry, matrix = entry[there], matrix[there]
            vectors[name] = FieldVectors(entry, matrix)
        apart = {declared.key, *(one.name for one in declared.vectors)}
        payload = tuple(
            {name: value for name, value in row.items() if name not in apart and value is not None}
            for row in rows
        )
        return Batch(tuple(str(row[declared.key]) for row in rows), vectors, payload, cursor)

    def _keeps_zeros(self, field: str) -> bool:
        return self.address.in_files and field in self._declared.nullable

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
        known = self._field(field)
        refuse_other_dimension(known, queries, str(self.address))
        if exact and known.index:
            raise GapvizError(
                f"Milvus searches {field!r} by its index ({known.index}) alone",
                where=str(self.address),
                hint="read the vectors, and search them here",
            )
        lists: list[list[tuple[str, float]]] = []
        with explained(self.address):
            for start in range(0, len(queries), QUERIES_AT_ONCE):
                few = queries[start : start + QUERIES_AT_ONCE]
                lists += self._searched(
                    known, few, k, self._declared.expression(where or {}), effort
                )
        return Nearest.of(lists)

    def _searched(
        self, field: VectorField, queries: Float32, k: int, expression: str, effort: int | None
    ) -> list[list[tuple[str, float]]]:
        """Keys and similarities; what Milvus Lite finds without a vector is left out."""
        key, drops = self._declared.key, self._keeps_zeros(field.name)
        limit = k
        while True:
            answers = self.client.search(
                self._name,
                data=queries.tolist(),
                anns_field=field.name,
                limit=limit,
                filter=expression,
                search_params={"params": effort_of(field, effort)},
                output_fields=[key, *[field.name] * drops],
            )
            lists = [
                [
                    (str(hit[key]), similarity_of(field, hit["distance"]))
                    for hit in hits
                    if not drops or any(hit["entity"][field.name])
                ]
                for hits in answers
            ]
            complete = [
                len(kept) >= k or len(hits) < limit
                for kept, hits in zip(lists, answers, strict=True)
            ]
            if all(complete):
                return [kept[:k] for kept in lists]
            limit *= 2

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        library = needed("pymilvus")
        only = self._declared.vectors[0].name
        fields = {name: self._field(only if where else name) for name in queries}
        for name, rows in queries.items():
            refuse_other_dimension(fields[name], rows, str(self.address))
            if self._lacks(fields[name].name):
                raise GapvizError(
                    f"{NULLS}; {fields[name].name!r} has some",
                    where=str(self.address),
                    hint="fuse the lists outside, or run a Milvus server",
                )
        lists: list[list[tuple[str, float]]] = []
        key, n = self._declared.key, len(next(iter(queries.values())))
        with explained(self.address):
            for start in range(0, n, QUERIES_AT_ONCE):
                requests = [
                    library.AnnSearchRequest(
                        data=rows[start : start + QUERIES_AT_ONCE].tolist(),
                        anns_field=fields[name].name,
                        param={"params": {}},
                        limit=fusion.depth,
                        expr=self._declared.expression((where or {}).get(name, {})) or None,
                    )
                    for name, rows in queries.items()
                ]
                answers = self.client.hybrid_search(
                    self._name, requests, library.RRFRanker(fusion.k), limit=k, output_fields=[key]
                )
                lists += [[(str(hit[key]), hit["distance"]) for hit in hits] for hits in answers]
        return Nearest.of(lists)

    def _lacks(self, field: str) -> bool:
        """Whether Milvus Lite holds an entry without a vector in a field."""
        if not self._keeps_zeros(field):
            return False
        if field not in self._lacking:
            self._lacking[field] = any(
                len(one.vectors[field].entry) < len(one.ids) for one in self.scan([field], [])
            )
        return self._lacking[field]

    def write(self, batch: Batch) -> None:
        refuse_not_finite(batch, str(self.address))
        declared = self._declared
        blank = {
            one.name: self._blank(one) for one in declared.vectors if one.name in declared.nullable
        }
        rows: list[dict[str, Any]] = [
            {**payload, declared.key: one, **blank}
            for one, payload in zip(batch.ids, batch.payload, strict=True)
        ]
        for name, held in batch.vectors.items():
            for place, vector in zip(held.entry.tolist(), held.vectors.tolist(), strict=True):
                rows[place][name or ONE_VECTOR] = vector
        self._lacking.clear()
        with explained(self.address):
            if self.address.in_files and rows:
                # Milvus Lite keeps payload of the entry before that the new one does not name.
                self.client.delete(self._name, filter=declared.keys(batch.ids))
            self.client.upsert(self._name, rows)

    def _blank(self, field: VectorField) -> list[float] | None:
        # Milvus Lite refuses a batch without any vector in a field, and keeps zeros for none.
        return [0.0] * field.dim if self.address.in_files else None

    def present(self, ids: Sequence[str]) -> frozenset[str]:
        declared = self._declared
        with explained(self.address):
            rows = self._query(declared.keys(ids), [declared.key]) if ids else []
        return frozenset(str(row[declared.key]) for row in rows)

    def finish(self) -> None:
        """Write out what is in memory, and wait until a server has built its indexes.

        Raises:
            GapvizError: it has not after ten minutes.
        """
        with explained(self.address):
            self.client.flush(self._name)
            wait_for_indexes(
                lambda: not any(map(self._pending, self._declared.vectors)), self.address
            )

    def _pending(self, field: VectorField) -> int:
        (name,) = self.client.list_indexes(self._name, field_name=field.name)
        return int(self.client.describe_index(self._name, name).get("pending_index_rows", 0))


STORE = StoreSpec(
    scheme="milvus",
    title="Milvus",
    opens=MilvusStore.open,
    extra="milvus",
    example="milvus://localhost:19530/collection",
    writes=MilvusStore,
    credentials=(TOKEN,),
    departs={
        "missing": f"{NULLS}; gapviz leaves them out of what it has found, and asks for no "
        "fusion of such fields.",
        "scale": "WeightedRanker of Milvus Lite scales every list by its least and largest score, "
        "that of the server squashes scores by the metric; L2 is told as the squared distance.",
        "ties": "Equal scores are in no stated order.",
        "whole lists": "A list is at most 16,384 long.",
        "several": "An entry holds one vector in a field: several of an item are several entries.",
    },
    place=30,
)
