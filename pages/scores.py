"""How pairs score by their type, and why one threshold does not serve all of them."""

import streamlit as st

from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.fusing import fusion_section
from gapviz.dashboard.settings import settings, show_error
from gapviz.dashboard.thresholds import (
    PROTOCOL,
    calibrated_section,
    distributions,
    studies_of,
    target_choice,
    threshold_slider,
    transfer_section,
)
from gapviz.errors import GapvizError
from gapviz.strategies import STRATEGIES

chosen = settings()

st.title("Scores by pair type")
st.markdown(
    "A cosine means one thing between two modalities and another within one. Do the "
    "distributions lie over each other, and does a threshold of one serve the others?"
)
with st.popover("How is this computed?", icon=":material/function:"):
    st.markdown(PROTOCOL)
threshold = target = None
for view in chosen.views:
    if chosen.compare:
        st.header(encoder_title(view), anchor=False)
    try:
        studies = studies_of(chosen, view)
        if studies is None:
            continue
        if threshold is None:
            threshold = threshold_slider(studies[0])
        distributions(chosen, view, studies, threshold)
        if len(studies) == 1 and chosen.strategy != "raw":
            st.caption(
                f":material/info: {STRATEGIES[chosen.strategy].title} moves no vector: the "
                "cosines stay raw, and it changes only what is made of them."
            )
        transfer_section(studies)
        st.subheader("A threshold of its own for each pair type", anchor=False)
        st.caption(f"For {studies[-1].strategy}, fitted on the calibrate split.")
        if target is None:
            target = target_choice()
        calibrated_section(view, studies[-1], *target)
    except GapvizError as error:
        show_error(error)
try:
    fusion_section(chosen)
except GapvizError as error:
    show_error(error)
