"""What to do about the gap: two or three questions, and a ranked answer from this data."""

import streamlit as st

from gapviz.dashboard.decide import (
    contradictions,
    questions,
    ranked_cards,
    ready_advice,
    report_download,
    verdict_sentence,
)
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import measures_enough, page_head
from gapviz.dashboard.settings import settings

chosen = settings()

page_head("Decide: what to do about it", chosen)
st.caption(
    "The usual advice, held against what was measured on this collection. The strategy of the "
    "sidebar plays no part: every way is tried."
)
if lacks_second_modality(
    chosen, "Every way here answers a gap, and there is none inside one modality."
):
    st.stop()
situation = questions(chosen)
advice = ready_advice(chosen, situation)
if advice is not None:
    if measures_enough(chosen.view):
        st.info(verdict_sentence(advice), icon=":material/alt_route:")
    against = contradictions(advice)
    if against:
        st.warning(
            against, icon=":material/priority_high:", title="This data contradicts the usual advice"
        )
    ranked_cards(advice)
    report_download(chosen, situation)
