"""What to do about the gap: one answer from this data, and below it the questions it answers."""

import streamlit as st

from gapviz.analyses.advice.advice import cached_advice
from gapviz.analyses.advice.analysis import evidence_of
from gapviz.analyses.advice.decision import decision_of
from gapviz.dashboard.decide import (
    contradictions_section,
    other_ways,
    protocol_note,
    questions,
    report_download,
    why_section,
)
from gapviz.dashboard.decision import show_decision
from gapviz.dashboard.page_head import measures_enough, open_page, show_doubts
from gapviz.dashboard.sections import request_of, say_sample
from gapviz.dashboard.waiting import result_of

chosen = open_page(
    "Decide: what to do about it",
    needs_two="Every way here answers a gap, and there is none inside one modality.",
)
show_doubts(chosen)
say_sample(chosen.view)
# Above the questions, whose usual answers need no visitor.
answer = st.container(key="decide_answer")
situation, protocol = questions(chosen)
evidence = evidence_of(request_of(chosen, chosen.view, protocol=protocol))
with answer:
    advice = result_of(cached_advice(evidence, situation), "Measuring on this collection")
if advice is not None:
    with answer:
        if measures_enough(chosen.view):
            show_decision(decision_of(advice))
        note = protocol_note(chosen, advice, protocol)
        if note:
            st.caption(note)
    why_section(advice)
    other_ways(advice)
    contradictions_section(advice)
    report_download(chosen, evidence, situation)
