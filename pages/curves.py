"""What one choice costs along its whole range: strength, corpus mix, calibration, fusion."""

import streamlit as st

from gapviz.dashboard.curves import CURVE, CURVES
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.sections import choose_section, show_sections
from gapviz.dashboard.settings import settings

chosen = settings()

page_head("Curves: one choice, its whole range", chosen)
if lacks_second_modality(
    chosen, "Every curve follows the gap, or a search across it, along one choice."
):
    st.stop()
section, values = choose_section(CURVE, CURVES, chosen)
show_sections(section, chosen, values)
