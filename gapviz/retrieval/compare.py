"""One query over lists that were merged by bare score, and by rank: where the first errs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gapviz.core.vectors import Float32, Mask
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query, ResultList
from gapviz.strategies.fusion.counting import place


@dataclass(frozen=True, slots=True)
class ListRange:
    """The scores of one modality's list for one query."""

    best: float
    """NaN, as the rest, where the list is empty."""
    median: float
    naive_rank_of_best: int
    """Where its best entry stands once the lists are merged by bare score; 0 for an empty
    list."""


@dataclass(frozen=True, eq=False)
class FusionComparison:
    """The same lists, merged by bare cosine and by rank."""

    naive: ResultList
    by_rank: ResultList
    lists: Mapping[str, ListRange]
    """By modality."""

    @property
    def best_list(self) -> str:
        """The modality whose scores run highest, and that so takes the top."""
        return max(self.lists, key=lambda name: np.nan_to_num(self.lists[name].best, nan=-np.inf))


def compare_fusions(
    naive: ExactIndex, by_rank: ExactIndex, query: Query, k: int = 10
) -> FusionComparison:
    """Search once with bare cosines in one list, once by rank.

    Args:
        naive: the rows under raw cosine.
        by_rank: the same rows under routing by rank.
        query: for both.
        k: how many results.

    Raises:
        GapvizError: k below 1, or a query of another dimension.
    """
    bare, ranked = naive.search(query, k), by_rank.search(query, k)
    _, scores, open_rows = naive.scored(query)
    return FusionComparison(
        naive=bare,
        by_rank=ranked,
        lists={
            name: _range(scores, open_rows, span)
            for name, span in zip(naive.rows.names, naive.rows.spans, strict=True)
        },
    )


def _range(scores: Float32, open_rows: Mask, span: slice) -> ListRange:
    rows = span.start + np.flatnonzero(open_rows[span])
    if not rows.size:
        nan = float("nan")
        return ListRange(nan, nan, 0)
    best = int(rows[np.argmax(scores[rows])])
    return ListRange(
        best=float(scores[best]),
        median=float(np.median(scores[rows].astype(np.float64))),
        naive_rank_of_best=1 + place([scores], np.flatnonzero(open_rows), best),
    )
