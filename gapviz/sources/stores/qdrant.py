"""Qdrant: a folder or memory in this process, or a server (qdrant-client 1.17 or later)."""

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
from gapviz.sources.stores.qdrant_connection import KEY, close_client, explained, open_client
from gapviz.sources.stores.qdrant_points import (
    METRICS,
    TEXT_ID,
    asked_vector,
    equal_filter,
    field_config,
    point_id,
    text_id,
)
from gapviz.sources.stores.store import (
    BATCH,
    MODALITY,
    Batch,
    FieldVectors,
    Nearest,
    ReciprocalFusion,
    StoreSchema,
    StoreSpec,
    VectorField,
    WritableStore,
)

MARK = "gapviz"
"""Of a collection's metadata: gapviz created it."""
NUMBERS_AT_ONCE = 1_000_000
"""Components of vectors in one request; a server takes 32 MB of JSON."""


class QdrantStore(WritableStore):
    """Points with one vector, or with a named one a modality; several of a name as multivector."""

    def __init__(self, address: StoreAddress, client: Any) -> None:
        """Take the address and an open client."""
        super().__init__(address)
        self.client = client
        self._schema: StoreSchema | None = None

    @property
    def _name(self) -> str:
        return self.address.collection

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        store = cls(address, open_client(address, create=False))
        with closed_on_error(store):
            with explained(address):
                names = [one.name for one in store.client.get_collections().collections]
            if address.collection not in names:
                raise no_collection(address, names, "collection")
        return store

    @classmethod
    def create(cls, address: StoreAddress, schema: StoreSchema) -> Self:
        models = needed("qdrant_client").models
        store = cls(address, open_client(address, create=True))
        with closed_on_error(store), explained(address):
            if store.client.collection_exists(store._name):
                if MARK not in (store._info.config.metadata or {}):
                    raise not_ours(address)
                refuse_other_schema(address, store.schema(), schema)
                return store
            configs = {one.name: field_config(models, one) for one in schema.fields}
            store.client.create_collection(
                store._name,
                vectors_config=configs[""] if list(configs) == [""] else configs,
                metadata={MARK: True},
            )
            if MODALITY in schema.payload and not address.in_files:
                store.client.create_payload_index(
                    store._name, MODALITY, models.PayloadSchemaType.KEYWORD
                )
        return store

    def close(self) -> None:
        close_client(self.address, self.client)

    @property
    def _info(self) -> Any:
        return self.client.get_collection(self._name)

    def schema(self) -> StoreSchema:
        with explained(self.address):
            info = self._info
            vectors = info.config.params.vectors
            named = vectors if isinstance(vectors, Mapping) else {"": vectors}
            exact = self.address.in_files or not info.indexed_vectors_count
            fields = tuple(
                self._field(name, one, info) for name, one in named.items() if one is not None
            )
            sample, _ = self.client.scroll(self._name, limit=SAMPLED, with_payload=True)
            payload = dict.fromkeys(
                [*info.payload_schema, *(key for one in sample for key in one.payload or {})]
            )
            payload.pop(TEXT_ID, None)
            n = self.client.count(self._name, exact=True).count
        self._schema = StoreSchema(fields, tuple(payload), n, searches_exactly=exact)
        return self._schema

    def _field(self, name: str, told: Any, info: Any) -> VectorField:
        metric = METRICS.get(told.distance.value)
        if metric is None:
            raise GapvizError(
                f"the field {name!r} is measured by the {told.distance.value} distance",
                where=str(self.address),
                hint=f"gapviz reads {', '.join(METRICS)}",
            )
        index = ""
        if not self.address.in_files:
            graph = info.config.hnsw_config
            m = getattr(told.hnsw_config, "m", None) or graph.m
            build = getattr(told.hnsw_config, "ef_construct", None) or graph.ef_construct
            stored = told.quantization_config or info.config.quantization_config
            index = f"HNSW, m = {m}, ef_construct = {build}" + ", quantised" * (stored is not None)
        return VectorField(name, told.size, metric, told.multivector_config is not None, index)

    @property
    def _known(self) -> StoreSchema:
        return self._schema or self.schema()

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        at: Any = point_id(after) if after else None
        while True:
            with explained(self.address):
                points, at = self.client.scroll(
                    self._name,
                    limit=batch,
                    offset=at,
                    with_payload=True if payload is None else [*payload, TEXT_ID],
                    with_vectors=self._wanted(fields),
                )
            if points:
                yield self._batch(points, fields, "" if at is None else str(at))
            if at is None:
                return

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        with explained(self.address):
            points = self.client.retrieve(
                self._name,
                [point_id(one) for one in ids],
                with_payload=True,
                with_vectors=self._wanted(fields),
            )
        found = {text_id(one): one for one in points}
        return self._batch([found[one] for one in ids if one in found], fields, "")

    def _wanted(self, fields: Sequence[str]) -> bool | list[str]:
        for name in fields:
            field_named(self._known, name, str(self.address))
        return True if "" in fields else list(fields) or False

    def _batch(self, points: Sequence[Any], fields: Sequence[str], cursor: str) -> Batch:
        vectors = {}
        for name in fields:
            field = field_named(self._known, name, str(self.address))
            entry: list[int] = []
            rows: list[list[float]] = []
            for place, point in enumerate(points):
                held = point.vector.get(name) if isinstance(point.vector, dict) else point.vector
                if held:
                    several = held if field.several else [held]
                    entry += [place] * len(several)
                    rows += several
            matrix = np.array(rows, dtype=np.float32).reshape(len(rows), field.dim)
            vectors[name] = FieldVectors(np.array(entry, dtype=np.int64), matrix)
        payload = tuple(
            {key: value for key, value in (one.payload or {}).items() if key != TEXT_ID}
            for one in points
        )
        return Batch(tuple(map(text_id, points)), vectors, payload, cursor)

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
        models = needed("qdrant_client").models
        known = field_named(self._known, field, str(self.address))
        refuse_other_dimension(known, queries, str(self.address))
        # In this process every search is exact, and the client warns of these.
        tuned = not self.address.in_files and (exact or effort is not None)
        requests = [
            models.QueryRequest(
                query=asked_vector(known, row),
                using=field or None,
                filter=equal_filter(models, where),
                params=models.SearchParams(hnsw_ef=effort, exact=exact) if tuned else None,
                limit=k,
                with_payload=[TEXT_ID],
            )
            for row in queries
        ]
        found = self._answers(requests)
        if known.metric == "euclidean":
            return Nearest(found.ids, tuple(-scores for scores in found.scores))
        return found

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        models = needed("qdrant_client").models
        only = self._known.fields[0].name
        fields = {
            name: field_named(self._known, only if where else name, str(self.address))
            for name in queries
        }
        for name, rows in queries.items():
            refuse_other_dimension(fields[name], rows, str(self.address))
        # Qdrant counts ranks from 0: its 1 / (position + k) is the paper's with k less 1.
        rule = models.RrfQuery(rrf=models.Rrf(k=fusion.k + 1))
        requests = [
            models.QueryRequest(
                prefetch=[
                    models.Prefetch(
                        query=asked_vector(fields[name], rows[place]),
                        using=fields[name].name or None,
                        filter=equal_filter(models, (where or {}).get(name)),
                        limit=fusion.depth,
                    )
                    for name, rows in queries.items()
                ],
                query=rule,
                limit=k,
                with_payload=[TEXT_ID],
            )
            for place in range(len(next(iter(queries.values()))))
        ]
        return self._answers(requests)

    def _answers(self, requests: Sequence[Any]) -> Nearest:
        lists: list[Any] = []
        for start in range(0, len(requests), QUERIES_AT_ONCE):
            few = requests[start : start + QUERIES_AT_ONCE]
            with explained(self.address):
                lists += [one.points for one in self.client.query_batch_points(self._name, few)]
        return Nearest(
            tuple(tuple(map(text_id, points)) for points in lists),
            tuple(np.array([one.score for one in points], dtype=np.float32) for points in lists),
        )

    def write(self, batch: Batch) -> None:
        refuse_not_finite(batch, str(self.address))
        models = needed("qdrant_client").models
        held: list[dict[str, Any]] = [{} for _ in batch.ids]
        for name, rows in batch.vectors.items():
            several = field_named(self._known, name, str(self.address)).several
            for place, row in zip(rows.entry.tolist(), rows.vectors.tolist(), strict=True):
                if several:
                    held[place].setdefault(name, []).append(row)
                else:
                    held[place][name] = row
        points = []
        for one, vectors, payload in zip(batch.ids, held, batch.payload, strict=True):
            key = point_id(one)
            named = payload if str(key) == one else {**payload, TEXT_ID: one}
            vector = vectors[""] if list(vectors) == [""] else vectors
            points.append(models.PointStruct(id=key, vector=vector, payload=dict(named)))
        numbers = sum(rows.vectors.size for rows in batch.vectors.values())
        step = max(1, NUMBERS_AT_ONCE * len(points) // max(numbers, 1))
        for start in range(0, len(points), step):
            with explained(self.address):
                self.client.upsert(self._name, points[start : start + step], wait=True)

    def present(self, ids: Sequence[str]) -> frozenset[str]:
        with explained(self.address):
            points = self.client.retrieve(
                self._name,
                [point_id(one) for one in ids],
                with_payload=[TEXT_ID],
                with_vectors=False,
            )
        return frozenset(map(text_id, points))

    def finish(self) -> None:
        """Wait until a server has built its indexes.

        Raises:
            GapvizError: it has not after ten minutes.
        """

        def built() -> bool:
            with explained(self.address):
                return self._info.status.value in ("green", "grey")

        wait_for_indexes(built, self.address)


STORE = StoreSpec(
    scheme="qdrant",
    title="Qdrant",
    opens=QdrantStore.open,
    extra="qdrant",
    example="qdrant://localhost:6333/collection",
    writes=QdrantStore,
    credentials=(KEY,),
    departs={
        "ties": "Equal scores are in no stated order on a server, and over lists with nothing in "
        "common every rank ties; in one process the first list wins.",
        "scale": "Ranks count from 0: its k is the paper's plus 1, its own default is 2, and its "
        "weights divide the rank.",
        "approximate": "A server searches by HNSW once a segment is large enough, in one process "
        "every search is exact.",
    },
    place=20,
)
