"""One query over lists that were merged by bare score, and by rank: where the first errs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32
from gapviz.retrieval.search import ResultList, search
from gapviz.strategies.fusion import RankFusion


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
    only_naive: tuple[int, ...]
    """Rows that bare scores return and ranks do not."""
    only_by_rank: tuple[int, ...]

    @property
    def best_list(self) -> str:
        """The modality whose scores run highest, and that so takes the top."""
        return max(self.lists, key=lambda name: np.nan_to_num(self.lists[name].best, nan=-np.inf))


def compare_fusions(
    corpus: Rows,
    query: Float32,
    modality: str,
    *,
    k: int = 10,
    item: int | None = None,
    leave_out_own: bool = True,
    fusion: RankFusion | None = None,
) -> FusionComparison:
    """Search once with bare cosines in one list, once by rank; arguments as in `search`.

    Raises:
        GapvizError: k below 1, or a query of another dimension.
    """
    ask = partial(search, corpus, query, modality, item=item, leave_out_own=leave_out_own)
    naive, everything = ask(k=k), ask(k=corpus.n_rows)
    by_rank = ask(k=k, fusion=fusion or RankFusion())
    scores: dict[str, list[tuple[float, int]]] = {name: [] for name in corpus.names}
    for hit in everything.hits:
        scores[hit.modality].append((hit.score, hit.rank))
    naive_rows = {hit.row for hit in naive.hits}
    ranked_rows = {hit.row for hit in by_rank.hits}
    return FusionComparison(
        naive=naive,
        by_rank=by_rank,
        lists={name: _range(found) for name, found in scores.items()},
        only_naive=tuple(hit.row for hit in naive.hits if hit.row not in ranked_rows),
        only_by_rank=tuple(hit.row for hit in by_rank.hits if hit.row not in naive_rows),
    )


def _range(found: list[tuple[float, int]]) -> ListRange:
    if not found:
        nan = float("nan")
        return ListRange(nan, nan, 0)
    scores = [score for score, _ in found]
    return ListRange(
        best=scores[0],
        median=float(np.median(scores)),
        naive_rank_of_best=found[0][1],
    )
