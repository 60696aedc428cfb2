"""Lists and picture come at once, figures follow in the background: never those of before."""

import threading

import pytest

from gapviz.core import rows
from gapviz.core.unmoved import Unmoved
from gapviz.dashboard import caches, measuring, waiting
from gapviz.measures.ahead import compute_figures
from tests.patience import measured

CONES = "pages/cones.py"


@pytest.fixture
def held(monkeypatch, _patient):
    """Figures wait for this event."""
    event = threading.Event()

    def compute(measurement, progress=None):
        while not event.wait(0.01):
            if progress is not None:
                progress(0.1, "held")
        compute_figures(measurement)

    caches.forget_collections()
    waiting._tasks._tasks.clear()
    monkeypatch.setattr(measuring, "compute_figures", compute)
    monkeypatch.setattr("gapviz.dashboard.page_head.compute_figures", compute_figures)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.05)
    yield event
    event.set()
    for task in list(waiting._tasks._tasks.values()):
        task.wait(60)


def metrics(app):
    return [one.label for one in app.metric]


@pytest.mark.slow
def test_the_lists_of_search_come_before_the_figures(open_app, held):
    app = open_app("pages/search.py", strategy="offset")
    assert not app.exception
    assert sum("gv-card" in one.proto.body for one in app.get("html")) >= 3
    assert not app.table and app.get("progress")
    held.set()
    measured(app)
    assert not app.get("progress")
    assert any("Small figures" in one.value for one in app.caption)


@pytest.mark.slow
def test_the_picture_of_cones_comes_before_the_figures(open_app, held):
    app = open_app(CONES, strategy="offset")
    assert not app.exception
    assert not app.metric
    assert app.get("progress")
    held.set()
    measured(app)
    assert any("Gap" in label for label in metrics(app))
    assert any("first 10" in label for label in metrics(app))


@pytest.mark.slow
def test_figures_of_before_are_not_shown_for_another_strength(open_app, held):
    held.set()
    app = measured(open_app(CONES, strategy="offset"))
    assert app.metric
    held.clear()
    app.slider(key="strength").set_value(0.35).run()
    assert not app.metric and app.get("progress")


@pytest.mark.slow
def test_what_was_cancelled_is_not_shown(open_app, held):
    app = open_app(CONES, strategy="offset")
    next(one for one in app.button if one.label == "Cancel").click().run()
    assert not app.metric and not app.get("progress")
    held.set()
    app.run()
    assert not app.metric
    next(one for one in app.button if one.label == "Compute after all").click().run()
    measured(app)
    assert app.metric


def test_a_new_strength_lets_go_of_the_figures_of_the_last(open_app, held):
    app = open_app(CONES, strategy="offset")
    visitor = app.session_state[waiting.VISITOR]
    before = app.session_state[waiting.SLOTS]["figures"]
    app.slider(key="strength").set_value(0.35).run()
    assert app.session_state[waiting.SLOTS]["figures"] != before
    assert waiting._tasks.find(before, visitor).cancelled


@pytest.mark.parametrize("page", ["pages/search.py", CONES])
def test_a_rerun_moves_no_corpus(open_app, monkeypatch, page):
    app = open_app(page, strategy="offset")
    moved = []
    monkeypatch.setattr(rows, "_rows", lambda *args: moved.append(args))
    monkeypatch.setattr(Unmoved, "moved", property(moved.append))
    app.run()
    assert not app.exception and not moved


def test_a_new_strength_on_search_moves_no_corpus(open_app, held, monkeypatch):
    app = open_app("pages/search.py", strategy="offset")
    moved = []
    monkeypatch.setattr(Unmoved, "moved", property(moved.append))
    app.slider(key="strength").set_value(0.45).run()
    assert not app.exception and not moved
