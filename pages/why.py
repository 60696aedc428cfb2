"""Why there is a gap: train it live, then its three causes one by one."""

import streamlit as st

from gapviz.dashboard.page_head import lacks_second_modality, page_title, warn_of_random_weights
from gapviz.dashboard.settings import settings
from gapviz.dashboard.why import forces, player, training_panel

INTRODUCTION = (
    "A dual encoder has two networks, one for each modality, trained so that matching pairs "
    "point the same way. Yet the two clouds stay apart, for three reasons."
)

chosen = settings()

page_title("Why a gap: where it comes from")
warn_of_random_weights(chosen)
if lacks_second_modality(
    chosen,
    "Training, and two of the three forces, need matched pairs of two modalities; the first force "
    "needs none of your data.",
):
    st.subheader("The first force")
else:
    if player.short_run_section(chosen):
        st.subheader("Train one yourself")
        training_panel.training_section(chosen)
    st.subheader("Three forces")
    st.markdown(INTRODUCTION)
with st.container(border=True):
    forces.random_start_section(chosen)
if chosen.has_one_modality:
    st.stop()
with st.container(border=True):
    forces.order_section(chosen)
with st.container(border=True):
    forces.temperature_section(chosen)
