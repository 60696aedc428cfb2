"""What the gap is made of: dimensions, quadrants, losses, hubs, spectra."""

import streamlit as st

from gapviz.dashboard.anatomy import PART, PARTS, one_spectrum
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.settings import errors_shown, settings
from gapviz.dashboard.widgets import segments_of
from gapviz.strategies import STRATEGIES

chosen = settings()

page_head("Anatomy of the gap", chosen)
if lacks_second_modality(
    chosen,
    "Dimensions, heat map, loss plane and hubs are those of a gap. What one cloud is made of can "
    "be seen: how many directions it uses.",
):
    one_spectrum(chosen)
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    part = PARTS[segments_of(PART)]
    with st.popover("How is this computed?", icon=":material/function:"):
        st.markdown(part.protocol)
st.markdown(part.question)
changes = STRATEGIES[chosen.strategy].acts_on
if changes in ("lists", "items") or (changes == "scores" and not part.scores_too):
    st.caption(
        f":material/info: {STRATEGIES[chosen.strategy].title} moves no vector: what follows is of "
        "the raw ones."
    )
for view in chosen.views[:1] if part.once else chosen.views:
    if chosen.compare and not part.once:
        st.subheader(encoder_title(view), anchor=False)
    with errors_shown():
        part.draw(chosen, view)
