"""The items that are selected in the clouds: kept by id, counted, and shown beside the clouds."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from gapviz.core.collection import Collection
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.core.vectors import Indices
from gapviz.core.wording import counted, figure
from gapviz.dashboard.caches import collection_of, fitted, index_of, undefined
from gapviz.dashboard.canvas.component import Pick
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.result_list import Answer, item_cards, show_answers
from gapviz.dashboard.settings import RAW, Settings
from gapviz.dashboard.url_params import free_parameter
from gapviz.dashboard.widgets import modality_of
from gapviz.retrieval.index import ResultList
from gapviz.retrieval.queries import item_query

SELECTED, FOUND = "_selected_items", "_selected_positions"
BY_WORDS = "_selected_by_words"
"""Ids of the selected items of which only dots of words were picked."""
SELECTED_IN_URL = free_parameter("selected")
MOST_IN_URL = 48
"""Of a larger selection, a link holds as many items; longer addresses are cut off by some."""
SHOWN_AT_MOST = 48
NEIGHBOURS = 6
NEIGHBOURS_OF = Parameter("neighbours_of", "Its neighbours, asked with its", "modality", None, "")

HOW_TO_SELECT = """
Click a dot, or draw a **Box** or a **Lasso** around some: the items appear here, and stay when
you change the strategy.

**Zoom in** to see pictures on the dots: with **+**, or with the wheel after a click into the
picture.

By keys: Shift and an arrow goes from dot to dot, Enter selects it, A selects all in view.
"""


def selection_of(collection: Collection) -> Indices:
    """Positions of the selected items, which the URL follows; at first those of the link."""
    linked = st.query_params.get_all(SELECTED_IN_URL)
    chosen: tuple[str, ...] = st.session_state.setdefault(SELECTED, tuple(linked))
    found = _found(chosen, collection)
    named = [collection.items[position].id for position in found[:MOST_IN_URL]]
    if linked != named:
        st.query_params[SELECTED_IN_URL] = named
    return found


def _found(chosen: tuple[str, ...], collection: Collection) -> Indices:
    """Positions of the items of some ids, looked for once where they are many."""
    kept = st.session_state.get(FOUND)
    if kept is not None and kept[0] is chosen and kept[1] == collection.content_hash:
        found: Indices = kept[2]
        return found
    place = collection.position
    found = np.array([place[item] for item in chosen if item in place], dtype=np.int64)
    st.session_state[FOUND] = (chosen, collection.content_hash, found)
    return found


def keep_pick(pick: Pick, view: View) -> None:
    """Remember the items by their ids, which mean the same whatever is drawn next."""
    items = collection_of(view).items
    picked = [items[position].id for position in pick.items.tolist()]
    by_words = frozenset(items[position].id for position in pick.by_words.tolist())
    before = st.session_state.get(SELECTED, ()) if pick.add else ()
    known: frozenset[str] = st.session_state.get(BY_WORDS, frozenset())
    # Of an item whose picture was picked, by either pick, the picture is shown.
    in_pictures = (frozenset(before) - known) | (frozenset(picked) - by_words)
    st.session_state[SELECTED] = tuple(dict.fromkeys((*before, *picked)))
    st.session_state[BY_WORDS] = (known | by_words) - in_pictures


def show_selection(chosen: Settings, selected: Indices) -> None:
    """How many items are selected, and cards of the first of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        count = counted(len(selected), "item") if len(selected) else "Nothing"
        st.subheader(f"{count} selected", width="stretch", anchor=False)
        if len(selected):
            clear = partial(st.session_state.update, {SELECTED: (), BY_WORDS: frozenset()})
            st.button("Clear selection", icon=":material/close:", on_click=clear)
    if not len(selected):
        st.markdown(HOW_TO_SELECT)
        return
    shown = selected[:SHOWN_AT_MOST].tolist()
    if len(shown) < len(selected):
        st.caption(f"Showing {len(shown)} of {len(selected):,} selected items.")
    left = ("q", SELECTED_IN_URL)
    query = {key: value for key, value in st.query_params.items() if key not in left}
    collection = collection_of(chosen.view)
    known = st.session_state.get(BY_WORDS, frozenset())
    by_words = {place for place in shown if collection.items[place].id in known}
    with st.container(key="cones_selected"):
        st.html(item_cards(shown, collection, chosen.collection, query, by_words))


@errors_shown()
def show_neighbours(chosen: Settings, position: int) -> None:
    """What the item finds with its own vector, raw and under the strategy."""
    modality = modality_of(NEIGHBOURS_OF, chosen.modalities)
    alone = chosen.strategy == RAW or chosen.has_one_modality
    alone = alone or bool(undefined(chosen.view, chosen.options(), everywhere=True))
    strategies = [RAW] if alone else [RAW, chosen.strategy]
    asked = item_query(collection_of(chosen.view), position, modality)
    answers = []
    for name in strategies:
        options = chosen.options(name)
        strategy = fitted(chosen.view, options)
        found = index_of(chosen.view, options).search(asked, NEIGHBOURS)
        head, words = f"**{in_markdown(strategy.label)}**", _match_words(found)
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
