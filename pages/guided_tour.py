"""A guided tour in eight stops over the current collection, for people in front of a screen."""

import streamlit as st

from gapviz.dashboard.settings import settings, show_error
from gapviz.dashboard.tour_stops import STOPS
from gapviz.errors import GapvizError
from gapviz.tour import STOP_TITLES, numbered_stops

chosen = settings()


def go(by: int) -> None:
    """To a stop before or behind; the URL follows."""
    st.session_state["step"] = min(max(st.session_state["step"] + by, 1), len(STOPS))


number = st.segmented_control(
    "Stop",
    list(numbered_stops()),
    default=1,
    format_func=lambda one: numbered_stops()[one],
    key="step",
    bind="query-params",
    required=True,
    label_visibility="collapsed",
)
number = number or 1
stop = STOPS[number - 1]
st.title(STOP_TITLES[number - 1])
st.markdown(f"## {stop.sentence}")
with st.container(horizontal=True):
    st.button(
        "Back", icon=":material/arrow_back:", shortcut="Left", on_click=go, args=(-1,),
        disabled=number == 1, key="tour_back",
    )  # fmt: skip
    st.button(
        "Next", icon=":material/arrow_forward:", shortcut="Right", on_click=go, args=(1,),
        disabled=number == len(STOPS), key="tour_next", type="primary",
    )  # fmt: skip
try:
    stop.show(chosen)
except GapvizError as error:
    show_error(error)
