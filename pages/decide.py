"""What to do about the gap: two or three questions, and a ranked answer from this data."""

import streamlit as st

from gapviz.analyses.advice.advice import cached_advice
from gapviz.analyses.advice.analysis import evidence_of
from gapviz.dashboard.decide import (
    contradictions,
    protocol_note,
    questions,
    ranked_cards,
    report_download,
    verdict_sentence,
)
from gapviz.dashboard.page_head import measures_enough, open_page, show_doubts
from gapviz.dashboard.sections import request_of, say_sample
from gapviz.dashboard.waiting import result_of

chosen = open_page(
    "Decide: what to do about it",
    "The usual advice, held against what was measured on this collection. The strategy of the "
    "sidebar plays no part: every way is tried.",
    needs_two="Every way here answers a gap, and there is none inside one modality.",
)
show_doubts(chosen)
say_sample(chosen.view)
situation, protocol = questions(chosen)
evidence = evidence_of(request_of(chosen, chosen.view, protocol=protocol))
advice = result_of(cached_advice(evidence, situation), "Measuring on this collection")
if advice is not None:
    note = protocol_note(chosen, advice, protocol)
    if note:
        st.caption(note)
    if measures_enough(chosen.view):
        st.info(verdict_sentence(advice), icon=":material/alt_route:")
    against = contradictions(advice)
    if against:
        st.warning(
            against, icon=":material/priority_high:", title="This data contradicts the usual advice"
        )
    ranked_cards(advice)
    report_download(chosen, evidence, situation)
