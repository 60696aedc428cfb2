"""What one choice costs along its whole range: strength, corpus mix, calibration, fusion."""

import streamlit as st

from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.curves import CURVE, CURVES
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.settings import errors_shown, settings
from gapviz.dashboard.widgets import segments_of

chosen = settings()

page_head("Curves: one choice, its whole range", chosen)
if lacks_second_modality(
    chosen, "Every curve follows the gap, or a search across it, along one choice."
):
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    kind = CURVES[segments_of(CURVE)]
    modality = kind.control(chosen)
    with st.popover("How is this computed?", icon=":material/function:"):
        st.markdown(kind.protocol)
st.markdown(kind.question)
for view in chosen.views:
    if chosen.compare:
        st.subheader(encoder_title(view), anchor=False)
    with errors_shown():
        kind.draw(chosen, view, modality)
