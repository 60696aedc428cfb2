"""The two cones side by side, their selection, and the wait for a layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import streamlit as st

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.errors import GapvizError
from gapviz.dashboard.caches import collection_of, fitted, layout_request
from gapviz.dashboard.cards import how_it_is_computed
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.hover import hover_cards, webgl_available
from gapviz.dashboard.selection import SELECTED, show_selection
from gapviz.dashboard.settings import Settings, show_error
from gapviz.dashboard.url_params import free_parameter, url_choice
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.widgets import segments_of
from gapviz.figures.cones import (
    METHOD_TITLES,
    alt_text,
    cones_figure,
    selected_items,
    shared_ranges,
)
from gapviz.measures.projection.layout import Layout, Method
from gapviz.strategies import STRATEGIES, StrategyOptions

PROJECTION = url_choice("projection", "Projection", METHOD_TITLES, default="umap")
PAIRS = free_parameter("pairs")
HEADLINES = ("gap", "noise_floor", "separation", "bias", "ndcg")
ONE_CLOUD = ("cone_x",)
BEFORE, AFTER = "cones_before", "cones_after"
NARROWEST_CHART = 400
"""Pixels of one chart; narrower screens show the charts one below the other."""


@dataclass(frozen=True, eq=False)
class _Cones:
    """What one encoder's charts show: raw, and with the strategy where that moves anything."""

    view: View
    before: LayoutRequest
    after: LayoutRequest | None

    def layouts(self) -> list[Layout] | None:
        """All of them, or None while one has to be waited for, which this then shows."""
        # The layout with the strategy is computed from the raw one, so both are ready at once.
        last = _laid_out(self.after or self.before)
        first = self.before.get() if last is not None else None
        if last is None or first is None:
            return None
        return [first] if self.after is None else [first, last]


@dataclass(frozen=True, slots=True)
class _Said:
    """The words beneath the charts, as Markdown."""

    readings: str
    notes: str

    def show(self) -> None:
        st.markdown(self.readings)
        if self.notes:
            st.caption(self.notes)


def cones_section(chosen: Settings, readings: Sequence[str], notes: Sequence[str] = ()) -> None:
    """The choice of projection, the clouds before and after, their readings, and the selected
    items. A single modality has one cloud, drawn as encoded.

    Args:
        chosen: the sidebar.
        readings: sentences of Markdown, one a paragraph.
        notes: on the figures above, beneath the readings in small type.
    """
    paired = len(chosen.modalities) > 1
    with st.container(horizontal=True, vertical_alignment="center"):
        offered = {
            name: title for name, title in METHOD_TITLES.items() if paired or name != "gap_axis"
        }
        method: Method = segments_of(PROJECTION, offered, label_visibility="collapsed")
        lines = paired and st.toggle("Lines between matched pairs", key=PAIRS, bind="query-params")
    try:
        cones = [_cones(chosen, view, method) for view in chosen.views]
        layouts = list(takewhile(bool, (each.layouts() for each in cones)))
    except GapvizError as error:
        show_error(error)
        return
    said = _Said("\n\n".join(readings), "  \n".join(notes))
    if len(layouts) < len(cones):
        # The figures need no layout.
        said.show()
        return
    drawn = [ready for ready in layouts if ready is not None]
    _charts(chosen, cones, drawn, said, lines=lines)


def _cones(chosen: Settings, view: View, method: Method) -> _Cones:
    def requested(options: StrategyOptions) -> LayoutRequest:
        return layout_request(view, options, method, chosen.seed, chosen.pair)

    if len(chosen.modalities) == 1:
        return _Cones(view, requested(chosen.raw), None)
    after = requested(chosen.options())
    return _Cones(view, requested(chosen.raw), None if after.moves_nothing else after)


