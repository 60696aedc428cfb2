"""A guided tour in eight stops over the current collection, for people in front of a screen."""

import streamlit as st

from gapviz.analyses.tour import STOP_TITLES, numbered_stops
from gapviz.core.errors import GapvizError
from gapviz.dashboard.one_modality import lacks_second_modality
from gapviz.dashboard.page_head import ways_on
from gapviz.dashboard.settings import settings, show_error
from gapviz.dashboard.tour_stops import PRESENTER_STYLE, STOPS

chosen = settings()


def go(by: int) -> None:
    """To a stop before or behind; the URL follows."""
    st.session_state["step"] = min(max(st.session_state["step"] + by, 1), len(STOPS))


def button(label: str, key: str, by: int, *, disabled: bool) -> None:
    """One of the two that an arrow key presses as well."""
    st.button(
        label,
        key=f"tour_{key}",
        shortcut="Left" if by < 0 else "Right",
        type="secondary" if by < 0 else "primary",
        disabled=disabled,
        on_click=go,
        args=(by,),
    )


st.html(PRESENTER_STYLE)
# Above everything that changes: what one presses stays under the pointer.
with st.container(horizontal=True, vertical_alignment="center"):
    back_and_next = st.container(horizontal=True, width="content")
    number = st.segmented_control(
        "Stop",
        list(numbered_stops()),
        default=1,
        format_func=lambda one: numbered_stops()[one],
        key="step",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        width="content",
    )
    number = number or 1
    with back_and_next:
        button("Back", "back", -1, disabled=number == 1)
        button("Next", "next", 1, disabled=number == len(STOPS))
stop = STOPS[number - 1]
with st.container(key="tour_stop"):
    st.title(STOP_TITLES[number - 1], anchor=False)
    st.header(stop.sentence, anchor=False)
    if lacks_second_modality(chosen, "This stop is shown on the vectors of two modalities."):
        ways_on({"tour": "Take the tour with the built-in drawings"}, keep=("step",))
        st.stop()
    try:
        stop.show(chosen)
    except GapvizError as error:
        show_error(error)
