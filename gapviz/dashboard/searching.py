"""One query through one strategy over the index that all visitors share."""

from __future__ import annotations

from gapviz.dashboard.caches import fitted, prepared, searchable
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.query import Query
from gapviz.retrieval.search import ResultList, search
from gapviz.strategies import StrategyOptions


def answer_of(
    view: View, options: StrategyOptions, asked: Query, *, k: int, held_out: bool = False
) -> ResultList:
    """The result list of a query.

    Args:
        view: whose index is searched.
        options: of the strategy.
        asked: the query, not moved yet.
        k: how many results.
        held_out: search only items that the encoder's heads were not trained on.
    """
    strategy = fitted(view, options)
    return search(
        searchable(view, options, held_out=held_out),
        strategy.transform(asked.vector[None, :], asked.modality)[0],
        asked.modality,
        k=k,
        item=asked.item,
        leave_out_own=asked.leave_out_own,
        fusion=strategy.fusion,
        scoring=prepared(view, options, held_out=held_out),
    )
