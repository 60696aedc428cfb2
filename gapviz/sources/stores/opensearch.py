"""OpenSearch with its k-NN plugin: an index, whose fields of the type `knn_vector` are read.

Written after the documentation of OpenSearch 2.19 to 3.3, and tested against its client and a
server that answers in the documented shapes; never tried on a live cluster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.vectors import Float32
from gapviz.sources.stores import opensearch_queries as asked
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.clients import (
    closed_on_error,
    field_named,
    no_collection,
    refuse_other_dimension,
)
from gapviz.sources.stores.opensearch_mapping import IndexMapping, read_mapping, value_at
from gapviz.sources.stores.store import (
    BATCH,
    Batch,
    FieldVectors,
    Nearest,
    ReciprocalFusion,
    Store,
    StoreSchema,
    StoreSpec,
    cosines,
)

PORT = 9200
USER, PASSWORD, CERTIFICATES = "OPENSEARCH_USER", "OPENSEARCH_PASSWORD", "OPENSEARCH_CA_CERTS"
KEEP_ALIVE = "10m"
"""Of a point in time, from one request to the next."""
QUERIES_AT_ONCE = 32
MOST_LISTS = 5
"""Queries that a hybrid query may hold."""


class OpenSearchStore(Store):
    """Documents; nothing is written."""

    def __init__(self, address: StoreAddress, client: Any) -> None:
        """Take the address and an open client."""
        super().__init__(address)
        self.client = client
        self._mapping: IndexMapping | None = None

    @property
    def _name(self) -> str:
        return self.address.collection

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        store = cls(address, _client(address))
        with closed_on_error(store), _explained(address):
            if not address.collection or not store.client.indices.exists(index=store._name):
                held = store.client.cat.indices(format="json")
                names = [one["index"] for one in held if not one["index"].startswith(".")]
                raise no_collection(address, names, "index")
        return store

    def close(self) -> None:
        self.client.close()

    @property
    def mapping(self) -> IndexMapping:
        """The fields of the index, as its mapping and settings declare them."""
        if self._mapping is None:
            with _explained(self.address):
                self._mapping = read_mapping(self.client, self._name, str(self.address))
        return self._mapping

    def schema(self) -> StoreSchema:
        self._mapping = None
        with _explained(self.address):
            n = self.client.count(index=self._name)["count"]
        return StoreSchema(
            fields=self.mapping.fields,
            payload=tuple(self.mapping.payload),
            n_entries=int(n),
            searches_exactly=not any(one.index for one in self.mapping.fields),
        )

    def _known(self, fields: Sequence[str]) -> list[str]:
        schema = StoreSchema(self.mapping.fields, (), 0)
        return [field_named(schema, name, str(self.address)).name for name in fields]

    def _source(self, fields: Sequence[str], payload: Sequence[str] | None) -> Any:
        if payload is None:
            left_out = [one.name for one in self.mapping.fields if one.name not in fields]
            return {"excludes": left_out} if left_out else True
        return [*fields, *payload] or False

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        names = self._known(fields)
        with _explained(self.address):
            point = self.client.create_pit(index=self._name, params={"keep_alive": KEEP_ALIVE})
            held = point["pit_id"]
            try:
                ahead = self._page(held, names, payload, batch, after)
                while ahead:
                    hits, last = ahead, ahead[-1]["_id"]
                    ahead = self._page(held, names, payload, batch, last)
                    yield self._batch(hits, names, payload, last if ahead else "")
            finally:
                self.client.delete_pit(body={"pit_id": [held]})

    def _page(
        self,
        point: str,
        fields: Sequence[str],
        payload: Sequence[str] | None,
        size: int,
        after: str,
    ) -> list[Any]:
        body = {
            "size": size,
            "pit": {"id": point, "keep_alive": KEEP_ALIVE},
            "query": {"match_all": {}},
            # The one order that a later run finds again.
            "sort": [{"_id": "asc"}],
            "_source": self._source(fields, payload),
            "track_total_hits": False,
        }
        if after:
            body["search_after"] = [after]
        found: list[Any] = self.client.search(body=body)["hits"]["hits"]
        return found

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        names = self._known(fields)
        if not ids:
            return self._batch([], names, None, "")
        with _explained(self.address):
            found = self.client.mget(
                index=self._name,
                body={"docs": [{"_id": one, "_source": self._source(names, None)} for one in ids]},
            )
        return self._batch([one for one in found["docs"] if one.get("found")], names, None, "")

    def _batch(
        self,
        hits: Sequence[Any],
        fields: Sequence[str],
        payload: Sequence[str] | None,
        cursor: str,
    ) -> Batch:
        vectors = {}
        for name in fields:
            field = field_named(StoreSchema(self.mapping.fields, (), 0), name, str(self.address))
            entry, rows = [], []
            for place, hit in enumerate(hits):
                held = value_at(hit.get("_source") or {}, name)
                for vector in (held or []) if field.several else [held]:
                    if vector is not None:
                        entry.append(place)
                        rows.append(vector)
            matrix = np.array(rows, dtype=np.float32).reshape(len(rows), field.dim)
            vectors[name] = FieldVectors(np.array(entry, dtype=np.int64), matrix)
        names = list(self.mapping.payload) if payload is None else payload
        told = tuple(
            {
                name: value
                for name in names
                if (value := value_at(hit.get("_source") or {}, name)) is not None
            }
            for hit in hits
        )
        return Batch(tuple(hit["_id"] for hit in hits), vectors, told, cursor)

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
        known = self.mapping.vector(field, str(self.address))
        refuse_other_dimension(known.field, queries, str(self.address))
        filters = self.mapping.filters(where or {}, str(self.address))
        by_script = exact or not known.field.index
        if by_script and known.nested:
            raise GapvizError(
                f"OpenSearch searches the nested field {field!r} by its index alone",
                where=str(self.address),
            )
        # What an older engine tells of cosines depends on its version: they are taken from the
        # vectors that it found.
        again = known.engine == "nmslib" and known.field.metric == "cosine" and not by_script
        bodies = [
            {
                "size": k,
                "_source": [known.field.name] if again else False,
                "query": asked.by_script(known, row, filters)
                if by_script
                else asked.by_index(known, row, k, filters, effort),
            }
            for row in queries
        ]
        lists = []
        for hits, row in zip(self._answers(bodies), queries, strict=True):
            if again:
                scores = self._cosines(hits, known.field.name, row)
            else:
                told = [float(hit["_score"]) for hit in hits]
                scores = [asked.similarity(known, one, by_script=by_script) for one in told]
            lists.append([(hit["_id"], one) for hit, one in zip(hits, scores, strict=True)])
        return Nearest.of(lists)

    def _cosines(self, hits: Sequence[Any], field: str, query: Float32) -> list[float]:
        if not hits:
            return []
        rows = np.array([value_at(hit["_source"], field) for hit in hits], dtype=np.float32)
        return [float(one) for one in cosines(rows, query[None])[0]]

    def _answers(self, bodies: Sequence[Mapping[str, Any]]) -> Iterator[list[Any]]:
        """The hits of every body, in their order."""
        for start in range(0, len(bodies), QUERIES_AT_ONCE):
            few = bodies[start : start + QUERIES_AT_ONCE]
            with _explained(self.address):
                told = self.client.msearch(
                    index=self._name, body=[part for one in few for part in ({}, one)]
                )
            for answer in told["responses"]:
                if "error" in answer:
                    raise _refused(self.address, answer.get("status", 400), answer["error"])
                yield answer["hits"]["hits"]

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        """A hybrid query, with a pipeline of its own that is stored nowhere."""
        self._refuse_fusion(len(queries), fusion)
        only = self.mapping.fields[0].name
        fields = {
            name: self.mapping.vector(only if where else name, str(self.address))
            for name in queries
        }
        for name, rows in queries.items():
            refuse_other_dimension(fields[name].field, rows, str(self.address))
        filters = {
            name: self.mapping.filters((where or {}).get(name, {}), str(self.address))
            for name in queries
        }
        bodies = [
            asked.fused(
                [
                    asked.by_index(fields[name], rows[place], fusion.depth, filters[name], None)
                    for name, rows in queries.items()
                ],
                max(k, fusion.depth),
                fusion.k,
            )
            for place in range(len(next(iter(queries.values()))))
        ]
        lists = []
        for body in bodies:
            with _explained(self.address):
                hits = self.client.search(index=self._name, body=body)["hits"]["hits"]
            lists.append([(hit["_id"], float(hit["_score"])) for hit in hits[:k]])
        return Nearest.of(lists)

    def _refuse_fusion(self, n_lists: int, fusion: ReciprocalFusion) -> None:
        with _explained(self.address):
            told = self.client.info()["version"]["number"]
        version = tuple(int(part) for part in told.split(".")[:2])
        why = ""
        if version < (2, 19):
            why = f"OpenSearch {told} has no rank fusion, which came with 2.19"
        elif version < (3, 0) and fusion.k != ReciprocalFusion().k:
            why = f"OpenSearch {told} ignores the rank constant, and takes 60 for {fusion.k}"
        elif n_lists > MOST_LISTS:
            why = f"a hybrid query holds at most {MOST_LISTS} queries"
        if why:
            raise GapvizError(why, where=str(self.address), hint="fuse the lists outside")


def _client(address: StoreAddress) -> Any:
    library = needed("opensearchpy")
    user, password = os.environ.get(USER, ""), os.environ.get(PASSWORD, "")
    return library.OpenSearch(
        hosts=[{"host": address.host, "port": address.port or PORT}],
        url_prefix=address.path,
        http_auth=(user, password) if user else None,
        use_ssl=address.secure(bool(user)),
        ca_certs=os.environ.get(CERTIFICATES) or None,
        timeout=60,
        max_retries=2,
        retry_on_timeout=True,
    )


@contextmanager
def _explained(address: StoreAddress) -> Iterator[None]:
    """What the client raises, in a sentence."""
    from opensearchpy.exceptions import (
        AuthenticationException,
        AuthorizationException,
        ConnectionError,
        OpenSearchException,
        SSLError,
        TransportError,
    )

    try:
        yield
    except (AuthenticationException, AuthorizationException) as error:
        raise GapvizError(
            "the server refuses the user",
            where=str(address),
            hint=f"set {USER} and {PASSWORD} of a user who may read the index",
        ) from error
    except SSLError as error:
        raise GapvizError(
            "the server's certificate is not trusted, or it does not speak TLS",
            where=str(address),
            hint=f"set {CERTIFICATES} to the certificate that signed it, or add ?tls=false",
        ) from error
    except ConnectionError as error:
        raise GapvizError(
            "the server does not answer",
            where=str(address),
            hint="check the host and the port, and add ?tls=true where it speaks TLS",
        ) from error
    except TransportError as error:
        raise _refused(address, error.status_code, error.error) from error
    except OpenSearchException as error:
        raise GapvizError(f"OpenSearch cannot do this: {error}", where=str(address)) from error


def _refused(address: StoreAddress, status: Any, told: Any) -> GapvizError:
    if isinstance(told, Mapping):
        causes = told.get("root_cause") or [told]
        told = causes[0].get("reason") or told.get("type")
    return GapvizError(
        f"the server answers {status}: {' '.join(str(told).split())[:200]}", where=str(address)
    )


STORE = StoreSpec(
    scheme="opensearch",
    title="OpenSearch",
    opens=OpenSearchStore.open,
    extra="opensearch",
    example="opensearch://localhost:9200/index",
    credentials=(USER, PASSWORD, CERTIFICATES),
    fusion="Rank fusion came with 2.19, which ignores the rank constant and takes 60; later "
    "versions equal the formula, of 5 lists at most.",
    departs={
        "ties": "Equal scores come in the order of shards and documents.",
        "scale": "The score is (1 + cosine) / 2, or 1 / (1 + squared distance); gapviz turns it "
        "back. Weights of rank fusion, since 3.1, lie between 0 and 1 and sum to 1.",
        "whole lists": "A list is at most 10,000 long, and every shard searches for itself.",
        "licence": "Rank fusion is free here; in Elasticsearch it is part of the Enterprise tier.",
    },
    place=50,
)
