"""The one way to wait for a result: progress, cancel, try again, shared by visitors."""

import threading
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from gapviz import GapvizError
from gapviz.dashboard import waiting
from gapviz.dashboard.waiting import Wait
from gapviz.storage.cache import CachedResult
from tests.patience import PATIENCE_SECONDS, run_until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.05)


class Slow:
    """Work that goes on until it is let."""

    def __init__(self, failures=0):
        self.go_on, self.runs, self.failures = threading.Event(), 0, failures

    def __call__(self, progress):
        self.runs += 1
        if self.runs <= self.failures:
            raise GapvizError("the disk is full")
        while not self.go_on.wait(0.01):
            progress(0.3, "at work")
        return "the result"


def page():
    import streamlit as st

    from gapviz.dashboard.waiting import result_of

    found = result_of(st.session_state.task, st.session_state.wait)
    if found is not None:
        st.markdown(found)


def visit(task, wait="Making it"):
    app = AppTest.from_function(page, default_timeout=PATIENCE_SECONDS)
    app.session_state["task"], app.session_state["wait"] = task, wait
    return app.run()


def task_of(work):
    return CachedResult("tests", uuid4().hex, str, work, on_disk=False)


def labels(app):
    return [button.label for button in app.button]


def shown(app):
    return [text.value for text in app.markdown]


def test_what_is_quick_needs_no_progress(monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 10)
    assert shown(visit(task_of(lambda progress: "at once"))) == ["at once"]


def test_a_result_is_waited_for_with_its_progress():
    work = Slow()
    app = visit(task_of(work))
    assert labels(app) == ["Cancel"]
    work.go_on.set()
    run_until(app, lambda page: "the result" in shown(page))
    assert work.runs == 1


def test_work_that_failed_can_be_tried_again():
    work = Slow(failures=1)
    app = visit(task_of(work))
    assert [error.value for error in app.error] == ["the disk is full."]
    work.go_on.set()
    app.button[0].click().run()
    run_until(app, lambda page: "the result" in shown(page))
    assert not app.error


def test_work_that_was_cancelled_can_be_done_after_all():
    work = Slow()
    app = visit(task_of(work), Wait("Making it", cancelled="It was nearly there."))
    app.button[0].click().run()
    app.run()
    assert [info.value for info in app.info] == ["Cancelled. It was nearly there."]
    assert labels(app) == ["Compute after all"]
    app.button[0].click().run()
    assert labels(app) == ["Cancel"]
    work.go_on.set()
    run_until(app, lambda page: "the result" in shown(page))


def test_one_visitor_cancels_nothing_that_another_waits_for():
    work = Slow()
    task = task_of(work)
    one, other = visit(task), visit(task)
    one.button[0].click().run()
    assert labels(one.run()) == ["Compute after all"]
    work.go_on.set()
    run_until(other, lambda page: "the result" in shown(page))
    assert work.runs == 1


def test_work_that_is_asked_for_begins_with_a_button():
    work = Slow()
    app = visit(task_of(work), Wait("Making it", ask="Make it"))
    assert (labels(app), work.runs) == (["Make it"], 0)
    app.button[0].click().run()
    assert labels(app) == ["Cancel"]
    app.button[0].click().run()
    assert labels(app.run()) == ["Make it"]


@pytest.mark.parametrize("failures", [0, 1])
def test_work_with_a_way_back_leads_there(failures):
    led_back = []
    work = Slow(failures)
    app = visit(task_of(work), Wait("Adding", back=lambda: led_back.append(1)))
    app.button[0].click()
    work.go_on.set()
    app.run()
    assert led_back == [1]


def twice():
    import streamlit as st

    from gapviz.dashboard.waiting import result_of

    for _ in range(2):
        result_of(st.session_state.task, st.session_state.wait)


def test_two_encoders_that_wait_for_one_result_have_one_button():
    work = Slow()
    app = AppTest.from_function(twice, default_timeout=PATIENCE_SECONDS)
    app.session_state["task"], app.session_state["wait"] = task_of(work), "Making it"
    app.run()
    work.go_on.set()
    assert not app.exception
    assert labels(app) == ["Cancel"]


def page_with_more():
    import streamlit as st

    from gapviz.dashboard.waiting import meanwhile, result_of

    if st.session_state.wait is None:
        meanwhile(st.session_state.task, "Looking")
    else:
        result_of(st.session_state.task, st.session_state.wait)
    st.markdown("more")


def with_more(task, wait=None):
    app = AppTest.from_function(page_with_more, default_timeout=20)
    app.session_state["task"], app.session_state["wait"] = task, wait
    return app.run()


@pytest.mark.parametrize("wait", [None, "Making it"])
def test_a_poll_stands_alone_in_a_container_of_the_page(wait):
    work = Slow()
    app = with_more(task_of(work), wait)
    work.go_on.set()
    assert len(app.main.children) == 2 and len(app.main.children[0].children) == 1


def test_what_follows_keeps_its_place_when_the_words_are_gone():
    work = Slow()
    app = with_more(task_of(work))
    work.go_on.set()
    run_until(app, lambda page: not page.main.children[0].children)
    assert app.main.children[1].value == "more"