@st.fragment
def _charts(
    chosen: Settings,
    cones: list[_Cones],
    layouts: list[list[Layout]],
    said: _Said,
    *,
    lines: bool,
) -> None:
    collection = collection_of(chosen.view)
    selected = [
        collection.position[item]
        for item in st.session_state.get(SELECTED, ())
        if item in collection.position
    ]
    keys: list[str] = []
    for number, (each, ready) in enumerate(zip(cones, layouts, strict=True), start=1):
        if len(cones) > 1:
            st.subheader(encoder_title(each.view), anchor=False)
        suffix = "" if number == 1 else f"_{number}"
        keys += [f"{key}{suffix}" for key in (BEFORE, AFTER)[: len(ready)]]
        _row_of_charts(chosen, each, ready, keys[-len(ready) :], selected, lines=lines)
    hover_cards(
        keys,
        thumb_url=f"/thumb/{chosen.collection}/at/{{id}}.png?size=192",
        item_url=f"/item/{chosen.collection}/at/{{id}}.json",
        version=collection.content_hash,
    )
    said.show()
    _explain(chosen, layouts[0], cones[0].before)
    if len(cones) > 1:
        st.caption(
            "Two models have two spaces: positions in the upper and in the lower row cannot be "
            "compared, only their shapes and figures can."
        )
    show_selection(chosen, selected)


def _row_of_charts(
    chosen: Settings,
    cones: _Cones,
    layouts: list[Layout],
    keys: list[str],
    selected: list[int],
    *,
    lines: bool,
) -> None:
    ranges = shared_ranges(*layouts)
    titles = ["Raw" if len(chosen.modalities) > 1 else f"The {chosen.modalities[0]} cone, raw"]
    if len(layouts) > 1:
        titles.append(fitted(cones.view, chosen.options()).label)
    with st.grid(len(layouts), min_column_width=NARROWEST_CHART, gap="small"):
        for layout, title, key in zip(layouts, titles, keys, strict=True):
            with st.container():
                st.markdown(f"**{title}**")
                figure = cones_figure(
                    layout,
                    cones.before.item_index,
                    pairs=chosen.pair if lines else None,
                    highlight=selected,
                    ranges=ranges,
                    webgl=webgl_available(),
                )
                st.plotly_chart(
                    figure,
                    key=key,
                    on_select=lambda key=key: _keep_selection(key, chosen.view),
                    selection_mode=("points", "box", "lasso"),
                    config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage"]},
                    alt=alt_text(layout, title=title),
                )


def _explain(chosen: Settings, layouts: list[Layout], request: LayoutRequest) -> None:
    layout = layouts[-1]
    shows = [f":material/check: {entry.can_show}" for entry in dict.fromkeys(layouts)]
    notes = [*shows[:1], f":material/block: {layout.cannot_show}"]
    if len(layouts) > 1 and layouts[1].can_show != layouts[0].can_show:
        notes.insert(1, f":material/check: With the strategy: {layouts[1].can_show}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("  \n".join(notes), width="stretch")
        with st.popover("How is this computed?", icon=":material/function:"):
            paired = len(chosen.modalities) > 1
            if paired:
                card = STRATEGIES[chosen.strategy]
                st.markdown(f"**What is known of “{card.title}”** — {card.known}")
            drawn = (
                f"{request.sample.sentence.capitalize()}, {layout.points.shape[0]:,} points, of "
                "every split, while the figures on the cards are of the evaluate split alone."
            )
            told = [drawn, layout.note] if layout.note else [drawn]
            if layout.changes:
                told.append("Against umap-learn's defaults: " + "; ".join(layout.changes) + ".")
            st.markdown(f"**What is drawn** — {' '.join(told)}")
            how_it_is_computed(HEADLINES if paired else ONE_CLOUD)


def _keep_selection(key: str, view: View) -> None:
    """Remember the items, not the points: a redrawn chart forgets its own selection."""
    event = st.session_state.get(key)
    positions = selected_items(event["selection"]["points"]) if event else ()
    if len(positions):
        items = collection_of(view).items
        st.session_state[SELECTED] = tuple(items[int(position)].id for position in positions)


def _laid_out(request: LayoutRequest) -> Layout | None:
    return result_of(
        request,
        Wait(
            f"Laying out {request.row_count:,} vectors by UMAP",
            cancelled="PCA and the gap axis need no waiting.",
        ),
    )
