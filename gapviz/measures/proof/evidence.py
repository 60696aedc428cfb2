"""What an engine is asked, and what it holds: all that the diagnoses read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.rows import Rows
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import Float32, Indices, Mask
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Hit, Query, ResultList
from gapviz.retrieval.store_index import StoreIndex
from gapviz.sources.stores.store import BATCH, Store, StoreSchema
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.ties import TOLERANCE

K = 10
DEEP = 100
"""How deep the list in memory is known, which says what the entries of an engine score."""
LIST_DEPTH = 1_000
"""How deep each list of the engine is fetched, as the code of an export does."""
QUERIES = 100
"""Most queries a modality."""
PROBES = 20
"""Queries a modality of the checks of single lists."""
CHECKED = 5_000
"""Most vectors that are fetched, beside those in the lists."""
ROUNDING = 10 * TOLERANCE
"""Cosines of an engine and of numpy are no further apart."""
RANKS_EQUAL = 1e-9
"""The same of sums of reciprocal ranks, relatively."""


@dataclass(frozen=True, eq=False)
class ReplayedQuery:
    """One query with the list in memory and that of the engine."""

    query: Query
    memory: ResultList
    """To the depth `DEEP`."""
    engine: ResultList


@dataclass(frozen=True, eq=False)
class StoredVectors:
    """What the engine holds of some rows, `(n_checked,)` each."""

    row: Indices
    """Rows of the index, rising."""
    entry: Mask
    """Whether the entry is there."""
    vector: Mask
    """Whether the vector is; of several of an item, as many as are there."""
    vectors: Float32
    """`(n_checked, dim)` as stored; 0 where there is none."""

    @property
    def lengths(self) -> Float32:
        """`(n_checked,)`."""
        found: Float32 = np.linalg.norm(self.vectors, axis=1)
        return found


@dataclass(frozen=True, eq=False)
class ProofEvidence:
    """A collection under a fitted strategy, in memory and in a store.

    Each part is made when first asked for, and then kept.
    """

    collection: Collection
    """What was written."""
    strategy: Strategy
    store: Store
    seed: int = DEFAULT_SEED
    most: int = QUERIES
    """Queries a modality."""

    @cached_property
    def index(self) -> StoreIndex:
        """The engine under the strategy.

        Raises:
            GapvizError: the collection of the store has other fields.
        """
        # Lists that share nothing, and keep their order, need no more than what is shown.
        deep = self.ranks_items or self.strategy.serving == "references"
        depth = LIST_DEPTH if deep else K
        return StoreIndex.of(self.collection, self.strategy, self.store, depth=depth)

    @property
    def exact(self) -> ExactIndex:
        """The same rows in memory."""
        return self.index.book

    @property
    def rows(self) -> Rows:
        """The moved rows that were to be written."""
        return self.exact.rows

    @cached_property
    def schema(self) -> StoreSchema:
        """What the engine says that it holds."""
        return self.store.schema()

    @property
    def ranks_items(self) -> bool:
        """Whether entries of a result list are items."""
        return self.strategy.spec.ranks_items

    @cached_property
    def held_out(self) -> Mask:
        """`(n_items,)`: items that ask; all where there is no split."""
        asks = np.ones(self.collection.n_items, dtype=np.bool_)
        members = self.collection.splits.get(EVALUATE)
        if members is not None and len(members):
            asks[:] = False
            asks[np.asarray(members)] = True
        return asks

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """Held-out rows that ask, a seeded sample of each modality."""
        found = []
        for name in self.rows.names:
            block = self.collection.modality(name).queries
            asking = np.flatnonzero(self.held_out[block.item_index])
            for row in seeded_sample(asking, self.most, self.seed).tolist():
                found.append(Query(block.vectors[row], name, int(block.item_index[row])))
        return tuple(found)

    @cached_property
    def probes(self) -> tuple[tuple[str, Float32], ...]:
        """`(n_probes, dim)` moved queries of each modality, for checks of single lists."""
        found = []
        for name in self.rows.names:
            asked = [one.vector for one in self.queries if one.modality == name][:PROBES]
            if asked:
                found.append((name, self.strategy.transform_queries(np.stack(asked), name)))
        return tuple(found)

    @cached_property
    def answered(self) -> tuple[ReplayedQuery, ...]:
        """Every query with both lists; those that the engine answers with entries of others are
        left out.

        Raises:
            GapvizError: the engine does not answer.
        """
        found, refused = [], None
        for query in self.queries:
            try:
                engine = self._own_list(query) if self._mixed else self.index.search(query, K)
            except GapvizError as error:
                refused = error
                continue
            found.append(ReplayedQuery(query, self.exact.search(query, DEEP), engine))
        if refused is not None and not self.unknown_entries:
            raise refused
        return tuple(found)

    @property
    def _mixed(self) -> bool:
        """Whether the engine's one list is the answer, in the engine's own order."""
        return self.strategy.serving == "mixed" and self.index.stored.column is not None

    def _own_list(self, query: Query) -> ResultList:
        """The engine's list as it stands, without the query's own rows."""
        rows, stored = self.rows, self.index.stored
        moved = self.strategy.transform_queries(query.vector[None, :], query.modality)
        closed = self.closed(query)
        field = next(iter(stored.fields.values()))
        found = self.store.nearest(field, moved, K + closed.size)
        listed = stored.single(found.ids[0], str(self.store.address))
        scores = found.scores[0][~np.isin(listed, closed)].tolist()[:K]
        listed = listed[~np.isin(listed, closed)][:K]
        hits = tuple(
            Hit(place, row, int(rows.item[row]), rows.names[rows.modality[row]], score, score)
            for place, (row, score) in enumerate(zip(listed.tolist(), scores, strict=True), 1)
        )
        nothing = float("nan")
        return ResultList(hits, nothing, nothing, None)

    @cached_property
    def unknown_entries(self) -> int:
        """Entries that the collection holds beyond those that were to be written; never below 0."""
        return max(0, self.schema.n_entries - len(set(self.index.stored.ids)))

    def closed(self, query: Query) -> Indices:
        """Rows that a query must not find: its own, where it is an entry of the index."""
        return np.flatnonzero(~self.exact.scored(query)[2])

    def key(self, hit: Hit) -> int:
        """What an entry of a list is: its item, or its row."""
        return hit.item if self.ranks_items else hit.row

    def near(self, scores: list[float], modality: str) -> float:
        """How near equal scores of a list are."""
        fusion = self.strategy.fusion.plain or {}
        if str(fusion.get("method", "")).removeprefix("items-") == "rrf":
            return RANKS_EQUAL * max(map(abs, scores), default=0.0)
        prepared = self.exact.prepared
        slope = 1.0 if prepared is None else prepared.slope(modality)
        return ROUNDING * max(slope, 1.0)

    @cached_property
    def stored(self) -> StoredVectors:
        """The vectors of a seeded sample of rows and of all rows in the lists, as fetched."""
        rows = self.rows
        listed = {hit.row for one in self.answered for hit in one.memory.hits[:K]}
        sample = seeded_sample(np.arange(rows.n_rows), CHECKED, self.seed)
        chosen = np.union1d(sample, np.array(sorted(listed), dtype=np.int64))
        if self.index.stored.column is None:
            # Of an item all rows, since an entry holds them together.
            chosen = np.flatnonzero(np.isin(rows.item, rows.item[chosen]))
        entry, vector = np.zeros((2, chosen.size), dtype=np.bool_)
        vectors = np.zeros((chosen.size, rows.vectors.shape[1]), dtype=np.float32)
        for code, name in enumerate(rows.names):
            of_name = np.flatnonzero(rows.modality[chosen] == code)
            self._fetch(name, chosen, of_name, entry, vector, vectors)
        return StoredVectors(chosen, entry, vector, vectors)

    def _fetch(
        self, name: str, chosen: Indices, places: Indices, entry: Mask, vector: Mask, out: Float32
    ) -> None:
        """Fill in what is stored of some rows of one modality."""
        by_entry: dict[str, list[int]] = {}
        for place in places.tolist():
            by_entry.setdefault(self.index.stored.ids[chosen[place]], []).append(place)
        for ids, held in self.fetched(tuple(by_entry), self.index.stored.fields[name]):
            for one, vectors in zip(ids, held, strict=True):
                wanted = np.array(by_entry[one])
                entry[wanted] = True
                for row, at in _matched(vectors, self.rows.vectors[chosen[wanted]]):
                    vector[wanted[at]] = True
                    out[wanted[at]] = vectors[row]

    def fetched(
        self, ids: tuple[str, ...], field: str
    ) -> Iterator[tuple[tuple[str, ...], list[Float32]]]:
        """Entries that are there, with their vectors `(n_vectors, dim)` of a field, in batches."""
        for start in range(0, len(ids), BATCH):
            batch = self.store.fetch(ids[start : start + BATCH], [field])
            held = batch.vectors[field]
            ends = np.searchsorted(held.entry, np.arange(len(batch.ids) + 1))
            yield batch.ids, [held.vectors[a:b] for a, b in pairwise(ends)]


def _matched(stored: Float32, wanted: Float32) -> list[tuple[int, int]]:
    """Stored vectors of an entry, each with the wanted one that it is nearest to, each once."""
    if len(stored) == len(wanted) == 1:
        return [(0, 0)]
    lengths = np.maximum(np.linalg.norm(stored, axis=1, keepdims=True), 1e-12)
    near = (stored / lengths) @ wanted.T
    pairs = []
    for _ in range(min(near.shape)):
        row, at = np.unravel_index(int(near.argmax()), near.shape)
        pairs.append((int(row), int(at)))
        near[row], near[:, at] = -np.inf, -np.inf
    return pairs
