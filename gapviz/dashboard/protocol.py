"""How every figure is measured: formula, estimand, ties, interval, coverage."""

from __future__ import annotations

import streamlit as st

from gapviz.analyses.analysis import Finding
from gapviz.analyses.figure_families import families
from gapviz.analyses.protocol import ANALYSIS
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.sections import found_of, request_of
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.widgets import select_of

ALL = "all"
NARROWEST = 340
"""Pixels of one figure; narrower screens show one in a row."""

FAMILY = url_choice(
    "family", "Figures", {ALL: "All figures", **{n: one.title for n, one in families().items()}}
)


def protocol_section(chosen: Settings) -> None:
    """Everything below the title.

    Raises:
        GapvizError: vectors that cannot be read.
    """
    family = select_of(FAMILY, width=NARROWEST)
    own = ANALYSIS.usual() | ({} if family == ALL else {"of": (family,)})
    request = request_of(chosen, chosen.view, **own)
    found = found_of(ANALYSIS.find, request, "Listing the figures", with_others=True)
    if found is None:
        return
    for reading in found.readings:
        st.markdown(in_markdown(reading))
    with st.expander("Coverage, and what this collection has", icon=":material/table_chart:"):
        for table in found.tables:
            show_table(table)
    for part in found.parts.values():
        st.subheader(part.title, anchor=False)
        for reading in part.readings:
            st.markdown(_headed(reading))
        with st.grid(2, min_column_width=NARROWEST, gap="small"):
            for figure in part.parts.values():
                _figure(figure)
    st.caption(in_markdown(found.protocol))


def _figure(figure: Finding) -> None:
    with st.container(border=True):
        reading, *rules = figure.readings
        st.markdown(f"**{in_markdown(figure.title)}**  \n{in_markdown(reading)}")
        st.latex(figure.result.formula)
        st.markdown("  \n".join(map(_headed, rules)))


def _headed(reading: str) -> str:
    """A rule with its head in bold."""
    head, _, words = reading.partition(": ")
    return f"**{in_markdown(head)}.** {in_markdown(words)}"
