"""The items that a visitor selected among the points; and the neighbours of a single one."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gapviz.core.parameter import Parameter
from gapviz.core.wording import figure
from gapviz.dashboard.caches import collection_of, fitted, index_of
from gapviz.dashboard.result_list import Answer, item_cards, show_answers
from gapviz.dashboard.settings import RAW, Settings, errors_shown
from gapviz.dashboard.widgets import modality_of
from gapviz.retrieval.index import ResultList
from gapviz.retrieval.queries import item_query

SELECTED = "_selected_items"
SHOWN_AT_MOST = 48
NEIGHBOURS = 6
NEIGHBOURS_OF = Parameter("neighbours_of", "Its neighbours, asked with its", "modality", None, "")


def show_selection(chosen: Settings, selected: list[int]) -> None:
    """Cards of the items at the selected positions, and the neighbours of a single one."""
    collection = collection_of(chosen.view)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Selected items", width="content")
        if selected:
            clear = partial(st.session_state.pop, SELECTED, None)
            st.button("Clear selection", icon=":material/close:", on_click=clear)
    if not selected:
        st.info(
            "Click a point, or drag with the box or lasso tool above a chart: the items appear "
            "here, and stay when you change the strategy.",
            icon=":material/gesture_select:",
        )
        return
    shown = selected[:SHOWN_AT_MOST]
    if len(shown) < len(selected):
        st.caption(f"Showing {len(shown)} of {len(selected):,} selected items.")
    query = {key: value for key, value in st.query_params.items() if key != "q"}
    st.html(item_cards(shown, collection, chosen.collection, query))
    if len(selected) == 1:
        _neighbours(chosen, selected[0])


@errors_shown()
def _neighbours(chosen: Settings, position: int) -> None:
    """What the item finds with its own vector, raw and under the strategy."""
    modality = modality_of(NEIGHBOURS_OF, chosen.modalities)
    alone = chosen.strategy == RAW or chosen.has_one_modality
    strategies = [RAW] if alone else [RAW, chosen.strategy]
    asked = item_query(collection_of(chosen.view), position, modality)
    answers = []
    for name in strategies:
        options = chosen.options(name)
        strategy = fitted(chosen.view, options)
        found = index_of(chosen.view, options).search(asked, NEIGHBOURS)
        head, words = f"**{strategy.label}**", _match_words(found)
        answers.append(
            Answer(chosen.view, asked, found, head, words=words, score_name=strategy.score_name)
        )
    show_answers(answers, bias=False, mark=False)


def _match_words(found: ResultList) -> str:
    if found.match_rank is None or found.match_cosine is None:
        return "It has no vector of another modality."
    return (
        f"Pair cosine {figure(found.match_cosine)}; its match is at rank {found.match_rank:,} of "
        "the mixed index."
    )
