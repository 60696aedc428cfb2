"""The two cones side by side, their selection, and the wait for a layout."""

from __future__ import annotations

import streamlit as st

from gapviz.dashboard.caches import collection_named, fitted, layout_request
from gapviz.dashboard.hover import hover_cards, webgl_available
from gapviz.dashboard.result_list import item_cards
from gapviz.dashboard.settings import Settings, show_error
from gapviz.errors import GapvizError
from gapviz.figures import alt_text, cones_figure, selected_items, shared_ranges
from gapviz.figures.cones import METHOD_TITLES
from gapviz.jobs import JobBoard
from gapviz.layouts import LayoutRequest, make_layout, ready_layout
from gapviz.measure import default_pair
from gapviz.projection import METHODS, Layout, Method
from gapviz.strategies import StrategyOptions

SELECTED = "_selected_items"
BEFORE, AFTER = "cones_before", "cones_after"
SHOWN_AT_MOST = 48
POLL_SECONDS = 0.5

_jobs: JobBoard[Layout] = JobBoard()


def cones_section(chosen: Settings) -> None:
    """Projection switch, both clouds before and after, and the items selected in them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.segmented_control(
            "Projection",
            METHODS,
            default="umap",
            format_func=lambda name: METHOD_TITLES[name],
            key="projection",
            bind="query-params",
            required=True,
        )
        lines = st.toggle("Lines between matched pairs", key="pairs", bind="query-params")
    before, after = _requests(chosen, method or "umap")
    try:
        # The layout with the strategy stands on the raw one: once it is there, both are.
        last = ready_layout(after or before)
        first = ready_layout(before) if last is not None else None
    except GapvizError as error:
        show_error(error)
        return
    if last is None or first is None:
        _wait_for(after or before)
        return
    _charts(chosen, [first] if after is None else [first, last], lines)


def _requests(chosen: Settings, method: Method) -> tuple[LayoutRequest, LayoutRequest | None]:
    def requested(options: StrategyOptions) -> LayoutRequest:
        return layout_request(chosen.collection, options, method, chosen.seed)

    after = requested(chosen.options())
    return requested(chosen.options("raw")), None if after.moves_nothing else after


@st.fragment
def _charts(chosen: Settings, layouts: list[Layout], lines: bool) -> None:
    collection = collection_named(chosen.collection)
    request, _ = _requests(chosen, layouts[0].method)
    ranges = shared_ranges(*layouts)
    selected = [
        collection.position[item]
        for item in st.session_state.get(SELECTED, ())
        if item in collection.position
    ]
    titles = ["Raw", fitted(chosen.collection, chosen.options()).label]
    keys = [BEFORE, AFTER][: len(layouts)]
    for column, layout, title, key in zip(
        st.columns(len(layouts)), layouts, titles, keys, strict=False
    ):
        with column:
            st.markdown(f"**{title}**")
            figure = cones_figure(
                layout,
                request.item_index,
                pairs=default_pair(collection) if lines else None,
                highlight=selected,
                ranges=ranges,
                webgl=webgl_available(),
            )
            st.plotly_chart(
                figure,
                key=key,
                on_select=lambda key=key: _keep_selection(key, chosen.collection),
                selection_mode=("points", "box", "lasso"),
                config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage"]},
                alt=alt_text(layout, title=title),
            )
    hover_cards(
        keys,
        thumb_url=f"/thumb/{chosen.collection}/at/{{id}}.png?size=192",
        item_url=f"/item/{chosen.collection}/at/{{id}}.json",
        version=collection.content_hash,
    )
    _explain(layouts, request)
    _selection(chosen, selected)


def _explain(layouts: list[Layout], request: LayoutRequest) -> None:
    layout = layouts[-1]
    shows = [f":material/check: {entry.can_show}" for entry in dict.fromkeys(layouts)]
    notes = [*shows[:1], f":material/block: {layout.cannot_show}"]
    if len(layouts) > 1 and layouts[1].can_show != layouts[0].can_show:
        notes.insert(1, f":material/check: With the strategy: {layouts[1].can_show}")
    notes.append(
        f"{request.sample.sentence.capitalize()}, {layout.points.shape[0]:,} points: those the "
        "encoder was trained on too, while the figures above are of held-out items."
    )
    if layout.note:
        notes.append(layout.note)
    if layout.changes:
        notes.append("Against umap-learn's defaults: " + "; ".join(layout.changes) + ".")
    st.caption("  \n".join(notes))


def _selection(chosen: Settings, selected: list[int]) -> None:
    collection = collection_named(chosen.collection)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Selected items", width="content")
        if selected:
            st.button("Clear selection", icon=":material/close:", on_click=_clear_selection)
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


def _clear_selection() -> None:
    st.session_state[SELECTED] = ()


def _keep_selection(key: str, collection: str) -> None:
    """Remember the items, not the points: a redrawn chart forgets its own selection."""
    event = st.session_state.get(key)
    positions = selected_items(event["selection"]["points"]) if event else ()
    if len(positions):
        items = collection_named(collection).items
        st.session_state[SELECTED] = tuple(items[int(position)].id for position in positions)


@st.fragment(run_every=POLL_SECONDS)
def _wait_for(request: LayoutRequest) -> None:
    job = _jobs.start_once(request.key, lambda progress: make_layout(request, progress))
    if job.error is not None:
        show_error(job.error)
    elif job.cancelled:
        st.info("The layout was cancelled. PCA and the gap axis need no waiting.")
        st.button("Lay out after all", on_click=_jobs.forget, args=(request.key,))
    elif job.done:
        _jobs.forget(request.key)
        st.rerun()
    else:
        st.progress(job.share, f"Laying out {request.row_count:,} vectors by UMAP: {job.stage}")
        st.button("Cancel", on_click=job.cancel)
