"""How pairs score by their type, and why one threshold does not serve all of them."""

import streamlit as st

from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.fusing import fusion_section
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.settings import RAW, errors_shown, settings
from gapviz.dashboard.thresholds import (
    PROTOCOL,
    calibrated_section,
    distributions,
    query_modality_of,
    studies_of,
    target_choice,
    threshold_sliders,
    transfer_section,
)
from gapviz.strategies import STRATEGIES

chosen = settings()

page_head("Thresholds, by pair type", chosen)
st.markdown(
    "A cosine means one thing between two modalities and another within one. Do the "
    "distributions lie over each other, and does a threshold of one serve the others?"
)
if lacks_second_modality(
    chosen, "Thresholds are held against each other within and between two modalities."
):
    st.stop()
with st.popover("How is this computed?", icon=":material/function:"):
    st.markdown(PROTOCOL)
query_modality = query_modality_of(chosen)
thresholds = target = None
for view in chosen.views:
    if chosen.compare:
        st.header(encoder_title(view), anchor=False)
    with errors_shown():
        studies = studies_of(chosen, view, query_modality)
        if studies is None:
            continue
        if thresholds is None:
            thresholds = threshold_sliders(chosen, studies)
        distributions(chosen, view, studies, thresholds)
        if len(studies) == 1 and chosen.strategy != RAW:
            st.caption(
                f":material/info: {STRATEGIES[chosen.strategy].title} moves no vector and "
                "adjusts no score: the cosines stay raw, and it changes only how lists are made."
            )
        transfer_section(view, studies)
        st.subheader("A threshold of its own for each pair type", anchor=False)
        st.caption(f"For {studies[-1].strategy}, fitted on the calibrate split.")
        if target is None:
            target = target_choice()
        calibrated_section(view, studies[-1], *target)
fusion_section(chosen)
