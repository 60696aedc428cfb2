"""`Index`: what answers queries, and what it is asked and gives; one file an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gapviz.core.vectors import Float32
from gapviz.retrieval.exact import TopK


@dataclass(frozen=True, eq=False)
class Query:
    """One query, encoded but not yet moved by a strategy."""

    vector: Float32
    """`(dim,)`, a unit row."""
    modality: str
    item: int | None = None
    """Position of its own item, where one is known: rows of that item in other modalities are
    the match."""
    leave_out_own: bool = True
    """Whether rows of that item in the query's own modality are left out: true where the query
    is an entry of the index, which must not find itself."""
    judged: int | None = None
    """Its place among the queries of the collection's evaluation, where it is one of them."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry of a result list."""

    rank: int
    """Place in the list, from 1."""
    row: int
    """Row of the index."""
    item: int
    """Position in `Collection.items`."""
    modality: str
    score: float
    """Cosine in a mixed index, adjusted or fused score where a strategy made one."""
    cosine: float
    """Cosine of the query with this entry."""


@dataclass(frozen=True, slots=True)
class ResultList:
    """What one query got, and how it stands with bias."""

    hits: tuple[Hit, ...]
    bias: float
    """Share of the hits that have the query's modality; of items, by their best row."""
    corpus_share: float
    """Share of the searched entries that have it: what an unbiased index would give."""
    match_rank: int | None
    """Rank of the query's own item in another modality, over the whole index; None when the
    query is no item of the collection, or an engine's list is too short to tell. 1 + the number
    of entries before it."""
    match_cosine: float | None = None
    """Cosine of the query with that entry, as the strategy left both."""


class Index(Protocol):
    """Rows under a fitted strategy: `ExactIndex` in memory, `StoreIndex` in an engine."""

    def search(self, query: Query, k: int = 10, only: str | None = None) -> ResultList:
        """The `k` first entries for one query.

        Args:
            query: as encoded.
            k: how many.
            only: the one modality to search; None searches all.

        Raises:
            GapvizError: k below 1, a query of another dimension, or a modality that the strategy
                has not seen or that is not indexed.
        """

    def search_many(self, vectors: Float32, modality: str, k: int = 10) -> TopK:
        """The `k` first rows of each of many queries of one modality, none left out.

        Args:
            vectors: `(n_queries, dim)` unit rows, not moved yet.
            modality: of all of them.
            k: how many.

        Raises:
            GapvizError: as `search`.
        """
