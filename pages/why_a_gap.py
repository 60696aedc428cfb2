"""Why there is a gap: train it live, then its three causes one by one."""

import streamlit as st

from gapviz.dashboard.forces import order_section, random_start_section, temperature_section
from gapviz.dashboard.settings import settings
from gapviz.dashboard.training_panel import training_section

chosen = settings()

st.title("Why a gap: where it comes from")
st.markdown(
    "A dual encoder has two networks, one for each modality, trained so that matching pairs "
    "point the same way. Yet the two clouds stay apart. Watch it happen, then see the three "
    "forces behind it."
)
st.subheader("Train one yourself")
training_section(chosen)
st.subheader("Three forces")
with st.container(border=True):
    random_start_section(chosen)
with st.container(border=True):
    order_section(chosen)
with st.container(border=True):
    temperature_section(chosen)
