"""Both clouds, the gap between them in figures, and what a strategy does to it."""

import streamlit as st

from gapviz.dashboard import charts
from gapviz.dashboard.caches import measured
from gapviz.dashboard.cards import diagnostics_table, headline_cards, how_it_is_computed
from gapviz.dashboard.settings import settings, show_error
from gapviz.errors import GapvizError
from gapviz.readings import bias_reading, change_reading, gap_reading

HEADLINES = ("gap", "noise_floor", "separation", "bias", "ndcg")

chosen = settings()

st.title("Two cones, one gap")
try:
    before = measured(chosen.collection, chosen.options("raw"), chosen.seed)
    after = (
        None
        if chosen.strategy == "raw"
        else measured(chosen.collection, chosen.options(), chosen.seed)
    )
    headline_cards(before, after)
except GapvizError as error:
    show_error(error)
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(f"{gap_reading(before)} {bias_reading(before)}", width="stretch")
    with st.popover("How is this computed?", icon=":material/function:"):
        how_it_is_computed(HEADLINES)
if after is not None:
    st.markdown(f"**{after.strategy.label}.** {change_reading(before, after)}")
    st.caption(after.strategy.card.known)

charts.cones_section(chosen)

with st.expander("All diagnostics", icon=":material/table_chart:", on_change="rerun") as table:
    if table.open:
        diagnostics_table(before, after)
