"""One query through one strategy over the index that all visitors share."""

from __future__ import annotations

import numpy as np

from gapviz.collection import CALIBRATE, EVALUATE
from gapviz.dashboard.caches import collection_of, fitted, searchable
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.query import Query
from gapviz.retrieval.corpus import Rows, query_rows
from gapviz.retrieval.scoring import PreparedScores
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
    corpus = searchable(view, options)
    if held_out:
        corpus = _held_out(view, corpus)
    scoring: PreparedScores | None = None
    if strategy.scoring is not None:
        asking = query_rows(collection_of(view), strategy.alignment)
        scoring = strategy.scoring.prepare(corpus, asking)
    return search(
        corpus,
        strategy.alignment.transform(asked.vector[None, :], asked.modality)[0],
        asked.modality,
        k=k,
        item=asked.item,
        leave_out_own=asked.leave_out_own,
        fusion=strategy.fusion,
        scoring=scoring,
    )


def _held_out(view: View, corpus: Rows) -> Rows:
    collection = collection_of(view)
    wanted = np.zeros(collection.n_items, dtype=np.bool_)
    for split in (CALIBRATE, EVALUATE):
        wanted[collection.splits[split]] = True
    return corpus.of_items(wanted)
