"""The parts of the first page, from the query down to what to do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import isnan

import numpy as np
import streamlit as st

from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.changes import Change
from gapviz.analyses.figure_words import kind_of
from gapviz.analyses.story.analysis import ANALYSIS, advice_of, find_told
from gapviz.analyses.story.example import Example
from gapviz.analyses.story.readings import (
    choice_reading,
    ending_reading,
    often_reading,
)
from gapviz.analyses.story.story import Story
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_markdown
from gapviz.core.vectors import Float32
from gapviz.core.wording import figure, percent
from gapviz.dashboard.caches import collection_of, layout_request
from gapviz.dashboard.canvas.component import webgl_available
from gapviz.dashboard.cards import metric_look
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.decision import show_decision
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.judged import judged_section
from gapviz.dashboard.page_head import measures_enough, way_to_add, ways_on
from gapviz.dashboard.sections import found_of, how_computed, request_of, say_sample
from gapviz.dashboard.settings import RAW, Settings
from gapviz.dashboard.story.cards import ShownExample, show_cards
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import free_parameter, url_parameter
from gapviz.dashboard.waiting import meanwhile
from gapviz.figures.cones import alt_text
from gapviz.figures.story import MarkedQuery, marked_cones
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.strategies import STRATEGIES

FIXED = free_parameter("fixed")
EXAMPLE = url_parameter(next(one for one in ANALYSIS.parameters if one.name == "example"))
DOING = "Looking for a query that fails"
ASKING = "Decide is trying every way on this collection; its answer will stand here."
NOTHING_TO_SEARCH_BY = (
    "Look at the data first: does each vector stand beside the one of its own item, and did one "
    "trained model make both? No way of searching repairs that."
)
DRAWN = 4_000
"""Most points of both clouds: what the query is marked in is sent anew with every run."""
IDLE_IN_SIDEBAR = ("compare",)
"""Keys of widgets of the sidebar that this page does not read."""

TITLES = {
    "fixed": "Start: one search that fails",
    "no example": "Start: what a strategy does to a search",
    "no gap": "Start: no gap worth fixing",
    "no way": "Start: a gap, and no way round it",
    "no matches": "Start: nothing to match",
    "no content": "Start: vectors without content",
    "too few": "Start: too few items to tell",
}
"""By the ending of the story."""


def hide_idle_widgets(chosen: Settings) -> None:
    """Hide the sidebar's widgets that this page does not read.

    They are drawn all the same: Streamlit forgets the value, and drops from the URL what is bound
    to it, of a widget that a run leaves out.
    """
    keys = list(IDLE_IN_SIDEBAR)
    if not STRATEGIES[strategy_of_story(chosen)].has("strength"):
        keys.append("strength")
    rules = [f".st-key-{key}" for key in keys]
    if strategy_of_story(chosen) != "route":
        rules.append('[data-testid="stSidebar"] [data-testid="stExpander"]')
    st.html(f"<style>{', '.join(rules)} {{ display: none; }}</style>")


def strategy_of_story(chosen: Settings) -> str:
    """The strategy of the sidebar; the usual one where that is raw cosine, which fixes nothing."""
    return chosen.usual if chosen.strategy == RAW else chosen.strategy


def story_request(chosen: Settings) -> Request:
    """What the page asks: the same as `gapviz story`."""
    request = request_of(chosen, chosen.view, **ANALYSIS.usual())
    return replace(request, strategy=chosen.options(strategy_of_story(chosen)))


def find(chosen: Settings) -> Finding | None:
    """The story; None while it is looked for, which this then shows.

    Raises:
        GapvizError: the collection cannot tell one.
    """
    return found_of(find_told, story_request(chosen), DOING)


def show_story(chosen: Settings, found: Finding) -> None:
    """The failing query with its switch, or why there is none; then why, how often, what to do."""
    story: Story = found.result
    say_sample(chosen.view)
    if story.examples:
        _query(chosen, story)
    else:
        st.markdown(f"### {in_markdown(ending_reading(story))}")
    example = story.examples[_number(story) - 1] if story.examples else None
    if example is not None:
        st.subheader("Why does it fail?", anchor=False)
        with errors_shown():
            _clouds(chosen, story, example)
    if story.ending != "too few":
        st.subheader("How often?" if story.examples else "What a search finds", anchor=False)
        _often(story, found)
    judged_section(replace(chosen, compare=None))
    st.subheader("What should I do?", anchor=False)
    _what_to_do(chosen, story)


@st.fragment
def _query(chosen: Settings, story: Story) -> None:
    number = _number(story)
    example = story.examples[number - 1]
    cards = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        fixed = st.toggle(
            f"**Fix it** with {in_markdown(story.label)}", key=FIXED, bind="query-params"
        )
        if len(story.examples) > 1 and st.button(
            "Another query",
            key="another",
            icon=":material/skip_next:",
            on_click=partial(_go_to, number % len(story.examples) + 1),
        ):
            st.rerun()  # the clouds below show the other one too
        with st.popover("How was it chosen?", icon=":material/rule:"):
            st.markdown(in_markdown(choice_reading(story)))
            st.markdown(
                f"This is number {number} of the {len(story.examples)} that are shown. The "
                f"{story.collection.n_items:,} held-out items alone are searched: the encoder "
                "was not trained on them, and no strategy was fitted on them."
            )
    shown = ShownExample(
        example, story.label, story.collection, collection_of(chosen.view), chosen.collection
    )
    with cards:
        show_cards(shown, fixed=fixed)


def _number(story: Story) -> int:
    """Of the example that the URL names, from 1; the first where it names none."""
    with suppress(GapvizError):
        asked = int(EXAMPLE.checked(st.query_params.get(EXAMPLE.name, EXAMPLE.default)))
        return min(asked, len(story.examples))
    return 1


def _go_to(number: int) -> None:
    """Show another example as it fails."""
    st.query_params[EXAMPLE.name] = str(number)
    st.session_state[FIXED] = False


def _clouds(chosen: Settings, story: Story, example: Example) -> None:
    """Both clouds along the gap, raw, with the query and its answers."""
    request = layout_request(chosen.view, chosen.raw, "gap_axis", chosen.seed, chosen.pair, DRAWN)
    layout = request.compute()
    if layout.basis is None:
        return
    found = np.array([_vector(story, hit.modality, hit.item) for hit in example.raw.hits])
    right = _vector(story, example.answer_modality, example.item)
    rows = np.stack([example.query.vector, right, *found])
    points = layout.basis.coordinates(rows.astype(np.float32))
    kinds = " or one ".join(map(in_markdown, layout.modalities))
    own = example.own_kind(example.raw)
    st.markdown(
        f"Each dot is one {kinds}. The kinds lie apart: the distance between them is the **gap**. "
        f"The query lies in the cloud of its own kind, and {own} of its first "
        f"{len(example.raw.hits)} answers lie there too; the right "
        f"{in_markdown(kind_of(example.answer_modality))} lies in the other cloud."
    )
    chart = marked_cones(
        layout,
        request.item_index,
        MarkedQuery(points[0], points[2:], points[1]),
        webgl=webgl_available(),
    )
    show_chart(chart, "story_cones", alt_text(layout))
    ways_on({"cones": "See both clouds before and after"})


def _vector(story: Story, modality: str, item: int) -> Float32:
    block = story.collection.modality(modality).corpus.first_rows
    row: Float32 = block.vectors[np.searchsorted(block.item_index, item)]
    return row


def _often(story: Story, found: Finding) -> None:
    with st.grid(4, min_column_width=190, gap="small"):
        for name, one in story.often.items():
            kind, after = in_markdown(name), one.fixed
            if one.n_matched:
                now = None if after is None else after.found
                words = f"{kind} queries that find the right answer in their first {DEPTH}"
                _share(words, one.raw.found, now, one.change)
            now = None if after is None else after.only_own
            words = f"{kind} queries whose first {DEPTH} are {kind} alone"
            _share(words, one.raw.only_own, now, one.alone_change)
    with st.expander("The figures, with their intervals", icon=":material/table_chart:"):
        for name, one in story.often.items():
            st.markdown(in_markdown(often_reading(name, one, story.label)))
        show_table(found.tables[-1])
        how_computed(in_markdown(found.protocol))


def _share(title: str, was: Estimate, now: Estimate | None, change: Change) -> None:
    """A share of the queries before and after, as a card."""
    value, look = percent(was.value), {}
    delta = None
    if now is not None and not isnan(was.value - now.value):
        value = f"{value} → {percent(now.value)}"
        points = 100 * (now.value - was.value)
        delta = f"{figure(points, 0, signed=True)} points"
        look = metric_look(points, change)
    st.metric(title, value, delta=delta, border=True, height="stretch", **look)


def _what_to_do(chosen: Settings, story: Story) -> None:
    if story.ending == "no content":
        st.markdown(NOTHING_TO_SEARCH_BY)
    else:
        with errors_shown():
            advice = meanwhile(advice_of(story_request(chosen)), ASKING)
            if advice is not None and measures_enough(chosen.view):
                show_decision(decision_of(advice), links=False)
    ways_on(
        {
            "decide": "All ways that were tried, and what they cost",
            "search": "Search this collection yourself",
            "tour": "Take the tour",
            **way_to_add("Bring your own data"),
        }
    )
