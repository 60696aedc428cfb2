"""Result lists side by side, each with its bias; and the same strategies over all queries."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gapviz.collection import CALIBRATE, EVALUATE
from gapviz.dashboard.caches import collection_named, fitted, measured, searchable
from gapviz.dashboard.cards import strategy_table
from gapviz.dashboard.query import Query
from gapviz.dashboard.result_list import bias_bar, hit_cards
from gapviz.dashboard.settings import (
    DEFAULT_STRATEGY,
    INDEXES,
    MAX_RESULTS,
    MIN_RESULTS,
    Settings,
)
from gapviz.retrieval.corpus import Rows, query_rows
from gapviz.retrieval.fusion import RankFusion
from gapviz.retrieval.search import ResultList, search
from gapviz.strategies import Strategy

MATCH_HELP = (
    "The right answer: the entry of the other modality that belongs to the query's own item. "
    "Free text and dropped images have none, unless the text is a caption of the collection."
)


def answer_columns(chosen: Settings, asked: Query) -> None:
    """One column a strategy: its list, its bias for this query, where the match stands."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.segmented_control(
            "Index",
            list(INDEXES),
            default="all",
            format_func=lambda name: INDEXES[name],
            key="index",
            bind="query-params",
            required=True,
            help="Held-out items are those that the encoder's heads were not trained on.",
        )
        k = st.slider(
            "Results", MIN_RESULTS, MAX_RESULTS, 8, key="results", bind="query-params", width=240
        )
    names = _strategies(chosen)
    lists = {name: _search(chosen, name, asked, k, held_out=index == "held-out") for name in names}
    for column, name in zip(st.columns(len(names)), names, strict=True):
        with column:
            others = {hit.row for other in names if other != name for hit in lists[other].hits}
            _column(chosen, name, asked, lists[name], others)


def whole_split_table(chosen: Settings) -> None:
    """The same strategies over every query of the evaluate split."""
    st.subheader("Over all held-out queries")
    measurements = [
        measured(chosen.collection, chosen.options(name), chosen.seed)
        for name in _strategies(chosen)
    ]
    strategy_table(measurements)
    evaluated = measurements[0].collection
    st.caption(
        f"Indexed: the image and the first caption of the {evaluated.n_items:,} items of the "
        "evaluate split. Asking: each image; each caption after the first, or the first where "
        "there is no other. Left out: the query item's own entry of the same modality. Relevant: "
        "its entry of the other modality. Ties: rank = 1 + entries that score strictly higher; "
        "between fused lists as set under Routing. Offsets are fitted on the calibrate split. "
        "Small figures: 95 % bootstrap interval over items. R@10 searches the other modality alone."
    )


def _strategies(chosen: Settings) -> list[str]:
    beside = DEFAULT_STRATEGY if chosen.strategy in ("raw", "route") else chosen.strategy
    return ["raw", beside, "route"]


def _search(chosen: Settings, name: str, asked: Query, k: int, *, held_out: bool) -> ResultList:
    strategy = fitted(chosen.collection, chosen.options(name))
    corpus = searchable(chosen.collection, chosen.options(name))
    if held_out:
        corpus = _held_out(chosen, corpus)
    scoring = None
    if strategy.scoring is not None:
        asking = query_rows(collection_named(chosen.collection), strategy.alignment)
        scoring = strategy.scoring.prepare(corpus, asking)
    vector = strategy.alignment.transform(asked.vector[None, :], asked.modality)[0]
    return search(
        corpus,
        vector,
        asked.modality,
        k=k,
        item=asked.item,
        leave_out_own=asked.leave_out_own,
        fusion=strategy.fusion,
        scoring=scoring,
    )


def _held_out(chosen: Settings, corpus: Rows) -> Rows:
    collection = collection_named(chosen.collection)
    wanted = np.zeros(collection.n_items, dtype=np.bool_)
    for split in (CALIBRATE, EVALUATE):
        wanted[collection.splits[split]] = True
    return corpus.of_items(wanted)


def _column(
    chosen: Settings, name: str, asked: Query, answer: ResultList, elsewhere: set[int]
) -> None:
    strategy = fitted(chosen.collection, chosen.options(name))
    st.markdown(
        f"#### {strategy.card.title}", help=f"{strategy.card.formula}. {strategy.card.known}"
    )
    st.caption(_parameters(strategy))
    collection = collection_named(chosen.collection)
    st.html(bias_bar(answer, asked.modality, collection.modality_names))
    st.markdown(_match_words(answer, asked), help=MATCH_HELP)
    st.html(
        hit_cards(
            answer.hits,
            collection,
            chosen.collection,
            asked_with=asked.modality,
            match=asked.item,
            only_here={hit.row for hit in answer.hits} - elsewhere,
            score_name="fused" if strategy.fusion else "score" if strategy.scoring else "cosine",
        )
    )


def _parameters(strategy: Strategy) -> str:
    if isinstance(strategy.fusion, RankFusion):
        weights = " : ".join(f"{weight:g}" for _, weight in strategy.fusion.weights)
        silent = not any(weight for _, weight in strategy.fusion.weights)
        note = " Every score is 0: only the order of equal scores ranks." if silent else ""
        return f"One list a modality; k = {strategy.fusion.k:g}, weights {weights}.{note}"
    if strategy.card.routed:
        return f"One list a modality; {strategy.card.formula.split(', ', 1)[-1]}."
    if "(" not in strategy.label:
        return f"One mixed index; {strategy.card.formula}."
    return f"One mixed index; {strategy.label.split('(')[-1].rstrip(')')}."


def _match_words(answer: ResultList, asked: Query) -> str:
    if asked.item is None:
        return "Match: none known for this query"
    if answer.match_rank is None:
        return "Match: not in this index"
    shown = "" if answer.match_rank <= len(answer.hits) else " (not shown)"
    return f"Match at rank **{answer.match_rank:,}**{shown}"
