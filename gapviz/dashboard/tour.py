"""The stops of the guided tour: one sentence, one picture and the figures behind it each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np
import streamlit as st

from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.layouts import LayoutRequest
from gapviz.analyses.story.analysis import advice_of
from gapviz.analyses.story.example import Example
from gapviz.analyses.story.readings import ending_reading, often_reading
from gapviz.analyses.tour import (
    CENTRED,
    Entry,
    Moved,
    Tour,
    Tried,
    find_moved,
    find_tour,
    numbered_stops,
    of_all_reading,
)
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.splits import EVALUATE
from gapviz.core.vectors import NO_SPREAD
from gapviz.core.wording import figure
from gapviz.dashboard.caches import cached_within, collection_of, fitted, studied
from gapviz.dashboard.canvas.component import webgl_available
from gapviz.dashboard.cards import metric_look
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.decision import change_item, show_decision
from gapviz.dashboard.page_head import measures_enough
from gapviz.dashboard.routes import thumbnail_url
from gapviz.dashboard.sections import found_of
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.story.cards import ShownExample, show_cards
from gapviz.dashboard.story.page import story_request
from gapviz.dashboard.url_params import free_parameter, url_choice, url_parameter
from gapviz.dashboard.waiting import result_of
from gapviz.dashboard.widgets import number_of
from gapviz.figures.cones import alt_text, shared_ranges
from gapviz.figures.modality_style import style_of
from gapviz.figures.tour import called_out_cones
from gapviz.measures.projection.layout import Layout, Method
from gapviz.strategies import StrategyOptions, shift

DOING = "Measuring for the tour"
CONES_HEIGHT, LOWER_CONES_HEIGHT = 700, 540
"""Pixels, alone and below a figure with its slider: both end on the screen of a projector."""
WALL_ASPECT = 3.6
"""Width of the wall of tiles by its height, on the screen of a projector."""
GOOD = 0.5
"""Chance of being among the first ten above which a query counts as drawn bright."""

STEP = url_choice(
    "step", "Stop", {str(number): title for number, title in numbered_stops().items()}, default=1
)
PAIRS = free_parameter("tour_pairs")
STRENGTH = url_parameter(replace(shift.STRENGTH, name="tour_strength", help=""))


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what is said, what is shown."""

    sentence: str
    show: Callable[[Settings], None]


@cached_within(256)
def held_out(view: View) -> Collection:
    """The items that every figure of the tour is of.

    Raises:
        GapvizError: there are none.
    """
    return studied(view).split(EVALUATE)


def on_tour(chosen: Settings) -> Settings:
    """What the tour speaks of: Decide's strategy, whatever the sidebar says."""
    return replace(chosen, strategy=chosen.usual, parameters=())


def told(chosen: Settings) -> Tour | None:
    """The tour; None while it is measured, which this then shows."""
    found = found_of(find_tour, story_request(on_tour(chosen)), DOING)
    return None if found is None else found.result


def _two_cones(chosen: Settings) -> None:
    lines = st.toggle("Join the pairs that belong together", key=PAIRS, bind="query-params")
    _cones(chosen, StrategyOptions(), lines=lines)


def _the_number(chosen: Settings) -> None:
    tour = told(chosen)
    if tour is None:
        return
    gap, pairs = tour.gap, []
    for one in tour.likeness:
        entries = "".join(
            _entry(chosen, tour.story.collection, each) for each in (one.one, one.other)
        )
        pairs.append(
            f'<div class="gv-near"><div class="gv-two">{entries}</div>'
            f"<b>{figure(one.cosine, 2)}</b><span>{in_html(one.words)}</span></div>"
        )
    st.html(
        f'<div class="gv-stage"><p class="gv-big">{figure(gap.gap, 2)} '
        f"<small>is the gap, of 0 to 2 (95 % interval {figure(gap.low)} to "
        f"{figure(gap.high)})</small></p><p>{in_html(tour.gap_words)}</p>"
        "<p>How alike two entries are on average (cosine; 1 is the same):</p>"
        f'<div class="gv-nears">{"".join(pairs)}</div></div>'
    )


