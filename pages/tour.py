"""A guided tour in eight stops over the current collection, for people in front of a screen."""

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from gapviz.analyses.tour import STOP_TITLES, counts_reading, numbered_stops
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.page_head import (
    lacks_second_modality,
    show_doubts,
    warn_of_random_weights,
    ways_on,
)
from gapviz.dashboard.settings import settings
from gapviz.dashboard.tour import STEP, STOPS, held_out
from gapviz.dashboard.widgets import segments_of

chosen = settings()


def go(by: int) -> None:
    """Go to another stop; the URL follows."""
    st.session_state[STEP.name] = min(max(st.session_state[STEP.name] + by, 1), len(STOPS))


# The buttons stand above everything that changes, so that they stay under the pointer.
with st.container(horizontal=True, vertical_alignment="center", key="tour_bar"):
    back_and_next = st.container(horizontal=True, width="content")
    # Streamlit warns of a default beside a value that a button has set.
    step = replace(STEP, default=None if STEP.name in st.session_state else STEP.default)
    number = segments_of(step, numbered_stops(), label_visibility="collapsed", width="content")
    number = number or STEP.default
    with back_and_next:
        # The arrow keys press them too.
        for label, by, end in (("Back", -1, 1), ("Next", 1, len(STOPS))):
            st.button(
                label,
                key=f"tour_{label.lower()}",
                shortcut="Left" if by < 0 else "Right",
                type="secondary" if by < 0 else "primary",
                disabled=number == end,
                on_click=go,
                args=(by,),
            )
    with suppress(GapvizError):  # the stop says what is wrong with the collection
        st.caption(in_markdown(counts_reading(held_out(chosen.view))))
    # The sidebar is hidden here.
    ways_on({"./": "Leave the tour"}, keep=("collection", "encoder", "pair", "seed"))
stop = STOPS[number - 1]
with st.container(key="tour_stop"):
    st.title(STOP_TITLES[number - 1], anchor=False)
    st.header(stop.sentence, anchor=False)
    if lacks_second_modality(chosen, "This stop is shown on the vectors of two modalities."):
        ways_on({"tour": "Take the tour with the built-in drawings"}, keep=(STEP.name,))
        st.stop()
    with errors_shown():
        stop.show(chosen)
    warn_of_random_weights(chosen)
    show_doubts(chosen)
