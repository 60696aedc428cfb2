"""One query, answered side by side by raw cosine, an offset and routing."""

import streamlit as st

from gapviz.core.foreign import in_markdown
from gapviz.dashboard.caches import warm_encoder
from gapviz.dashboard.catalogue import live_encoder
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.matches import learn_meanwhile
from gapviz.dashboard.page_head import lacks_second_modality, page_head, show_doubts, ways_on
from gapviz.dashboard.query import ask
from gapviz.dashboard.search import (
    answer_columns,
    list_choices,
    nearest_items,
    runs_beside,
    whole_split_table,
)
from gapviz.dashboard.settings import settings

chosen = settings()

if chosen.has_one_modality:
    page_head("Search: one query, one modality", chosen)
    lacks_second_modality(
        chosen,
        "Like finds like here; whether a mixed index answers by meaning or by modality can only "
        "be asked of two.",
    )
    with errors_shown():
        show_doubts(chosen)
        asked = ask(chosen)
        if asked is not None:
            lists = st.container()
            choices = list_choices(chosen, asked)
            with lists:
                nearest_items(chosen, asked[chosen.view], choices)
    ways_on({"within": "Hold this encoder against another inside the modality"})
    warm_encoder(live_encoder(chosen.view))
    st.stop()

page_head(
    f"Search: one query, {'several' if chosen.compare else 'three'} indexes",
    chosen,
    f"A mixed index holds every {in_markdown(' and every '.join(chosen.modalities))} vector of the "
    "collection. "
    "Does it answer by meaning, or by modality?",
)
with errors_shown():
    show_doubts(chosen)
unlearned = []
with errors_shown():
    asked = ask(chosen)
    if asked is not None:
        lists = st.container()
        choices = list_choices(chosen, asked)
        runs = runs_beside(chosen, asked)
        with lists:
            unlearned = answer_columns(chosen, asked, choices, runs)
learning = st.container()
with errors_shown():
    whole_split_table(chosen)
for view in chosen.views:
    warm_encoder(live_encoder(view))
with learning:
    learn_meanwhile(unlearned)
