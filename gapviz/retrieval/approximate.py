"""Approximate indexes: a graph (HNSW) or inverted lists (IVF) over stored vectors, by faiss.

All rank unit rows by L2 distance, which puts the highest cosine first. What a search costs is
counted in distance computations, which depend on no machine. One thread builds and one thread
searches, so that the same seed gives the same answers.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from gapviz.core.libraries import needed
from gapviz.core.vectors import Float32, Indices

Storage = Literal["float32", "int8", "binary", "pq"]

STORAGES: dict[Storage, str] = {
    "float32": "float32",
    "int8": "int8",
    "binary": "binary",
    "pq": "PQ",
}
"""How vectors may be stored: whole, a byte a dimension, its sign, or a byte for every eight
dimensions (product quantisation)."""

BITS = 8
"""Dimensions to a byte, of signs and of product quantisation alike."""
CODEWORDS = 256
"""Of each byte of product quantisation, where there are as many rows."""
LEAST_LISTS = 4

# faiss counts the distances of all graphs of a process in one place.
_alone = threading.Lock()


@dataclass(frozen=True, eq=False)
class FoundRows:
    """What every query got, and what that took."""

    rows: Indices
    """`(n_queries, k)`, nearest first; −1 where fewer were found."""
    distances: Indices
    """`(n_queries,)` distance computations."""


class ApproximateIndex(Protocol):
    """Vectors that are indexed, and can be searched with more or less effort."""

    @property
    def efforts(self) -> tuple[int, ...]:
        """Efforts to try, rising from the least that makes sense; see `IndexKind`."""

    def search(self, queries: Float32, k: int, effort: int) -> FoundRows:
        """The `k` nearest rows that this effort finds.

        Args:
            queries: `(n_queries, dim)` unit rows.
            k: how many.
            effort: how hard to look.
        """


class IndexKind(Protocol):
    """How an index is built, and what its effort is called."""

    @property
    def effort(self) -> str:
        """Name of the effort, as engines call it."""

    def build(self, vectors: Float32, storage: Storage, *, seed: int) -> ApproximateIndex:
        """Index unit rows `(n, dim)`, inserted in an order that follows from the seed.

        Raises:
            GapvizError: faiss is not there.
        """


@dataclass(frozen=True, slots=True)
class Hnsw:
    """A navigable graph (Malkov & Yashunin 2018); its effort is `ef`, the entries kept in view."""

    m: int = 16
    """Links of an entry on each level, twice as many on the lowest."""
    ef_construction: int = 100
    """Entries kept in view while the graph is built."""

    @property
    def effort(self) -> str:
        return "ef"

    def build(self, vectors: Float32, storage: Storage, *, seed: int) -> ApproximateIndex:
        """See `IndexKind.build`."""
        faiss, codes = needed("faiss"), _Codes(storage, *vectors.shape)
        dim, link = codes.dim, self.m
        made: Any
        if storage == "float32":
            made = faiss.IndexHNSWFlat(dim, link)
        elif storage == "int8":
            made = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, link)
        elif storage == "binary":
            made = faiss.IndexBinaryHNSW(dim, link)
        else:
            made = faiss.IndexHNSWPQ(dim, dim // BITS, link, codes.bits)
            _seeded(faiss.downcast_index(made.storage).pq.cp, seed)
        made.hnsw.efConstruction = self.ef_construction
        return _Graph(made, codes, _filled(made, vectors, codes, seed))


@dataclass(frozen=True, slots=True)
class Ivf:
    """Rows in lists about the centres of k-means; its effort is `nprobe`, the lists searched."""

    n_lists: int = 0
    """How many; 0 for the square root of the number of rows."""

    @property
    def effort(self) -> str:
        return "nprobe"

    def build(self, vectors: Float32, storage: Storage, *, seed: int) -> ApproximateIndex:
        """See `IndexKind.build`."""
        faiss, codes = needed("faiss"), _Codes(storage, *vectors.shape)
        dim, n = codes.dim, len(vectors)
        lists = min(self.n_lists or max(LEAST_LISTS, round(math.sqrt(n))), n)
        made: Any
        if storage == "binary":
            made = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(dim), dim, lists)
        elif storage == "float32":
            made = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, lists)
        elif storage == "int8":
            made = faiss.IndexIVFScalarQuantizer(
                faiss.IndexFlatL2(dim), dim, lists, faiss.ScalarQuantizer.QT_8bit
            )
        else:
            made = faiss.IndexIVFPQ(
                faiss.IndexFlatL2(dim), dim, lists, dim // BITS, codes.bits, faiss.METRIC_L2
            )
            _seeded(made.pq.cp, seed)
        _seeded(made.cp, seed)
        return _Lists(made, codes, _filled(made, vectors, codes, seed))


@dataclass(frozen=True, slots=True)
class Scan:
    """Every row is compared: what the way of storing loses, and no index beside it."""

    @property
    def effort(self) -> str:
        return "rows"

    def build(self, vectors: Float32, storage: Storage, *, seed: int) -> ApproximateIndex:
        """See `IndexKind.build`."""
        faiss, codes = needed("faiss"), _Codes(storage, *vectors.shape)
        dim = codes.dim
        made: Any
        if storage == "float32":
            made = faiss.IndexFlatL2(dim)
        elif storage == "int8":
            made = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_8bit)
        elif storage == "binary":
            made = faiss.IndexBinaryFlat(dim)
        else:
            made = faiss.IndexPQ(dim, dim // BITS, codes.bits)
            _seeded(made.pq.cp, seed)
        return _Whole(made, codes, _filled(made, vectors, codes, seed))


@dataclass(frozen=True, slots=True)
class _Codes:
    """How rows are given to faiss."""

    storage: Storage
    n_rows: int
    own_dim: int

    @property
    def dim(self) -> int:
        """Dimensions, with zeros behind them where a byte would not be full."""
        whole = self.storage in ("float32", "int8")
        return self.own_dim if whole else -(-self.own_dim // BITS) * BITS

    @property
    def bits(self) -> int:
        """Of each code word of product quantisation: no more words than there are rows."""
        return max(1, min(CODEWORDS, self.n_rows).bit_length() - 1)

    def given(self, vectors: Float32) -> Any:
        padded = np.pad(vectors, ((0, 0), (0, self.dim - self.own_dim)))
        if self.storage == "binary":
            return np.packbits(padded > 0, axis=1)
        return np.ascontiguousarray(padded, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Built:
    """A filled index of faiss."""

    made: Any
    codes: _Codes
    order: Indices
    """`(n,)`, the row at each place of the index."""

    def rows(self, places: Indices) -> Indices:
        found: Indices = np.where(places < 0, -1, self.order[places])
        return found


class _Graph(_Built):
    @property
    def efforts(self) -> tuple[int, ...]:
        return _steps(10, self.order.size, 512)

    def search(self, queries: Float32, k: int, effort: int) -> FoundRows:
        faiss, given = needed("faiss"), self.codes.given(queries)
        settings = faiss.SearchParametersHNSW(efSearch=effort)
        places = np.empty((len(given), k), dtype=np.int64)
        distances = np.empty(len(given), dtype=np.int64)
        with _alone, _one_thread():
            counted = faiss.cvar.hnsw_stats
            for one in range(len(given)):
                counted.reset()
                places[one] = self.made.search(given[one : one + 1], k, params=settings)[1][0]
                distances[one] = counted.ndis
        return FoundRows(self.rows(places), distances)


class _Lists(_Built):
    @property
    def efforts(self) -> tuple[int, ...]:
        return _steps(1, self.made.nlist, self.made.nlist)

    def search(self, queries: Float32, k: int, effort: int) -> FoundRows:
        given, probed = self.codes.given(queries), min(effort, self.made.nlist)
        sizes = np.array([self.made.invlists.list_size(one) for one in range(self.made.nlist)])
        with _alone, _one_thread():
            _, lists = self.made.quantizer.search(given, probed)
            self.made.nprobe = probed
            _, places = self.made.search(given, k)
        scanned = np.where(lists < 0, 0, sizes[lists]).sum(axis=1)
        return FoundRows(self.rows(places), (self.made.nlist + scanned).astype(np.int64))


class _Whole(_Built):
    @property
    def efforts(self) -> tuple[int, ...]:
        return (self.order.size,)

    def search(self, queries: Float32, k: int, effort: int) -> FoundRows:
        with _one_thread():
            _, places = self.made.search(self.codes.given(queries), k)
        return FoundRows(self.rows(places), np.full(len(queries), self.order.size, dtype=np.int64))


def _steps(first: int, last: int, most: int) -> tuple[int, ...]:
    """From `first` by factors of √2 up to `most`, and no further than `last`."""
    end = max(first, min(last, most))
    n_steps = math.ceil(2 * math.log2(end / first)) + 1
    return tuple(sorted({min(end, round(first * 2 ** (step / 2))) for step in range(n_steps)}))


def _filled(made: Any, vectors: Float32, codes: _Codes, seed: int) -> Indices:
    """Insert all rows by turns of chance, and return that order."""
    order = np.random.default_rng(seed).permutation(len(vectors))
    given = codes.given(vectors[order])
    with _one_thread():
        if not made.is_trained:
            made.train(given)
        made.add(given)
    return order


def _seeded(clustering: Any, seed: int) -> None:
    clustering.seed = seed
    # Else faiss complains on the terminal of few rows to a centre.
    clustering.min_points_per_centroid = 1


@contextmanager
def _one_thread() -> Iterator[None]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield
