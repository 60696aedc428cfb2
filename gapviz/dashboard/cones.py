"""The two cones side by side, the wait for a layout, and the items selected in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import streamlit as st

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.core.vectors import Indices
from gapviz.core.wording import figure
from gapviz.dashboard.caches import (
    collection_of,
    fitted,
    index_of,
    layout_request,
    undefined,
)
from gapviz.dashboard.canvas.component import CloudView, Pick, point_canvas
from gapviz.dashboard.canvas.served import ServedCloud, cloud_of
from gapviz.dashboard.cards import how_it_is_computed
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.result_list import Answer, item_cards, show_answers
from gapviz.dashboard.settings import RAW, Settings
from gapviz.dashboard.url_params import free_parameter, url_choice
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.widgets import modality_of, segments_of
from gapviz.figures.cones import METHOD_TITLES
from gapviz.measures.projection.layout import Layout, Method
from gapviz.measures.projection.sampling import DISPLAY_LIMIT
from gapviz.retrieval.index import ResultList
from gapviz.retrieval.queries import item_query
from gapviz.strategies import STRATEGIES

PROJECTION = url_choice("projection", "Projection", METHOD_TITLES, default="umap")
PAIRS = free_parameter("pairs")
HEADLINES = ("gap", "noise_floor", "separation", "bias", "ndcg")
PICTURE = "cones"
MOST_POINTS = 1_000_000
"""That are drawn where a projection costs one product a point."""
SELECTED, FOUND = "_selected_items", "_selected_positions"
SELECTED_IN_URL = free_parameter("selected")
MOST_IN_URL = 48
"""Of a larger selection, a link holds as many items; longer addresses are cut off by some."""
SHOWN_AT_MOST = 48
NEIGHBOURS = 6
NEIGHBOURS_OF = Parameter("neighbours_of", "Its neighbours, asked with its", "modality", None, "")


@errors_shown()
def cones_section(chosen: Settings, said: Callable[[], None]) -> None:
    """The choice of projection, the clouds before and after, what is `said` of them, and the
    selected items. A single modality has one cloud, drawn as encoded.
    """
    paired = not chosen.has_one_modality
    with st.container(horizontal=True, vertical_alignment="center"):
        offered = {
            name: title for name, title in METHOD_TITLES.items() if paired or name != "gap_axis"
        }
        method: Method = segments_of(PROJECTION, offered, label_visibility="collapsed")
        lines = paired and st.toggle("Lines between matched pairs", key=PAIRS, bind="query-params")

    drawn = {view: _requests(chosen, view, method) for view in chosen.views}
    # The layout with the strategy is computed from the raw one, so both are ready at once.
    ready = all(_laid_out(requests[-1]) is not None for requests in drawn.values())
    if ready:
        _charts(chosen, drawn, said, lines=lines)
    else:
        said()  # the figures need no layout


def _requests(chosen: Settings, view: View, method: Method) -> list[LayoutRequest]:
    """What is drawn of one encoder: raw, and with the strategy where that moves anything."""
    alone = chosen.has_one_modality
    options = [chosen.raw] if alone else [chosen.raw, chosen.options()]
    options = [one for one in options if not undefined(view, one, everywhere=True)]
    limit = DISPLAY_LIMIT if method == "umap" else MOST_POINTS
    found = [layout_request(view, one, method, chosen.seed, chosen.pair, limit) for one in options]
    return [found[0], *(one for one in found[1:] if one.strategy.spec.moves_vectors)]


@st.fragment
def _charts(
    chosen: Settings,
    drawn: Mapping[View, list[LayoutRequest]],
    said: Callable[[], None],
    *,
    lines: bool,
) -> None:
    collection = collection_of(chosen.view)
    selected = _selection(collection)
    for number, (view, requests) in enumerate(drawn.items(), start=1):
        if len(drawn) > 1:
            st.subheader(in_markdown(encoder_title(view)), anchor=False)
        key = PICTURE if number == 1 else f"{PICTURE}_{number}"
        _picture(chosen, view, requests, key, selected, lines=lines)
    said()
    _explain(chosen, drawn[chosen.view])
    if len(drawn) > 1:
        st.caption(
            "Two models have two spaces: positions in the upper and in the lower row cannot be "
            "compared, only their shapes and figures can."
        )
    _show_selection(chosen, selected.tolist())


def _selection(collection: Collection) -> Indices:
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


def _picture(
    chosen: Settings,
    view: View,
    requests: list[LayoutRequest],
    key: str,
    selected: Indices,
    *,
    lines: bool,
) -> None:
    alone = chosen.has_one_modality
    titles = [f"The {chosen.modalities[0]} cone, raw" if alone else "Raw"]
    titles += [request.strategy.label for request in requests[1:]]
    pair = None if alone else chosen.pair
    views = [
        CloudView(title, ServedCloud(cloud_of(request), chosen.collection, pair))
        for request, title in zip(requests, titles, strict=True)
    ]
    sample = requests[0].sample
    point_canvas(
        views,
        key,
        scene=requests[0].key,
        selected=selected,
        on_pick=lambda pick: _keep(pick, view),
        lines=lines,
        note=f"{sample.sentence.capitalize()}." if sample.items.size < sample.n_items else "",
    )


def _explain(chosen: Settings, requests: list[LayoutRequest]) -> None:
    layouts = [request.compute() for request in requests]
    layout = layouts[-1]
    shows = [f":material/check: {in_markdown(entry.can_show)}" for entry in dict.fromkeys(layouts)]
    notes = [*shows[:1], f":material/block: {in_markdown(layout.cannot_show)}"]
    if len(layouts) > 1 and layouts[1].can_show != layouts[0].can_show:
        notes.insert(1, f":material/check: With the strategy: {in_markdown(layouts[1].can_show)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("  \n".join(notes), width="stretch")
        with st.popover("How is this computed?", icon=":material/function:"):
            if not chosen.has_one_modality:
                card = STRATEGIES[chosen.strategy]
                st.markdown(f"**What is known of “{card.title}”** — {in_markdown(card.known)}")
            drawn = (
                f"{requests[0].sample.sentence.capitalize()}, {len(layout.points):,} points, of "
                "every split, while the figures on the cards are of the evaluate split alone."
            )
            told = [drawn, layout.note] if layout.note else [drawn]
            if layout.changes:
                told.append("Against umap-learn's defaults: " + "; ".join(layout.changes) + ".")
            st.markdown(f"**What is drawn** — {in_markdown(' '.join(told))}")
            how_it_is_computed(["cone_x"] if chosen.has_one_modality else HEADLINES)


def _show_selection(chosen: Settings, selected: list[int]) -> None:
    """Cards of the items at the selected positions, and the neighbours of a single one."""
    collection = collection_of(chosen.view)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Selected items", width="content")
        if selected:
            clear = partial(st.session_state.update, {SELECTED: ()})
            st.button("Clear selection", icon=":material/close:", on_click=clear)
    if not selected:
        st.info(
            "Click a point, or choose Lasso (or hold Shift) and drag around some: the items appear "
            "here, and stay when you change the strategy. Drag moves the picture; after a click "
            "into it the wheel zooms.",
            icon=":material/gesture_select:",
        )
        return
    shown = selected[:SHOWN_AT_MOST]
    if len(shown) < len(selected):
        st.caption(f"Showing {len(shown)} of {len(selected):,} selected items.")
    left = ("q", SELECTED_IN_URL)
    query = {key: value for key, value in st.query_params.items() if key not in left}
    st.html(item_cards(shown, collection, chosen.collection, query))
    if len(selected) == 1:
        _neighbours(chosen, selected[0])


@errors_shown()
def _neighbours(chosen: Settings, position: int) -> None:
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


def _keep(pick: Pick, view: View) -> None:
    """Remember the items by their ids, which mean the same whatever is drawn next."""
    items = collection_of(view).items
    picked = [items[position].id for position in pick.items.tolist()]
    before = st.session_state.get(SELECTED, ()) if pick.add else ()
    st.session_state[SELECTED] = tuple(dict.fromkeys((*before, *picked)))


def _laid_out(request: LayoutRequest) -> Layout | None:
    doing = f"Laying out {request.row_count:,} vectors by UMAP"
    return result_of(request, Wait(doing, cancelled="PCA and the gap axis need no waiting."))
