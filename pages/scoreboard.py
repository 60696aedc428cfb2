"""Every strategy on every model, on held-out items: bias beside quality beside cost."""

import streamlit as st

from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.scoreboard import scoreboard_section
from gapviz.dashboard.settings import settings

chosen = settings()

page_head("Scoreboard: every way out, against every other", chosen)
st.caption(
    "Strategies and models on the same held-out items. Bias can fall while the answers get worse, "
    "so quality always stands beside it."
)
if not lacks_second_modality(
    chosen,
    "The scoreboard measures how strategies rank the entries of two modalities in one index.",
):
    scoreboard_section(chosen)
