"""The one protocol of every vector store: what it holds, what it answers, and what it takes.

A module of this folder with a `STORE` is a store. Reading never writes: only `WritableStore`
does, and only into a collection that it created itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np

from gapviz.core.vectors import Float32, Indices
from gapviz.sources.stores.address import StoreAddress

Metric = Literal["cosine", "dot", "euclidean"]
BATCH = 1_024
"""Entries in one request."""
MODALITY = "modality"
ITEM = "item"
"""Payload of a store whose entries are single vectors: what they are of, and whose they are."""


@dataclass(frozen=True, slots=True)
class VectorField:
    """One vector field of a collection."""

    name: str
    """Empty where entries have one vector without a name."""
    dim: int
    metric: Metric = "cosine"
    several: bool = False
    """Whether an entry may hold several vectors in it."""
    index: str = ""
    """How it is searched, in the engine's words, such as `HNSW, m = 16`; empty for exact."""


@dataclass(frozen=True, slots=True)
class StoreSchema:
    """What a collection holds."""

    fields: tuple[VectorField, ...]
    payload: tuple[str, ...]
    """Names of what is stored beside the vectors; of a sample of entries where the store does not
    declare them."""
    n_entries: int
    searches_exactly: bool = False
    """Whether no field has an approximate index."""


@dataclass(frozen=True, eq=False)
class FieldVectors:
    """The vectors of one field in a batch, as stored."""

    entry: Indices
    """`(n,)`, place of the entry in the batch, rising; an entry without a vector is absent."""
    vectors: Float32
    """`(n, dim)`."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some entries."""

    ids: tuple[str, ...]
    """As text, in a form that `fetch` takes back."""
    vectors: Mapping[str, FieldVectors]
    """By name of the field."""
    payload: tuple[Mapping[str, Any], ...]
    """A mapping an entry."""
    cursor: str = ""
    """What `scan(after=…)` goes on from; empty after the last one."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """What queries found in one field: a list a query, best first, shorter where fewer are there.

    Scores are similarities, higher is closer: cosines where the metric is the cosine.
    """

    ids: tuple[tuple[str, ...], ...]
    scores: tuple[Float32, ...]

    @classmethod
    def of(cls, lists: Sequence[Sequence[tuple[str, float]]]) -> Nearest:
        """Of pairs of id and score, a list a query."""
        return cls(
            tuple(tuple(one for one, _ in found) for found in lists),
            tuple(np.array([score for _, score in found], dtype=np.float32) for found in lists),
        )


@dataclass(frozen=True, slots=True)
class ReciprocalFusion:
    """Reciprocal rank fusion as the paper writes it: Σ 1 / (k + rank), ranks from 1."""

    k: int = 60
    depth: int = 100
    """How deep every list is fetched."""


class Store(ABC):
    """An open collection. Used as a context manager, it is closed at the end."""

    def __init__(self, address: StoreAddress) -> None:
        """Take the address; nothing is opened yet."""
        self.address = address

    @classmethod
    @abstractmethod
    def open(cls, address: StoreAddress) -> Self:
        """Connect, with credentials from the environment.

        Raises:
            GapvizError: the client is not installed, the server does not answer or refuses, or
                there is no such collection (the message lists those there are).
        """

    @abstractmethod
    def schema(self) -> StoreSchema:
        """What the collection holds, asked of the engine."""

    @abstractmethod
    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        """Every entry once, in an order that stays the same while nothing is written.

        Args:
            fields: names of the vector fields to read; none reads payload alone.
            payload: names to read; None reads all.
            batch: entries a request.
            after: cursor of an earlier batch, to go on from.
        """

    @abstractmethod
    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        """Entries by id, in the order given; those that are not there are left out."""

    @abstractmethod
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
        """The engine's own search in one field.

        Args:
            field: name of the vector field.
            queries: `(n_queries, dim)` rows, as stored.
            k: how many.
            where: payload that an entry must equal, such as its modality.
            effort: HNSW `ef` or IVF `nprobe`; None leaves the engine's own.
            exact: ask the engine not to approximate.

        Raises:
            GapvizError: the engine cannot (a filter, exact search), or does not answer.
        """

    def fused(
        self,
        queries: Mapping[str, Float32],
        k: int,
        fusion: ReciprocalFusion,
        *,
        where: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Nearest:
        """The engine's own rank fusion of one list a field; scores are those of the paper.

        Args:
            queries: `(n_queries, dim)` rows by name of the list.
            k: how many.
            fusion: constant and depth.
            where: by name of the list, what its entries must equal; the field is then the only
                one of the schema.

        Raises:
            GapvizError: the engine has none that equals the formula; `spec.fusion` says so.
        """
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027  (most clients hold nothing open)
        """Let go of the connection."""

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close it."""
        self.close()


class WritableStore(Store):
    """A store that a fix can be written into, in a new collection."""

    @classmethod
    @abstractmethod
    def create(cls, address: StoreAddress, schema: StoreSchema) -> Self:
        """Create the collection, or open it where an earlier run of the same work created it.

        Raises:
            GapvizError: a collection of that name is there that gapviz did not create, or of
                another schema.
        """

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Entries under their ids; one that is there already is replaced. Waits until stored."""

    @abstractmethod
    def present(self, ids: Sequence[str]) -> frozenset[str]:
        """Which of the ids are stored."""

    def finish(self) -> None:
        """Build the index, where the engine does so on demand, and wait until it answers."""


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """What is known of a store: a file that has one of these as `STORE`."""

    scheme: str
    title: str
    opens: Callable[[StoreAddress], Store]
    extra: str
    """`gapviz[extra]`, what it needs."""
    example: str
    """An address of it."""
    writes: type[WritableStore] | None = None
    credentials: tuple[str, ...] = ()
    """Names of variables of the environment that it reads."""
    fusion: str = ""
    """What keeps its own rank fusion from equalling the formula; empty where it equals it."""
    departs: Mapping[str, str] = field(default_factory=dict)
    """What it is known to answer otherwise than exact search, by kind: `missing`, `ties`,
    `scale`, `licence`, `whole lists`, `fusion`, `approximate`; shown wherever its figures are, and
    why a test of it is expected to fail."""
    place: float = 1_000
    """Its place in lists."""


def cosines(vectors: Float32, queries: Float32) -> Float32:
    """`(n_queries, n)` cosines, of rows of any length."""
    lengths = np.linalg.norm(vectors, axis=1), np.linalg.norm(queries, axis=1)
    found: Float32 = (queries / lengths[1][:, None]) @ (vectors / lengths[0][:, None]).T
    return found
