"""Both clouds, the gap between them in figures, and what a strategy does to it."""

import streamlit as st

from gapviz.dashboard import charts
from gapviz.dashboard.caches import measured
from gapviz.dashboard.cards import diagnostics_table, headline_cards, how_it_is_computed
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.settings import settings, show_error
from gapviz.errors import GapvizError
from gapviz.sentences.measurements import bias_reading, change_reading, gap_reading

HEADLINES = ("gap", "noise_floor", "separation", "bias", "ndcg")

chosen = settings()

st.title("Two cones, one gap")
columns = {}
for view in chosen.views:
    head = f"{encoder_title(view)}: " if chosen.compare else ""
    try:
        before = measured(view, chosen.options("raw"), chosen.seed, chosen.pair)
        after = None
        if chosen.strategy != "raw":
            after = measured(view, chosen.options(), chosen.seed, chosen.pair)
        if chosen.compare:
            st.subheader(encoder_title(view), anchor=False)
        headline_cards(before, after)
    except GapvizError as error:
        show_error(error)
        st.stop()
    st.markdown(f"{gap_reading(before)} {bias_reading(before)}")
    if after is not None:
        st.markdown(f"**{after.strategy.label}.** {change_reading(before, after)}")
        for warning in after.strategy.warnings:
            st.warning(warning, icon=":material/warning:")
    columns[f"{head}raw"] = before
    if after is not None:
        columns[f"{head}{after.strategy.label}"] = after
with st.container(horizontal=True, vertical_alignment="center"):
    if after is not None:
        st.caption(after.strategy.card.known, width="stretch")
    with st.popover("How is this computed?", icon=":material/function:"):
        how_it_is_computed(HEADLINES)

charts.cones_section(chosen)

with st.expander("All diagnostics", icon=":material/table_chart:", on_change="rerun") as table:
    if table.open:
        diagnostics_table(columns)
