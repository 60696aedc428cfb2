"""Figures by judgments on a page: their table, their protocol, and the choice of a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from gapviz.analyses.analysis import PROTOCOL as OF_ANALYSES
from gapviz.analyses.analysis import Find, Finding
from gapviz.analyses.by_judgments import find_judged, find_judged_board
from gapviz.analyses.judged import FIGURE_TITLES, Protocol, has_judgments, protocol_words
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, encoder_title
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.sections import found_of, how_computed, request_of
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_parameter
from gapviz.dashboard.widgets import segments_of
from gapviz.measures.retrieval.judged import JUDGED_FIGURES
from gapviz.strategies import StrategyOptions

DOING = "Measuring by judgments"

PROTOCOL = url_parameter(
    replace(
        OF_ANALYSES,
        default="judged",
        help="What asks, and what is right.",
        choices={name: words.capitalize() for name, words in OF_ANALYSES.choices.items()},
    )
)


def judged_views(chosen: Settings) -> list[View]:
    """The encoders of the sidebar whose collection has queries with judgments."""
    return [view for view in chosen.views if has_judgments(collection_of(view))]


def protocol_of(chosen: Settings) -> Protocol:
    """Draw the choice of a protocol where there are two; the paired one where there is no other."""
    if not judged_views(chosen):
        return "paired"
    protocol: Protocol = segments_of(PROTOCOL)
    return protocol


def paired_note(chosen: Settings) -> str:
    """Which protocol stands behind figures that are not by judgments; empty without those."""
    return f"Not by judgments: {protocol_words('paired')}." if judged_views(chosen) else ""


def judged_section(chosen: Settings) -> None:
    """What the strategy of the sidebar does by judgments, for every encoder that has some."""
    _sections(chosen, find_judged, "By judgments")


def judged_board_section(chosen: Settings, strategies: Sequence[StrategyOptions]) -> None:
    """Some strategies side by side over all judged queries."""
    _sections(chosen, find_judged_board, "Over all judged queries", strategies=list(strategies))


def _sections(chosen: Settings, find: Find, title: str, **values: object) -> None:
    views = judged_views(chosen)
    if not views:
        return
    st.subheader(title, anchor=False)
    for view in views:
        if chosen.compare:
            st.caption(in_markdown(encoder_title(view)))
        with errors_shown():
            found = found_of(find, request_of(chosen, view, **values), DOING)
            if found is not None:
                _show(found)


def _show(found: Finding) -> None:
    if found.warnings:
        st.warning("\n\n".join(map(in_markdown, found.warnings)), icon=":material/warning:")
    for reading in found.readings:
        st.markdown(in_markdown(reading))
    for table in found.tables:
        show_table(replace(table.brief, title="", note=""))
    told = [f"- **{in_markdown(FIGURE_TITLES[k])}**: {in_markdown(JUDGED_FIGURES[k])}"
            for k in JUDGED_FIGURES]  # fmt: skip
    how_computed("\n".join([in_markdown(found.protocol), "", *told]))
