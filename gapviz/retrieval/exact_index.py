"""`ExactIndex`: every row is scored, in memory, under a strategy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.pairs import matching_rows
from gapviz.core.rows import Rows, corpus_rows, query_rows
from gapviz.core.vectors import Float32, Indices, Mask
from gapviz.retrieval.cosines import cosines_of
from gapviz.retrieval.exact import TopK, top_k
from gapviz.retrieval.index import Hit, Query, ResultList
from gapviz.strategies import Strategy
from gapviz.strategies.base import PreparedScores
from gapviz.strategies.fusion import Asked
from gapviz.strategies.fusion.ties import TOLERANCE


@dataclass(frozen=True, eq=False)
class ExactIndex:
    """Indexed rows under a fitted strategy."""

    rows: Rows
    """Moved by the strategy."""
    strategy: Strategy
    asking: Rows | None = None
    """Moved rows that will ask; only a transductive strategy reads them, and takes `rows`
    themselves where None."""

    @classmethod
    def of(
        cls, collection: Collection, strategy: Strategy, items: Mask | None = None
    ) -> ExactIndex:
        """The indexed rows of a collection, or of those items marked in `items` `(n_items,)`.

        A modality that the strategy has not seen is not indexed.
        """
        known = collection.of_modalities(strategy.modalities_)
        rows = corpus_rows(known, strategy)
        asking = query_rows(known, strategy) if strategy.spec.transductive else None
        return cls(rows if items is None else rows.of_items(items), strategy, asking)

    @cached_property
    def prepared(self) -> PreparedScores | None:
        """How cosines are adjusted; what depends on the rows alone is computed once."""
        return self.strategy.prepare(self.rows, self.asking or self.rows)

    def search(self, query: Query, k: int = 10) -> ResultList:
        """The `k` first entries for one query; equal scores keep the order of the rows.

        Raises:
            GapvizError: k below 1, a query of another dimension, or a modality that the strategy
                has not seen.
        """
        rows = self.rows
        if k < 1:
            raise GapvizError(f"cannot return {k} results", hint="ask for at least 1")
        own = rows.code(query.modality) if query.modality in rows.names else -1
        cosines, scores, open_rows = self.scored(query, k)
        found = self.strategy.fusion.ranked(rows, scores, open_rows, own, k, query.item)
        hits = tuple(
            Hit(
                rank=place,
                row=int(row),
                item=int(rows.item[row]),
                modality=rows.names[rows.modality[row]],
                score=float(score),
                cosine=float(cosines[row]),
            )
            for place, (row, score) in enumerate(zip(found.rows, found.scores, strict=True), 1)
        )
        return ResultList(
            hits=hits,
            bias=_share(rows.modality[found.rows] == own),
            corpus_share=self._corpus_share(open_rows, own),
            match_rank=found.match_rank,
            match_cosine=None if found.match_row is None else float(cosines[found.match_row]),
        )

    def _corpus_share(self, open_rows: Mask, own: int) -> float:
        n_open = np.count_nonzero(open_rows)
        if not n_open:
            return float("nan")
        return (
            float(np.count_nonzero(open_rows[self.rows.spans[own]]) / n_open) if own >= 0 else 0.0
        )

    def scored(self, query: Query, first: int = 10) -> tuple[Float32, Float32, Mask]:
        """Cosines and adjusted scores of a query with all rows, and which rows it may find.

        All of `(n_rows,)`; the score of a row that it must not find is −∞. So many of the `first`
        and the match are told apart from others exactly; see `cosines_of`.

        Raises:
            GapvizError: as `search`.
        """
        rows = self.rows
        if query.vector.shape != (rows.dim,):
            raise GapvizError(
                f"the query has shape {query.vector.shape}, the index {rows.dim} dimensions",
                hint="encode the query with the encoder of the collection",
            )
        moved = self.strategy.transform_queries(query.vector[None, :], query.modality)
        open_rows = np.ones(rows.n_rows, dtype=np.bool_)
        own_rows = np.zeros(0, dtype=np.int64)
        if query.item is not None:
            own_rows = np.flatnonzero(rows.item == query.item)
        if query.leave_out_own and query.modality in rows.names:
            asked = own_rows[rows.modality[own_rows] == rows.code(query.modality)]
            # Of an item that is ranked whole, every other row may find it.
            open_rows[asked[:1] if self.strategy.spec.ranks_items else asked] = False
        first += int(np.count_nonzero(~open_rows))
        cosines = cosines_of(rows, self.strategy, moved[0], own_rows[open_rows[own_rows]], first)
        scores = cosines.copy()
        scores[~open_rows] = -np.inf
        if self.prepared is not None:
            scores = self.prepared.adjust(scores[None, :], query.modality)[0]
        return cosines, scores, open_rows

    def scores_of(
        self, vectors: Float32, modality: str, own_item: Indices | None = None
    ) -> Float32:
        """Adjusted scores of queries of one modality with all rows, `(n_queries, n_rows)`.

        Args:
            vectors: `(n_queries, dim)` unit rows, not moved yet.
            modality: of all of them.
            own_item: `(n_queries,)` the item that asks itself, whose rows of that modality score
                −∞; −1 for none.

        Raises:
            GapvizError: a modality that the strategy has not seen.
        """
        rows = self.rows
        moved = self.strategy.transform_queries(vectors, modality)
        scores: Float32 = moved @ rows.vectors.T
        if own_item is not None and modality in rows.names:
            span = rows.spans[rows.code(modality)]
            found = matching_rows(own_item, rows.item[span])
            scores[found.rows_a, span.start + found.rows_b] = -np.inf
        return scores if self.prepared is None else self.prepared.adjust(scores, modality)

    def search_many(self, vectors: Float32, modality: str, k: int = 10) -> TopK:
        """The `k` first rows of each of many queries of one modality, none left out.

        Args:
            vectors: `(n_queries, dim)` unit rows, not moved yet.
            modality: of all of them.
            k: how many.

        Raises:
            GapvizError: as `search`.
        """
        spec = self.strategy.spec
        if self.prepared is None and not (spec.routed or spec.ranks_items):
            return top_k(self.strategy.transform_queries(vectors, modality), self.rows.vectors, k)
        lists = [self.search(Query(vector, modality), k).hits for vector in vectors]
        return TopK(
            np.array([[hit.row for hit in hits] for hits in lists], dtype=np.int64),
            np.array([[hit.score for hit in hits] for hits in lists], dtype=np.float32),
        )

    def asked(self, queries: Rows, modality: str, block: Indices, row: Indices) -> Asked:
        """Queries of one modality with their scores, their own items being the matches.

        Args:
            queries: moved rows that ask.
            modality: of those that ask here.
            block: `(n_block,)`, which of the rows they are.
            row: `(n_block,)`, the row of the index that each is; −1 where it is none.
        """
        rows, fusion = self.rows, self.strategy.fusion
        own = rows.code(modality)
        scores: Float32 = queries.vectors[block] @ rows.vectors.T
        items = queries.item[block]
        matches = matching_rows(items, rows.item, by_item_b=rows.by_item)
        asking, found = matches.rows_a, matches.rows_b
        excluded = rows.modality[found] == own
        relevant = ~excluded
        # Of an item that is ranked whole, every row but the query itself may find it.
        if fusion.ranks_items:
            excluded &= found == row[asking]
        scores[asking[excluded], found[excluded]] = -np.inf
        slope = 1.0
        if self.prepared is not None:
            scores, slope = self.prepared.adjust(scores, modality), self.prepared.slope(modality)
        n_excluded = np.bincount(asking[excluded], minlength=block.size)
        return Asked(
            rows, scores, items, own, asking[relevant], found[relevant], n_excluded,
            TOLERANCE * slope,
        )  # fmt: skip


def _share(own: Mask) -> float:
    return float(own.mean()) if own.size else float("nan")
