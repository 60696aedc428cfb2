"""The first page: one query that fails, the same query fixed, why, how often, what to do."""

import streamlit as st

from gapviz.analyses.story.readings import ending_reading
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.page_head import lacks_second_modality, page_head, show_doubts, ways_on
from gapviz.dashboard.settings import settings
from gapviz.dashboard.story.page import TITLES, find, hide_idle_widgets, show_story

chosen = settings()
if chosen.has_one_modality:
    page_head("Start: one modality, no gap yet", chosen)
    lacks_second_modality(
        chosen,
        "A search across two kinds, a text for an image say, is what a gap spoils: with one kind "
        "there is nothing to spoil.",
    )
    show_doubts(chosen)
    ways_on(
        {"search": "Search this collection", "cones": "See its cone", "within": "Compare encoders"}
    )
    st.stop()

hide_idle_widgets(chosen)
head = st.container()
found = None
with errors_shown():
    found = find(chosen)
with head:
    page_head(TITLES["fixed" if found is None else found.result.ending], chosen)
if found is not None:
    show_story(chosen, found)
show_doubts(chosen, told=() if found is None else (ending_reading(found.result),))