def _failing_query(chosen: Settings) -> None:
    tour = told(chosen)
    if tour is not None:
        _query(chosen, tour, tour.example, tour.story.label, fixed=False)


def _all_queries(chosen: Settings) -> None:
    tour = told(chosen)
    if tour is None:
        return
    story = tour.story
    one = story.often[story.modality]
    if tour.asked is None:
        words = often_reading(story.modality, replace(one, fixed=None), "")
        st.html(f'<div class="gv-stage"><p>{in_html(words)}</p></div>')
        return
    found = one.raw.found.value * one.n_matched
    tiles = "".join(
        _tile(chosen, story.collection, int(item), bool(chance >= GOOD))
        for item, chance in zip(tour.asked.items, tour.asked.found, strict=True)
    )
    drawn = tour.asked.items.size
    part = "" if drawn == tour.asked.n_queries else f" {drawn:,} of them are drawn, evenly spread."
    columns = ceil(sqrt(drawn * WALL_ASPECT))
    st.html(
        f'<div class="gv-stage"><p class="gv-big">{figure(found, 0)} of {one.n_matched:,} '
        f"<small>{in_html(story.modality)} queries find their answer among the first 10.</small>"
        f"</p><p>{in_html(of_all_reading(story))}{in_html(tour.bias_words)}</p>"
        f"<p>Each tile is what one query looks for; outlined: found.{part}</p>"
        f'<div class="gv-wall" style="--gv-columns: {columns}" role="img" '
        f'aria-label="{figure(found, 0)} of {one.n_matched:,} queries find their answer">'
        f"{tiles}</div></div>"
    )


