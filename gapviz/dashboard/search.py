"""Result lists side by side, each with its bias; and the same strategies over all queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from gapviz.core.collection import CALIBRATE, EVALUATE
from gapviz.core.wording import counted
from gapviz.dashboard.answers import same_label_as, show_bias, show_hits
from gapviz.dashboard.caches import collection_of, fitted, index_of, measured
from gapviz.dashboard.cards import strategy_table
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.query import RESULTS
from gapviz.dashboard.settings import DEFAULT_STRATEGY, RAW, ROUTING, Settings
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.widgets import number_of, segments_of
from gapviz.retrieval.index import Query, ResultList
from gapviz.strategies import Strategy

INDEX = url_choice(
    "index",
    "Index",
    {"all": "All items", "held-out": "Held-out items"},
    help="Held-out items are those that the encoder's heads were not trained on.",
)
MATCH_HELP = (
    "The right answer: the entry of the other modality that belongs to the query's own item. "
    "Free text and dropped images have none, unless the text is a caption of the collection."
)


@dataclass(frozen=True, slots=True)
class _Column:
    """One list of the page: an encoder's vectors under a strategy."""

    view: View
    strategy: str


def answer_columns(chosen: Settings, asked: Mapping[View, Query]) -> None:
    """A column for each strategy: its result list, its bias for this query, the rank of the match.

    Args:
        chosen: the sidebar.
        asked: the query as each encoder made a vector of it.
    """
    index, k = _index_and_length(chosen)
    columns = [_Column(view, name) for view in asked for name in _strategies(chosen, len(asked))]
    held_out = index == "held-out"
    lists = {
        column: index_of(column.view, chosen.options(column.strategy), held_out=held_out).search(
            asked[column.view], k
        )
        for column in columns
    }
    with st.container(key="answers"):
        places = st.columns(len(columns))
    for number, (place, column) in enumerate(zip(places, columns, strict=True)):
        with place:
            with st.container(gap="xxsmall", key=f"answer_head_{number}"):
                _head(chosen, column)
            others = {
                (hit.modality, hit.item)
                for other in columns
                if other != column
                for hit in lists[other].hits
            }
            _show(chosen, column, asked[column.view], lists[column], others)


def nearest_items(chosen: Settings, asked: Query) -> None:
    """The one list of a collection of one modality: what lies nearest by raw cosine.

    Args:
        chosen: the sidebar.
        asked: the query.
    """
    index, k = _index_and_length(chosen)
    collection = collection_of(chosen.view)
    raw = index_of(chosen.view, chosen.raw, held_out=index == "held-out")
    answer = raw.search(asked, k)
    same = same_label_as(collection, asked.item)
    st.subheader(f"Nearest by {asked.modality}", anchor=False)
    right_ones = sum(hit.item in same for hit in answer.hits)
    if same:
        st.markdown(
            f"**{right_ones} of {len(answer.hits)}** share the query's label, "
            f"{collection.items[asked.item or 0].label}"
        )
    show_hits(chosen.view, answer, asked, same_label=same)
    st.caption(
        f"Raw cosine over all {asked.modality} vectors of the collection, higher is more alike; "
        "the query's own entry is left out. A strategy moves modalities against each other, so "
        "the one of the sidebar plays no part."
    )


def whole_split_table(chosen: Settings) -> None:
    """The same strategies over every query of the evaluate split."""
    st.subheader("Over all held-out queries")
    measurements = {
        _Column(view, name): measured(view, chosen.options(name), chosen.seed, chosen.pair)
        for view in chosen.views
        for name in _strategies(chosen, 1)
    }
    strategy_table(
        {
            _row_title(column, one.strategy, len(chosen.views)): one
            for column, one in measurements.items()
        }
    )
    evaluated = next(iter(measurements.values())).collection
    st.caption(
        f"Indexed: the {', '.join(chosen.modalities)} vectors of the "
        f"{counted(evaluated.n_items, 'item')} of the evaluate split; "
        "of several captions the first, unless all were indexed. Asking: "
        "each of them; of several captions those after the first. Left out: the query item's own "
        "entry of the same modality. Relevant: its entries of other modalities. Ties: rank = 1 + "
        "entries that score strictly higher; between fused lists as set under Routing. Offsets "
        "are fitted on the calibrate split. Small figures: 95 % bootstrap interval over items. "
        "R@10 searches the other modality alone."
    )


def _index_and_length(chosen: Settings) -> tuple[str, int]:
    """Which items are searched, and how many results each list has."""
    index = "all"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if _has_training_split(chosen.view):
            index = segments_of(INDEX)
        k = int(number_of(RESULTS, width=240))
    if index == "all" and _has_training_split(chosen.view):
        st.caption(
            f":material/info: Searched: all {collection_of(chosen.view).n_items:,} items, those "
            "that the encoder's heads were trained on among them, which flatters it."
        )
    return index, k


def _row_title(column: _Column, strategy: Strategy, n_views: int) -> str:
    return strategy.label if n_views == 1 else f"{encoder_title(column.view)}: {strategy.label}"


def _strategies(chosen: Settings, n_views: int) -> list[str]:
    if n_views > 1:
        # More than four columns cannot be read side by side.
        return [RAW, DEFAULT_STRATEGY if chosen.strategy == RAW else chosen.strategy]
    between = DEFAULT_STRATEGY if chosen.strategy in (RAW, ROUTING) else chosen.strategy
    return [RAW, between, ROUTING]


def _has_training_split(view: View) -> bool:
    return bool(set(collection_of(view).splits) - {CALIBRATE, EVALUATE})


def _show(
    chosen: Settings,
    column: _Column,
    asked: Query,
    answer: ResultList,
    elsewhere: set[tuple[str, int]],
) -> None:
    strategy = fitted(column.view, chosen.options(column.strategy))
    show_bias(column.view, answer, asked)
    st.markdown(_match_words(answer, asked), help=MATCH_HELP)
    only_here = {hit.row for hit in answer.hits if (hit.modality, hit.item) not in elsewhere}
    show_hits(column.view, answer, asked, score_name=strategy.score_name, only_here=only_here)


def _head(chosen: Settings, column: _Column) -> None:
    strategy = fitted(column.view, chosen.options(column.strategy))
    st.markdown(
        f"#### {strategy.spec.title}", help=f"{strategy.spec.formula}. {strategy.spec.known}"
    )
    if chosen.compare is not None:
        st.caption(f"**{encoder_title(column.view)}**")
    st.caption(strategy.described)


def _match_words(answer: ResultList, asked: Query) -> str:
    if asked.item is None:
        return "Match: none known for this query"
    if answer.match_rank is None:
        return "Match: not in this index"
    shown = "" if answer.match_rank <= len(answer.hits) else " (not shown)"
    return f"Match at rank **{answer.match_rank:,}**{shown}"
