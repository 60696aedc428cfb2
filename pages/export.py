"""The strategy of the sidebar as files and code, with its figures before and after."""

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.wording import counted
from gapviz.dashboard.caches import exported, measured
from gapviz.dashboard.cards import (
    HEADLINES,
    gap_cards,
    headline_notes,
    how_it_is_computed,
    quality_cards,
    strategy_table,
)
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.errors import show_error
from gapviz.dashboard.export import (
    code_section,
    command_section,
    files_section,
    matches_section,
    store_section,
    thresholds_section,
    what_to_know,
)
from gapviz.dashboard.page_head import open_page, show_doubts, ways_on
from gapviz.dashboard.settings import RAW
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.strategies import STRATEGIES

chosen = open_page(
    "Export: the strategy as files and code",
    needs_two="One modality has no gap to close, and so nothing to export.",
)
show_doubts(chosen)
view, options = chosen.view, chosen.options()
try:
    before = measured(view, chosen.raw, chosen.seed, chosen.pair)
    after = measured(view, options, chosen.seed, chosen.pair)
    files, card = exported(view, options, chosen.seed, chosen.pair)
except GapvizError as error:
    show_error(error)
    if options.spec.transductive:
        instead = STRATEGIES["nnn"]
        ways_on({"export": f"Export {instead.title} instead"}, strategy=instead.title)
    st.stop()
label, spec = after.strategy.label, after.strategy.spec
fitted_on = (
    f"fitted on {counted(card.fitted_items, 'item')} of the calibrate split"
    if card.fitted_items
    else "which learns nothing from this data"
)
st.markdown(
    f"**{in_markdown(label)}**, {fitted_on}, on vectors of {in_markdown(encoder_title(view))}: "
    f"&nbsp; `{card.formula}`"
)
if chosen.compare:
    st.caption("Of the two encoders, the first one's strategy is exported.")
st.info(what_to_know(spec), icon=":material/info:")
for warning in card.warnings:
    st.warning(in_markdown(warning), icon=":material/warning:")

moved = None if chosen.strategy == RAW else after
gap_cards(before, moved)
quality_cards(before, moved)
for note in headline_notes(before, moved):
    st.caption(note)
strategy_table({before.strategy.label: before, label: after})
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(
        f"Small figures: {VARIED}. These figures stand in the card.",
        width="stretch",
    )
    with st.popover("How is this computed?", icon=":material/function:"):
        how_it_is_computed(HEADLINES)

with st.grid(2, min_column_width=420, gap="large"):
    with st.container():
        files_section(files, card)
    with st.container():
        thresholds_section(card, spec)
        matches_section(card)
code_section(card, after.strategy)
store_section(after.strategy.options)
if spec.moves_vectors:
    command_section(card, spec)