def _subtract(chosen: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.container(width="stretch")
        strength = number_of(STRENGTH)
    options = StrategyOptions(CENTRED.name, strength=float(strength))
    _cones(chosen, options, lines=False, height=LOWER_CONES_HEIGHT)
    with shown:
        request = replace(story_request(on_tour(chosen)), strategy=options)
        found = found_of(find_moved, request, "Measuring the gap")
        if found is None:
            return
        moved: Moved = found.result
        change = round(moved.after.gap - moved.before.gap, 3)
        st.metric(
            "Gap (0 is none)",
            figure(moved.after.gap, 2),
            f"from {figure(moved.before.gap, 2)} raw" if change else "as raw",
            **metric_look(change, moved.change),
        )


def _better_and_worse(chosen: Settings) -> None:
    tour = told(chosen)
    if tour is not None:
        _tried(chosen, tour, tour.centred)


def _route_and_fuse(chosen: Settings) -> None:
    tour = told(chosen)
    if tour is not None:
        _tried(chosen, tour, tour.routed)


def _the_decision(chosen: Settings) -> None:
    advice = result_of(
        advice_of(story_request(on_tour(chosen))), "Asking Decide, which tries every way"
    )
    if advice is None:
        return
    tour = told(chosen)
    if tour is not None and tour.example is not None:
        _from_to(chosen, tour, tour.example)
    if measures_enough(chosen.view):
        show_decision(decision_of(advice))


def _query(
    chosen: Settings, tour: Tour, example: Example | None, label: str, *, fixed: bool
) -> None:
    """The query of the first screen, with what it finds raw or with a strategy."""
    if example is None:
        st.html(f'<div class="gv-stage"><p>{in_html(ending_reading(tour.story))}</p></div>')
        return
    whole = collection_of(chosen.view)
    shown = ShownExample(example, label, tour.story.collection, whole, chosen.collection)
    show_cards(shown, fixed=fixed)


def _tried(chosen: Settings, tour: Tour, tried: Tried) -> None:
    """The same query with a strategy, and what that does to all of them."""
    if tried.reason:
        st.info(in_markdown(tried.reason), icon=":material/info:")
        return
    changes = (
        "".join(map(change_item, tried.changes)) or "<li>Nothing changes by more than chance.</li>"
    )
    st.html(
        f'<div class="gv-stage"><p>With <strong>{in_html(tried.label)}</strong>, over all '
        f'queries:</p><ul class="gv-changes">{changes}</ul></div>'
    )
    _query(chosen, tour, tried.example, tried.label, fixed=True)


def _from_to(chosen: Settings, tour: Tour, example: Example) -> None:
    """The query of the first screen in one line: where its answer was, and is."""
    held = tour.story.collection
    answer = _entry(chosen, held, (example.answer_modality, example.item))
    asked = _entry(chosen, held, (example.modality, example.item), example.words)
    st.html(
        f'<div class="gv-stage gv-from-to"><span>The query that failed</span>{asked}'
        f"<span>finds</span>{answer}<span>at place <b>{example.fixed_rank:,}</b> instead of "
        f"{example.raw_rank:,}.</span></div>"
    )


def _cones(
    chosen: Settings, options: StrategyOptions, *, lines: bool, height: int = CONES_HEIGHT
) -> None:
    """Both clouds of the held-out items, on the axes of the raw ones."""
    collection = held_out(chosen.view)
    raw, layout, item_index = _layouts(chosen.view, options, chosen.seed, chosen.pair)
    drawn = called_out_cones(
        layout,
        item_index,
        lambda modality, item: _shown(chosen, collection, modality, item),
        pairs=chosen.pair if lines else None,
        ranges=shared_ranges(raw, layout),
        webgl=webgl_available(),
        height=height,
    )
    with st.container(key="tour_chart"):
        show_chart(drawn, "tour_cones", alt_text(layout))


@cached_within(64)
def _layouts(
    view: View, options: StrategyOptions, seed: int, pair: tuple[str, str]
) -> tuple[Layout, Layout, dict[str, np.ndarray]]:
    collection = held_out(view)
    middles = [collection.modality(name).corpus.vectors.mean(axis=0) for name in pair]
    apart = float(np.linalg.norm(middles[0] - middles[1])) > NO_SPREAD
    method: Method = "gap_axis" if apart else "pca"
    raw = LayoutRequest(
        collection, fitted(view, StrategyOptions()), method, seed, between=pair, fit="all"
    )
    moved = replace(raw, strategy=fitted(view, options), stands_on=raw)
    request = raw if options == StrategyOptions() else moved
    return raw.compute(), request.compute(), dict(request.item_index)


def _shown(
    chosen: Settings, collection: Collection, modality: str, position: int
) -> tuple[str | None, str]:
    """The address of the picture of an entry, if it has one, and its words."""
    item = collection.items[position]
    words = item.captions[0] if item.captions else ""
    if modality == "text" or item.picture(modality) is None:
        return None, words
    whole = collection_of(chosen.view)
    return thumbnail_url(chosen.collection, whole, item, 192, modality), words


def _entry(chosen: Settings, collection: Collection, entry: Entry, words: str | None = None) -> str:
    """An entry as a tile with its picture or its words, in the colour of its modality; HTML.

    `words` are those of the entry, where they are not the first of its item.
    """
    modality, position = entry
    address, first = _shown(chosen, collection, modality, position)
    words = words or first or collection.items[position].id
    style = style_of(modality, collection.modality_names)
    body = (
        f"<q>{in_html(words)}</q>"
        if address is None
        else f'<img src="{in_html(address)}" alt="{in_html(words)}">'
    )
    return f'<div class="gv-entry" style="--gv-color: {style.color}">{body}</div>'


def _tile(chosen: Settings, collection: Collection, position: int, found: bool) -> str:
    other = next((name for name in collection.modality_names if name != "text"), "text")
    address, words = _shown(chosen, collection, other, position)
    look = ' class="gv-found"' if found else ""
    if address is None:
        return f'<i{look} title="{in_html(words)}"></i>'
    small = address.replace("size=192", "size=48")
    return f'<img{look} src="{in_html(small)}" alt="" title="{in_html(words)}" loading="lazy">'


STOPS = (
    Stop("One model, a cloud for each kind: do they mix?", _two_cones),
    Stop("The distance of their centres is the gap.", _the_number),
    Stop("Ask one index of both: does the right answer show?", _failing_query),
    Stop("One query may be an accident: look at all of them.", _all_queries),
    Stop("Move both centres towards one place: how much of the gap is left?", _subtract),
    Stop("Does the query that failed find its answer now?", _better_and_worse),
    Stop("Or move nothing: one list a modality, merged by rank.", _route_and_fuse),
    Stop("What Decide says of this data.", _the_decision),
)
