"""What the gap is made of: dimensions, quadrants, losses, hubs, spectra."""

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.dashboard.anatomy import PARTS, one_spectrum
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.links import PART_TITLES
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.settings import settings, show_error
from gapviz.strategies import STRATEGIES

chosen = settings()

page_head("Anatomy of the gap", chosen)
if lacks_second_modality(
    chosen,
    "Dimensions, heat map, loss plane and hubs are those of a gap. What one cloud is made of can "
    "be seen: how many directions it uses.",
):
    try:
        one_spectrum(chosen)
    except GapvizError as error:
        show_error(error)
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = st.segmented_control(
        "Look at",
        list(PART_TITLES),
        default="dimensions",
        format_func=lambda part: PART_TITLES[part],
        key="part",
        bind="query-params",
        required=True,
    )
    part = PARTS[name or "dimensions"]
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
    try:
        part.draw(chosen, view)
    except GapvizError as error:
        show_error(error)
