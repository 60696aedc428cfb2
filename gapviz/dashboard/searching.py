"""One query through one strategy over the index that all visitors share."""

from __future__ import annotations

from gapviz.dashboard.caches import index_of
from gapviz.dashboard.catalogue import View
from gapviz.retrieval.index import Query, ResultList
from gapviz.strategies import StrategyOptions


def answer_of(
    view: View, options: StrategyOptions, asked: Query, *, k: int, held_out: bool = False
) -> ResultList:
    """The result list of a query; `held_out` as for `index_of`."""
    return index_of(view, options, held_out=held_out).search(asked, k)
