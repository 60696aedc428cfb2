"""Both clouds, the gap between them in figures, and what a strategy does to it."""

from functools import partial

import streamlit as st

from gapviz.core.foreign import in_markdown
from gapviz.dashboard.caches import fitted, undefined
from gapviz.dashboard.cards import cloud_cards, say_of_cloud
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.cones import cones_section
from gapviz.dashboard.cones_figures import FiguresOfCones
from gapviz.dashboard.judged import judged_section, paired_note
from gapviz.dashboard.measuring import figures_of
from gapviz.dashboard.page_head import (
    lacks_second_modality,
    page_head,
    show_doubts,
    way_to_add,
    ways_on,
)
from gapviz.dashboard.settings import RAW, settings
from gapviz.strategies import STRATEGIES

chosen = settings()

if chosen.has_one_modality:
    page_head("Cones: one cloud, no gap yet", chosen)
    lacks_second_modality(
        chosen,
        "The gap is the distance between two cones: it, the bias of a mixed index and what a "
        "strategy does about them need a second modality.",
    )
    show_doubts(chosen)
    cones_section(chosen, partial(say_of_cloud, chosen))
    cloud_cards(chosen)
    st.stop()

page_head("Cones: how far apart the kinds lie", chosen)
st.markdown(
    f"Each dot is one {in_markdown(' or one '.join(chosen.modalities))}. Where each kind crowds "
    "into a cone of its own, the distance between the cones is the **gap**."
)
show_doubts(chosen)
figures = FiguresOfCones(chosen, figures_of(chosen))
for view in chosen.views:
    head = f"{in_markdown(f'{encoder_title(view)}: ')} " if chosen.compare else ""
    why = undefined(view, chosen.options(), everywhere=True)
    doubts = [f"{STRATEGIES[chosen.strategy].title} is not drawn. {in_markdown(why)}"] * bool(why)
    if chosen.strategy != RAW and not undefined(view, chosen.options()):
        doubts += map(in_markdown, fitted(view, chosen.options()).warnings)
    for words in doubts:
        st.warning(f"{head}{words}", icon=":material/warning:")

cones_section(chosen, figures.cards)
figures.said()
st.subheader("What a search finds", anchor=False)
figures.quality()
note = paired_note(chosen)
if note:
    st.caption(note)
judged_section(chosen)
figures.fill()

with st.expander("All diagnostics", icon=":material/table_chart:", on_change="rerun") as table:
    if table.open:
        figures.diagnostics()
ways_on(
    {
        "search": "Search this collection and see what the gap does to answers",
        "decide": "Decide what to do about it",
        **way_to_add("Bring your own data"),
    }
)
