"""The Data page and vector stores: a form reads one, and the live index of it is asked."""

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.dashboard import waiting
from gapviz.dashboard.catalogue import workspace
from gapviz.sources.stores import reading
from gapviz.sources.stores.store import Batch, FieldVectors, VectorField
from tests.patience import run_until
from tests.sources.stores.engines import DIM, filled

PAGE = "pages/data.py"
N = 80


@pytest.fixture
def address(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_FOLDERS", str(tmp_path))
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((N, DIM))
    vectors = {
        name: FieldVectors(
            np.arange(N), (meaning + 0.4 * rng.standard_normal((N, DIM)) + shift).astype("f4")
        )
        for name, shift in (("image_vec", 0.0), ("text_vec", 0.6))
    }
    payload = tuple({"words": f"number {n}", "label": "ab"[n % 2]} for n in range(N))
    fields = [VectorField(name, DIM) for name in vectors]
    batch = Batch(tuple(f"i{n}" for n in range(N)), vectors, payload)
    filled(f"arrays://{tmp_path}#pairs", fields, batch, ("words", "label")).close()
    yield f"arrays://{tmp_path}#pairs"
    for stored in workspace().collections():
        workspace().remove(stored.id)


def opened(open_app, address, **fields):
    """The page with the form filled in."""
    app = open_app(PAGE)
    app.session_state["add_by"] = "store"
    app.run()
    app.text_input(key="store_address").input(address)
    for key, value in fields.items():
        (app.number_input if key == "store_sample" else app.text_input)(key=key).set_value(value)
    app.run()
    return app


def press(app, label):
    return next(button for button in app.button if button.label == label).click().run()


def words(app):
    return " ".join([*(one.value for one in app.markdown), *(one.value for one in app.caption)])


def test_a_form_reads_a_sample_and_the_live_index_is_asked(open_app, address):
    app = opened(open_app, address, store_sample=40, add_captions="words")
    app = press(app, "Add it")
    assert not app.exception and not app.error
    sample = "a sample of 40 of 80 items (seed 42)"
    assert sample in app.success[0].value
    (stored,) = workspace().collections()
    assert stored.n_items == 40 and sample in stored.title and sample in stored.origin
    assert workspace().load(stored.id).items[0].captions[0].startswith("number ")
    assert "The live index" in [one.value for one in app.subheader]
    app = run_until(press(app, "Ask the store"), lambda app: "the engine" in words(app))
    assert not app.exception and not app.error
    assert "the engine searches exactly" in words(app)
    assert "Of the first 10 of exact search the engine has 100.0 %" in words(app)


def test_what_may_be_read_is_said_and_the_rest_is_refused(open_app, address, tmp_path):
    app = opened(open_app, "qdrant://example.org/pairs")
    assert "localhost" in words(app) and "GAPVIZ_STORES" in words(app)
    app = press(app, "Add it")
    assert "may not ask the host 'example.org'" in app.error[0].value
    assert not workspace().collections()


def test_the_form_names_where_credentials_come_from_and_shows_none(open_app, address, monkeypatch):
    monkeypatch.setenv("QDRANT_API_KEY", "hunter2-and-a-half")
    app = opened(open_app, address)
    told = app.text_input(key="store_address").help
    assert "QDRANT_API_KEY" in told and "Nothing is ever written" in told
    assert "hunter2" not in str(app)


def test_a_dashboard_for_others_reads_no_store_of_this_machine_unless_told(
    open_app, address, monkeypatch
):
    from gapviz.dashboard.data import adding

    monkeypatch.setattr(adding.st, "get_option", lambda name: "0.0.0.0")
    monkeypatch.delenv("GAPVIZ_STORES", raising=False)
    assert adding.store_hosts() == ()
    monkeypatch.setenv("GAPVIZ_STORES", "localhost")
    assert adding.store_hosts() == ("localhost",)


def test_progress_is_shown_and_a_reading_can_be_cancelled(open_app, address, monkeypatch):
    import threading

    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.05)
    looked, goes_on = threading.Event(), threading.Event()
    reads = reading.census

    def slow(*arguments):
        arguments[-1](0.5, "counting the items")
        looked.set()
        assert goes_on.wait(60)
        return reads(*arguments)

    monkeypatch.setattr(reading, "census", slow)
    app = opened(open_app, address, store_sample=40)
    app = press(app, "Add it")
    assert looked.wait(60)
    app.run()
    assert "Cancel" in [button.label for button in app.button]
    app = press(app, "Cancel")
    goes_on.set()
    assert not app.exception
    assert "Add it" in [button.label for button in app.button]
    assert not workspace().collections()


def test_a_store_that_does_not_answer_any_more_is_told_in_a_sentence(
    open_app, address, monkeypatch
):
    app = press(opened(open_app, address, store_sample=40), "Add it")
    from gapviz.analyses import live

    def gone(address):
        raise GapvizError("the server does not answer", where=address)

    monkeypatch.setattr(live, "opened_to_read", gone)
    app = run_until(press(app, "Ask the store"), lambda app: app.error)
    assert not app.exception
    assert any("the server does not answer" in one.value for one in app.error)
