"""Both states of the clouds in one picture, the wait for a layout, and the selection beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.foreign import in_markdown
from gapviz.core.vectors import Indices
from gapviz.dashboard.caches import collection_of, layout_request, undefined
from gapviz.dashboard.canvas.component import (
    STATES,
    CloudView,
    Dial,
    Look,
    Shown,
    point_canvas,
)
from gapviz.dashboard.canvas.served import ServedCloud, cloud_of
from gapviz.dashboard.cards import how_it_is_computed
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.cones_selection import (
    keep_pick,
    selection_of,
    show_neighbours,
    show_selection,
)
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.settings import STRATEGY, Settings
from gapviz.dashboard.url_params import free_parameter, url_choice
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.widgets import segments_of
from gapviz.figures.point_cloud import PointCloud
from gapviz.measures.projection.layout import METHOD_TITLES, Method
from gapviz.measures.projection.sampling import DISPLAY_LIMIT
from gapviz.strategies import STRATEGIES, StrategyOptions
from gapviz.strategies.shift import STRENGTH

PROJECTION = url_choice("projection", "Projection", METHOD_TITLES, default="umap")
PAIRS = free_parameter("pairs")
SHOWN = free_parameter("clouds")
TURNED = "_strength_turned"
"""Whether the slider of a picture was turned, which the whole page follows."""
HEADLINES = ("gap", "noise_floor", "separation", "bias", "ndcg")
PICTURE = "cones"
MOST_POINTS = 1_000_000
"""That are drawn where a projection costs one product a point."""
ILLUSTRATION = "centre"
"""Shows the gap closed where the chosen strategy moves no points."""


@dataclass(frozen=True)
class Drawn:
    """What is drawn of one encoder."""

    raw: LayoutRequest
    moved: LayoutRequest | None = None
    """With a strategy, where that moves anything."""
    illustrates: bool = False
    """Whether that is another strategy than the chosen one."""


@errors_shown()
def cones_section(chosen: Settings, said: Callable[[], None]) -> None:
    """The clouds as encoded and with the strategy, the selected items beside them, and what is
    `said`. A single modality has one cloud, drawn as encoded.
    """
    _charts(chosen)
    said()


@st.fragment
def _charts(chosen: Settings) -> None:
    if st.session_state.pop(TURNED, False):
        st.rerun()
    selected = selection_of(collection_of(chosen.view))
    with st.container(key="cones_and_selection"):
        left, right = st.columns([2.3, 1], gap="medium")
    with left:
        # Read before the picture, and drawn beneath it.
        place = st.container()
        method, lines = _choices(chosen)
        with place:
            clouds = _pictures(chosen, method, selected, lines=lines)
    with right:
        show_selection(chosen, selected)
    if selected.size == 1:
        show_neighbours(chosen, int(selected[0]))
    if clouds:
        _explain(chosen, clouds)


def _choices(chosen: Settings) -> tuple[Method, bool]:
    """The projection, and whether matched pairs are joined."""
    paired = not chosen.has_one_modality
    with st.container(horizontal=True, vertical_alignment="center"):
        offered = {
            name: title for name, title in METHOD_TITLES.items() if paired or name != "gap_axis"
        }
        method: Method = segments_of(PROJECTION, offered, label_visibility="collapsed")
        lines = paired and st.toggle("Lines between matched pairs", key=PAIRS, bind="query-params")
    return method, lines


def _pictures(
    chosen: Settings, method: Method, selected: Indices, *, lines: bool
) -> list[PointCloud]:
    """A picture of each encoder; returns the clouds of the first."""
    clouds: list[PointCloud] = []
    for number, view in enumerate(chosen.views, start=1):
        if len(chosen.views) > 1:
            st.subheader(in_markdown(encoder_title(view)), anchor=False)
        key = PICTURE if number == 1 else f"{PICTURE}_{number}"
        found = _picture(chosen, view, _drawn(chosen, view, method), key, selected, lines=lines)
        clouds = clouds or found
    if len(chosen.views) > 1:
        st.caption(
            "Two models have two spaces: positions in the upper and in the lower picture cannot "
            "be compared, only their shapes and figures can."
        )
    return clouds


def _drawn(chosen: Settings, view: View, method: Method) -> Drawn:
    limit = DISPLAY_LIMIT if method == "umap" else MOST_POINTS

    def request(options: StrategyOptions) -> LayoutRequest:
        return layout_request(view, options, method, chosen.seed, chosen.pair, limit)

    raw = request(chosen.raw)
    if chosen.has_one_modality:
        return Drawn(raw)
    illustrates = not STRATEGIES[chosen.strategy].moves_vectors
    shown = StrategyOptions(ILLUSTRATION) if illustrates else chosen.options()
    if undefined(view, shown, everywhere=True):
        return Drawn(raw)
    moved = request(shown)
    # Nobody waits for what was not asked for.
    if illustrates and cloud_of.known(moved) is None and moved.get() is None:
        return Drawn(raw)
    return Drawn(raw, moved if moved.strategy.spec.moves_vectors else None, illustrates)


def _picture(
    chosen: Settings, view: View, drawn: Drawn, key: str, selected: Indices, *, lines: bool
) -> list[PointCloud]:
    """The clouds of one encoder that are there, and how far the others are."""
    place = st.container()
    clouds = _clouds(drawn, key)
    if not clouds:
        return []
    alone = chosen.has_one_modality
    titles = [(f"The {chosen.modalities[0]} cone, raw" if alone else "Raw", "Raw")]
    if drawn.moved is not None:
        strategy = drawn.moved.strategy
        titles.append((strategy.label, strategy.spec.title))
    pair = None if alone else chosen.pair
    with place:
        point_canvas(
            [
                CloudView(title, ServedCloud(cloud, chosen.collection, pair), name)
                for (title, name), cloud in zip(titles, clouds, strict=False)
            ],
            key,
            scene=drawn.raw.key,
            selected=selected,
            on_pick=lambda pick: keep_pick(pick, view),
            shown=_shown(drawn),
            dial=_dial(drawn),
            on_look=partial(_keep_look, drawn),
            lines=lines,
            note=_note(chosen, drawn),
        )
    return clouds


def _clouds(drawn: Drawn, slot: str) -> list[PointCloud]:
    """The layout with a strategy is computed from the raw one, so that where both are missing they
    come together; where the raw one is there it does not wait.
    """
    requests = [drawn.raw] if drawn.moved is None else [drawn.raw, drawn.moved]
    if _laid_out(requests[-1], slot):
        return [cloud_of(request) for request in requests]
    return [cloud_of(drawn.raw)] if _is_there(drawn.raw) else []


def _laid_out(request: LayoutRequest, slot: str) -> bool:
    """Whether it is there; if not, its progress is shown."""
    doing = f"Laying out {request.row_count:,} vectors by UMAP"
    wait = Wait(doing, cancelled="PCA and the gap axis need no waiting.", slot=f"{slot}_layout")
    return cloud_of.known(request) is not None or result_of(request, wait) is not None


def _is_there(request: LayoutRequest) -> bool:
    return cloud_of.known(request) is not None or request.get() is not None


def _shown(drawn: Drawn) -> Shown:
    """The state that was chosen, which the URL follows; at first that of the link."""
    chosen = st.session_state.setdefault(SHOWN, st.query_params.get(SHOWN))
    for shown in STATES:
        if shown == chosen:
            if st.query_params.get(SHOWN) != shown:
                st.query_params[SHOWN] = shown
            return shown
    return "raw" if drawn.illustrates else "moved"


def _dial(drawn: Drawn) -> Dial | None:
    """λ on the picture, of a strategy that has one."""
    if drawn.moved is None or not drawn.moved.strategy.spec.has(STRENGTH.name):
        return None
    return Dial(STRENGTH, float(drawn.moved.strategy.value(STRENGTH.name)))


def _keep_look(drawn: Drawn, look: Look) -> None:
    """What is chosen on the picture holds for the whole page, as if in the sidebar."""
    if look.shown is not None:
        st.session_state[SHOWN] = look.shown
    if look.value is not None and drawn.moved is not None:
        # Every time: the browser may still have sent the strategy of before.
        st.session_state[STRATEGY.name] = drawn.moved.strategy.spec.name
        st.session_state[STRENGTH.name] = look.value
        st.session_state[TURNED] = True


def _note(chosen: Settings, drawn: Drawn) -> str:
    sample = drawn.raw.sample
    notes = []
    if drawn.illustrates and drawn.moved is not None:
        shown = drawn.moved.strategy.spec.title
        notes.append(
            f"{STRATEGIES[chosen.strategy].title} moves no points. The switch shows those of "
            f"{shown} instead."
        )
    if sample.items.size < sample.n_items:
        notes.append(f"{sample.sentence.capitalize()}.")
    return " ".join(notes)


def _explain(chosen: Settings, clouds: list[PointCloud]) -> None:
    layouts = [cloud.layout for cloud in clouds]
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
                f"{len(layout.points):,} points, of every split, while the figures on the cards "
                "are of the evaluate split alone."
            )
            told = [drawn, layout.note] if layout.note else [drawn]
            if layout.changes:
                told.append("Against umap-learn's defaults: " + "; ".join(layout.changes) + ".")
            st.markdown(f"**What is drawn** — {in_markdown(' '.join(told))}")
            how_it_is_computed(["cone_x"] if chosen.has_one_modality else HEADLINES)
