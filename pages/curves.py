"""What one choice costs along its whole range: strength, corpus mix, calibration, fusion."""

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.lab_curves import CURVES
from gapviz.dashboard.links import CURVE_TITLES
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.settings import settings, show_error

chosen = settings()

page_head("Curves: one choice, its whole range", chosen)
if lacks_second_modality(
    chosen, "Every curve follows the gap, or a search across it, along one choice."
):
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = st.segmented_control(
        "Curve",
        list(CURVE_TITLES),
        default="strength",
        format_func=lambda curve: CURVE_TITLES[curve],
        key="curve",
        bind="query-params",
        required=True,
    )
    kind = CURVES[name or "strength"]
    modality = kind.control(chosen)
    with st.popover("How is this computed?", icon=":material/function:"):
        st.markdown(kind.protocol)
st.markdown(kind.question)
for view in chosen.views:
    if chosen.compare:
        st.subheader(encoder_title(view), anchor=False)
    try:
        kind.draw(chosen, view, modality)
    except GapvizError as error:
        show_error(error)
