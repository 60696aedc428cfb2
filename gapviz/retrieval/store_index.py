"""`StoreIndex`: the engine of a vector store searches, and a strategy ranks what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Indices
from gapviz.retrieval.exact import TopK
from gapviz.retrieval.exact_index import ExactIndex, indexed_code
from gapviz.retrieval.fetched import EngineQueries, FetchedList, RankedList, unit_cosines
from gapviz.retrieval.index import Hit, Query, ResultList
from gapviz.retrieval.stored_rows import StoredRows
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import ReciprocalFusion, Store, StoreSpec, VectorField
from gapviz.strategies import Strategy

DEPTH = 200
"""How many entries of each list are fetched."""


@dataclass(frozen=True, eq=False)
class StoreIndex:
    """Rows of a collection as a fitted strategy left them, in a store.

    The query is moved here; the engine makes the lists. Scores that a strategy adjusts, and lists
    that it fuses otherwise than the engine, are ranked here from the best `depth` of each list,
    by the same code that ranks all rows in memory.
    """

    store: Store
    stored: StoredRows
    book: ExactIndex
    """The same rows in memory: what scores are adjusted by is taken of all of them."""
    depth: int = DEPTH
    effort: int | None = None
    """HNSW `ef` or IVF `nprobe`; None leaves the engine's own."""
    exact: bool = False
    """Ask the engine not to approximate."""

    @classmethod
    def of(
        cls,
        collection: Collection,
        strategy: Strategy,
        store: Store,
        *,
        depth: int = DEPTH,
        effort: int | None = None,
        exact: bool = False,
    ) -> StoreIndex:
        """The indexed rows of a collection, which stand in a store as the strategy moved them.

        Args:
            collection: whose rows they are.
            strategy: fitted; a modality that it has not seen is not indexed.
            store: open, with the moved rows in it.
            depth: how many entries of each list are fetched.
            effort: of the engine's search.
            exact: ask the engine not to approximate.

        Raises:
            GapvizError: a depth below 1, or the store does not hold the modalities.
        """
        if depth < 1:
            raise GapvizError(f"cannot fetch {depth} entries", hint="fetch at least 1 of each list")
        book = ExactIndex.of(collection, strategy)
        stored = StoredRows.of(collection, book.rows, store)
        return cls(store, stored, book, depth, effort, exact)

    @property
    def rows(self) -> Rows:
        """The rows, moved by the strategy."""
        return self.book.rows

    @property
    def strategy(self) -> Strategy:
        """What moves the query and ranks."""
        return self.book.strategy

    @cached_property
    def spec(self) -> StoreSpec:
        """What is known of the store."""
        return store_of(str(self.store.address))

    @cached_property
    def _fields(self) -> dict[str, VectorField]:
        return {one.name: one for one in self.store.schema().fields}

    @property
    def _one_list(self) -> bool:
        """Whether the engine's own list over all modalities is the answer."""
        spec = self.strategy.spec
        plain = self.book.prepared is None and not (spec.routed or spec.ranks_items)
        return plain and self.stored.column is not None

    @cached_property
    def fusion(self) -> ReciprocalFusion | None:
        """The engine's own rank fusion, where it is the strategy's; None where gapviz fuses."""
        told = self.strategy.fusion.plain or {}
        if told.get("method") != "rrf" or self.book.prepared is not None or self.spec.fusion:
            return None
        constant = told["k"] + told["rank_base"] - 1
        alike = not set(told["weights"].values()) - {1.0} and told["ties"] == "shared"
        whole = constant >= 1 and float(constant).is_integer()
        if self.stored.column is None or self.effort is not None or self.exact:
            return None
        return ReciprocalFusion(int(constant), self.depth) if alike and whole else None

    @property
    def described(self) -> str:
        """How it answers a query, in sentences."""
        title, told = self.spec.title, self.strategy.described
        best = f"the {self.depth:,} best of each modality"
        if self._one_list:
            how = f"{title} makes the list."
        elif self.fusion is not None:
            how = (
                f"{title} fuses the lists by rank, from {best}; gapviz does where entries are "
                "left out."
            )
        elif self.strategy.fusion.whole_lists:
            how = f"{title} makes the lists, which are fetched whole and merged by gapviz."
        elif self.book.prepared is not None:
            how = f"{title} makes the lists; scores are re-ranked by gapviz from {best}."
        else:
            how = f"{title} makes the lists; gapviz merges {best}."
        if self.stored.column is None and not self.strategy.spec.ranks_items and self._several:
            how += " Of several vectors of an item only the best is listed."
        return f"{told} {how}"

    @property
    def _several(self) -> bool:
        return any(self._fields[name].several for name in self.stored.fields.values())

    def search(self, query: Query, k: int = 10, only: str | None = None) -> ResultList:
        """The `k` first entries for one query.

        `match_rank` is None where the match is not so far in front that what was fetched tells
        its rank; of adjusted scores, and of ranks fused by item, it is the rank among what was
        fetched.

        Args:
            query: as encoded.
            k: how many.
            only: the one modality to search; None searches all.

        Raises:
            GapvizError: k below 1, a query of another dimension, a modality that the strategy has
                not seen or that is not indexed, or the engine does not answer.
        """
        rows = self.rows
        if k < 1:
            raise GapvizError(f"cannot return {k} results", hint="ask for at least 1")
        if only is not None:
            indexed_code(rows, only)
        self._refuse_other_dimension(query.vector)
        moved = self.strategy.transform_queries(query.vector[None, :], query.modality)
        own = rows.code(query.modality) if query.modality in rows.names else -1
        closed = self._closed(query, own)
        asked = EngineQueries(query.modality, own, closed, only, query.item)
        found = self._answers(moved, asked, k)[0]
        hits = tuple(
            Hit(
                rank=place,
                row=int(row),
                item=int(rows.item[row]),
                modality=rows.names[rows.modality[row]],
                score=float(score),
                cosine=float(cosine),
            )
            for place, (row, score, cosine) in enumerate(
                zip(found.rows, found.scores, found.cosines, strict=True), 1
            )
        )
        of_own = rows.modality[found.rows] == own
        return ResultList(
            hits=hits,
            bias=float(of_own.mean()) if of_own.size else float("nan"),
            corpus_share=self._corpus_share(asked),
            match_rank=found.match_rank,
            match_cosine=found.match_cosine,
        )

    def _refuse_other_dimension(self, vector: Float32) -> None:
        dim = self._fields[self.stored.fields[self.rows.names[0]]].dim
        if vector.shape != (dim,):
            raise GapvizError(
                f"the query has shape {vector.shape}, the index {dim} dimensions",
                hint="encode the query with the encoder of the collection",
            )

    def _closed(self, query: Query, own: int) -> Indices:
        """Rows that a query must not find: its own, where it is an entry of the index."""
        if query.item is None or not query.leave_out_own or own < 0:
            return np.zeros(0, dtype=np.int64)
        of_item = np.flatnonzero(self.rows.item == query.item)
        asked: Indices = of_item[self.rows.modality[of_item] == own]
        # Of an item that is ranked whole, every other row may find it.
        return asked[:1] if self.strategy.spec.ranks_items else asked

    def _corpus_share(self, asked: EngineQueries) -> float:
        """Share of the rows that can be found that has the query's modality."""
        counts = np.bincount(self.rows.modality, minlength=len(self.rows.names)).astype(np.int64)
        np.subtract.at(counts, self.rows.modality[asked.closed], 1)
        if asked.only is not None:
            counts[np.arange(counts.size) != self.rows.code(asked.only)] = 0
        total = int(counts.sum())
        return (counts[asked.own] if asked.own >= 0 else 0) / total if total else float("nan")

    def search_many(self, vectors: Float32, modality: str, k: int = 10) -> TopK:
        """The `k` first rows of each of many queries of one modality, none left out.

        Args:
            vectors: `(n_queries, dim)` unit rows, not moved yet.
            modality: of all of them.
            k: how many.

        Returns:
            Rows and scores; −1 and −∞ where an engine found fewer.

        Raises:
            GapvizError: as `search`.
        """
        k = min(k, self.rows.n_rows)
        if k < 1:
            raise GapvizError(f"cannot return {k} results", hint="ask for at least 1")
        moved = self.strategy.transform_queries(vectors, modality)
        own = self.rows.code(modality) if modality in self.rows.names else -1
        asked = EngineQueries(modality, own)
        answer = TopK(
            np.full((len(vectors), k), -1, dtype=np.int64),
            np.full((len(vectors), k), -np.inf, dtype=np.float32),
        )
        for place, found in enumerate(self._answers(moved, asked, k)):
            answer.rows[place, : found.rows.size] = found.rows
            answer.scores[place, : found.rows.size] = found.scores
        return answer

    def _answers(self, moved: Float32, asked: EngineQueries, k: int) -> list[RankedList]:
        if self.fusion is not None and not asked.closed.size and asked.only is None:
            return self._fused(moved, asked, k, self.fusion)
        return [
            self._ranked(query, found, asked, k)
            for query, found in zip(moved, self._candidates(moved, asked, k), strict=True)
        ]

    def _ranked(
        self, moved: Float32, found: FetchedList, asked: EngineQueries, k: int
    ) -> RankedList:
        """What the strategy makes of what was fetched for one query."""
        if not found.rows.size:
            empty = np.zeros(0)
            return RankedList(found.rows, empty, empty.astype(np.float32))
        few, rows = found.rows, self.rows
        # What ranks scores reads no vectors.
        nothing = np.empty((few.size, 0), dtype=np.float32)
        part = Rows(rows.names, nothing, rows.modality[few], rows.item[few])
        scores = found.cosines
        if self.book.prepared is not None:
            prepared = self.book.prepared.of_rows(few, rows.n_rows)
            scores = prepared.adjust(scores[None, :], asked.modality)[0]
        everything = np.ones(few.size, dtype=np.bool_)
        best = self.strategy.fusion.ranked(part, scores, everything, asked.own, k, asked.item)
        rank, match = best.match_rank, best.match_row
        if rank is None or match is None or rank > found.sure:
            rank, match = None, None
        return RankedList(
            few[best.rows],
            best.scores,
            found.cosines[best.rows],
            rank,
            None if match is None else float(found.cosines[match]),
        )

    def _candidates(self, moved: Float32, asked: EngineQueries, k: int) -> list[FetchedList]:
        """What the lists of the engine hold for each query, by rising row."""
        depth = max(self.depth, k + asked.closed.size)
        if self.strategy.fusion.whole_lists:
            depth = self.rows.n_rows
        if self._one_list and asked.only is None:
            lists = [self._list(moved, None, depth, asked)]
        else:
            names = self.rows.names if asked.only is None else (asked.only,)
            lists = [self._list(moved, name, depth, asked) for name in names]
        joined = []
        for parts in zip(*lists, strict=True):
            rows = np.concatenate([one.rows for one in parts])
            cosines = np.concatenate([one.cosines for one in parts])
            order = np.argsort(rows)
            # The first k of all are among the first k of each list.
            sure = min(one.sure for one in parts)
            joined.append(FetchedList(rows[order], cosines[order], sure))
        return joined

    def _list(
        self, moved: Float32, modality: str | None, depth: int, asked: EngineQueries
    ) -> list[FetchedList]:
        """The engine's list of each query, of one modality or of all."""
        column, where = self.stored.column, str(self.store.address)
        field = self.stored.fields[modality or self.rows.names[0]]
        size = self.stored.n_entries(modality)
        found = self.store.nearest(
            field,
            moved,
            max(min(depth, size), 1),
            where=None if modality is None or column is None else {column: modality},
            effort=self.effort,
            exact=self.exact,
        )
        lists = []
        for query, ids, scores in zip(moved, found.ids, found.scores, strict=True):
            whole = len(ids) >= size
            cosines = unit_cosines(scores, self._fields[field].metric)
            if column is not None:
                rows = self.stored.single(ids, where)
                kept = ~np.isin(rows, asked.closed)
            else:
                assert modality is not None
                rows, near = self.stored.of_items(modality, ids, query, asked.closed, where)
                # Of an item whose best row is closed, the next one may lie behind what was fetched.
                last = -inf if whole or not cosines.size else float(cosines[-1])
                asking = np.isin(self.rows.item[rows], self.rows.item[asked.closed])
                kept = (rows >= 0) & ~(asking & (near < last))
                cosines = np.where(asking, near, cosines)
            sure = inf if whole else self._places(rows[kept])
            lists.append(FetchedList(rows[kept], cosines[kept], sure))
        return lists

    def _places(self, rows: Indices) -> int:
        """How many places of a list rows take: items have one each where items are ranked."""
        by_item = self.strategy.spec.ranks_items
        return int(np.unique(self.rows.item[rows]).size if by_item else rows.size)

    def _fused(
        self, moved: Float32, asked: EngineQueries, k: int, fusion: ReciprocalFusion
    ) -> list[RankedList]:
        """What the engine's own rank fusion answers."""
        column, names = self.stored.column, self.rows.names
        assert column is not None
        depth = max(fusion.depth, k)
        found = self.store.fused(
            dict.fromkeys(names, moved),
            depth,
            ReciprocalFusion(fusion.k, depth),
            where={name: {column: name} for name in names},
        )
        answers = []
        for query, ids, scores in zip(moved, found.ids, found.scores, strict=True):
            rows = self.stored.single(ids, str(self.store.address))
            cosines: Float32 = self.rows.vectors[rows] @ query
            matches = (self.rows.item[rows] == asked.item) & (self.rows.modality[rows] != asked.own)
            first = np.flatnonzero(matches) if asked.item is not None else np.zeros(0, np.int64)
            rank = int(first[0]) + 1 if first.size else None
            answers.append(
                RankedList(
                    rows[:k],
                    scores[:k].astype(np.float64),
                    cosines[:k],
                    rank,
                    None if rank is None else float(cosines[rank - 1]),
                )
            )
        return answers
