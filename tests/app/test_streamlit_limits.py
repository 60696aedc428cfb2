"""What the dashboard works around in Streamlit: a test fails once Streamlit no longer needs it."""

import logging
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest


def _switching():
    import streamlit as st
    from streamlit.errors import StreamlitAPIException

    def first():
        if st.button("go"):
            try:
                st.switch_page(second_page, query_params={"strategy": "half"})
            except StreamlitAPIException as error:
                st.error(str(error))

    def second():
        st.title("second")

    second_page = st.Page(second, url_path="second")
    page = st.navigation([st.Page(first, default=True), second_page])
    st.selectbox("Strategy", ["raw", "half"], key="strategy", bind="query-params")
    st.selectbox("Encoder", ["one", "other"], key="encoder", bind="query-params")
    page.run()


def test_switching_pages_cannot_set_what_a_widget_has_bound_to_the_url():
    """Else the scoreboard's plot could open the search without a script in the browser, and
    `ways_on` could use `st.page_link`."""
    app = AppTest.from_function(_switching)
    app.query_params["encoder"] = "other"
    app.run()
    app.button[0].click().run()
    assert "bound to" in app.error[0].value
    assert not app.title


def test_the_stylesheet_is_sent_once_and_takes_no_room(open_app):
    bodies = [html.proto.body for html in open_app("pages/search.py").get("html")]
    assert sum(".gv-grid {" in body for body in bodies) == 1
    assert not [body for body in bodies if "<style" in body and not body.startswith("<style>")]


def test_no_widget_has_a_default_beside_a_value_of_the_session_state(open_app, monkeypatch, caplog):
    # Streamlit says it once a process.
    monkeypatch.setattr("streamlit.elements.lib.policies._shown_default_value_warning", False)
    logging.getLogger("streamlit").propagate = True
    app = open_app("pages/tour.py", strategy="half", step="2")
    app.button(key="tour_next").click().run()
    app.button(key="tour_back").click().run()
    assert app.button_group(key="step").value == 2
    assert not [one for one in caplog.messages if "created with a default value" in one]


def test_streamlit_takes_a_folder_of_pages_for_its_older_kind_of_app(monkeypatch):
    """Else `app.py` need not say that it is not one."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(Path(__file__).parents[2] / "app.py"))
    assert PagesManager.uses_pages_directory


def test_streamlit_does_not_send_what_a_fragment_drew_before_it_runs_again():
    """Else polls need no container of their own: see `poll_place` of waiting.py."""
    queue = ForwardMsgQueue()
    for place, fragment in enumerate(["", "poll", ""]):
        message = ForwardMsg()
        message.metadata.delta_path[:] = [0, place]
        message.delta.fragment_id = fragment
        message.delta.new_element.markdown.body = f"drawn at {place}"
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["poll"])
    assert [list(one.metadata.delta_path) for one in queue.flush()] == [[0, 0], [0, 2]]
