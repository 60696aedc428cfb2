"""Every strategy on every model, on held-out items: bias beside quality beside cost."""

import streamlit as st

from gapviz.dashboard.scoreboard import scoreboard_section
from gapviz.dashboard.settings import settings

chosen = settings()

st.title("Every way out, against every other")
st.caption(
    "Strategies and models on the same held-out items. Bias can fall while the answers get worse, "
    "so quality always stands beside it."
)
scoreboard_section(chosen)
