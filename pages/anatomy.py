"""What the gap is made of: dimensions, quadrants, losses, hubs, spectra."""

from dataclasses import replace

import streamlit as st

from gapviz.dashboard.anatomy import PART, PARTS
from gapviz.dashboard.page_head import lacks_second_modality, page_head
from gapviz.dashboard.sections import show_sections
from gapviz.dashboard.settings import RAW, settings
from gapviz.dashboard.widgets import segments_of

chosen = settings()

page_head("Anatomy of the gap", chosen)
if lacks_second_modality(
    chosen,
    "Dimensions, heat map, loss plane and hubs are those of a gap. What one cloud is made of can "
    "be seen: how many directions it uses.",
):
    show_sections(PARTS["spectrum"], replace(chosen, strategy=RAW))
    st.stop()
part = PARTS[segments_of(PART, label_visibility="collapsed")]
spec = chosen.options().spec
if spec.routed or spec.ranks_items or (spec.adjusts_scores and part is not PARTS["hubs"]):
    st.caption(f":material/info: {spec.title} moves no vector: what follows is of the raw ones.")
show_sections(part, chosen)
