"""The strategy of the sidebar as files and code: the download first, then all about it."""

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.dashboard.errors import show_error
from gapviz.dashboard.export import (
    Taking,
    code_section,
    command_section,
    downloads,
    figures_section,
    files_section,
    matches_section,
    store_section,
    thresholds_section,
)
from gapviz.dashboard.page_head import open_page, show_doubts, ways_on
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.export.folder import refuse_transductive
from gapviz.strategies import STRATEGIES

chosen = open_page(
    "Take it home: the strategy as files and code",
    needs_two="One modality has no gap to close, and so nothing to export.",
)
view, options = chosen.view, chosen.options()
try:
    refuse_transductive(options.spec)
except GapvizError as error:
    show_error(error)
    instead = STRATEGIES["nnn"].title
    ways_on({"export": f"Take {instead} home instead"}, strategy=instead)
    st.stop()
taken = result_of(
    Taking(view, options, chosen.seed, chosen.pair),
    Wait("Measuring and packing", cancelled="No files were made.", slot="export"),
)
if taken is None:
    st.stop()
downloads(taken)
show_doubts(chosen)

with st.expander("What it does: every figure, before and after", icon=":material/compare_arrows:"):
    figures_section(taken)
card, spec = taken.card, taken.after.strategy.spec
code_section(card, taken.after.strategy)
store_section(taken.after.strategy.options)
if spec.moves_vectors:
    command_section(card, spec)
thresholds_section(card, spec)
matches_section(card)
files_section(taken.files)
