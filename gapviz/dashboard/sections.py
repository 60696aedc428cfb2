"""A section of a page: an analysis, or a part of one, asked and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from gapviz.analyses.analysis import Find, Finding, Request
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.dashboard.caches import measured, studied
from gapviz.dashboard.catalogue import View, catalogue, encoder_title
from gapviz.dashboard.charts import NARROWEST, show_panels
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.linked.charts import large_panel, show_linked
from gapviz.dashboard.page_head import finding, protocol_link
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.waiting import result_of
from gapviz.figures.lines import Panel
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.storage.cache import CachedResult, content_key


@dataclass(frozen=True, kw_only=True)
class Section:
    """A question, who answers it, and how the answer is drawn."""

    title: str
    """In the choice of sections."""
    question: str
    find: Find
    doing: str
    """Said while it is computed, in words that can start a sentence."""
    panels: Callable[[Finding, Settings], Sequence[Panel]]
    columns: int = 2
    """Most panels in a row."""
    narrowest: int = NARROWEST
    large: Parameter | None = None
    """Which panel is large, by their order, where they are linked; None draws all alike."""
    values: Callable[[Settings], dict[str, Any]] = lambda chosen: {}
    """Draws the widgets of the analysis' own parameters, below what they change."""
    open_tables: bool = False
    """Whether the figures are shown as tables too, or only on demand."""
    once: bool = False
    """True where one figure shows all encoders."""
    with_others: bool = False
    """Whether each encoder is held against the others of the collection."""


def request_of(chosen: Settings, view: View, **values: Any) -> Request:
    """What the sidebar asks an analysis about; `values` are of the analysis' own parameters."""
    collection = studied(view)
    whole = collection.sample is None
    return Request(
        collection,
        values,
        strategy=chosen.options(),
        given=dict(chosen.parameters),
        asked_pair=chosen.pair,
        seed=chosen.seed,
        source=view.encoder if view.collection == BUILTIN else view.collection,
        read_others=lambda: {
            name: studied(View(view.collection, name))
            for name in catalogue()[view.collection].encoders
            if name != view.encoder
        },
        read_measurement=partial(measured, view, seed=chosen.seed, pair=chosen.pair)
        if whole
        else None,
    )


def found_of(
    find: Find, request: Request, doing: str, *, with_others: bool = False
) -> Finding | None:
    """What an analysis, or a part of one, finds; None while it is computed, which this then shows.

    `doing` is that of a `Section`; `with_others` says whether further models are looked at too.
    """
    key = content_key(
        find=f"{find.__module__}.{find.__qualname__}",
        collection=request.collection,
        values=dict(request.values),
        strategy=request.strategy.plain(),
        given=dict(request.given),
        pair=request.asked_pair,
        seed=request.seed,
        others=request.others if with_others else {},
    )
    work = CachedResult("findings", key, Finding, partial(find, request), on_disk=False)
    return result_of(work, doing)


def how_computed(words: str) -> None:
    """The protocol in Markdown, behind a button."""
    with st.popover("How is this computed?", icon=":material/function:"):
        st.markdown(words)
        protocol_link()


def show_sections(section: Section, chosen: Settings) -> None:
    """A section for each encoder that the sidebar has chosen: its question, its answer, and below
    them what can be changed.
    """
    st.markdown(section.question)
    answers = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        large = None if section.large is None else large_panel(section.large)
        values = section.values(chosen)
    with answers:
        _show_answers(section, chosen, values, large)


def _show_answers(
    section: Section, chosen: Settings, values: dict[str, Any], large: int | None
) -> None:
    for view in chosen.views[:1] if section.once else chosen.views:
        if chosen.compare and not section.once:
            st.subheader(in_markdown(encoder_title(view)), anchor=False)
        with errors_shown():
            request = request_of(chosen, view, **values)
            say_sample(view)
            others = section.once or section.with_others
            found = found_of(section.find, request, section.doing, with_others=others)
            if found is not None:
                _show(section, chosen, view, found, large)


def say_sample(view: View) -> None:
    """That figures are of a sample of the items, where they are."""
    sample = studied(view).sample
    if sample is not None:
        st.caption(f":material/filter_alt: {sample.sentence}")


def _show(
    section: Section, chosen: Settings, view: View, found: Finding, large: int | None
) -> None:
    """Readings, panels, tables and protocol of what was found."""
    *notes, reading = found.readings
    for note in notes:
        st.caption(f":material/info: {in_markdown(note)}")
    if found.so_what:
        finding(f"**{in_markdown(found.so_what)}**", view)
    panels = section.panels(found, chosen)
    shown = f"{section.find.__name__}_{view.encoder}"
    if section.large is None or large is None:
        show_panels(panels, shown, columns=section.columns, narrowest=section.narrowest)
    else:
        names = list(section.large.choices.values())
        show_linked(panels, str(chosen.views.index(view)), names=names, large=large)
    finding(f"**{in_markdown(found.title)}.** {in_markdown(reading)}", view)
    for table in found.tables if section.open_tables else ():
        show_table(table)
    with st.container(horizontal=True, vertical_alignment="center"):
        bands = dict.fromkeys(one.intervals for one in found.tables if one.has_intervals)
        if bands:
            st.caption(f"Bands: {', or '.join(bands)}.", width="stretch")
        how_computed(in_markdown(found.protocol))
    if found.tables and not section.open_tables:
        with st.expander("The figures as a table", icon=":material/table_chart:"):
            for table in found.tables:
                show_table(table)
