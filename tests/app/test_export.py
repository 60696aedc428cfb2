"""The page that exports the sidebar's strategy."""

import threading
from dataclasses import replace

import pytest

from gapviz.dashboard import export, waiting
from gapviz.dashboard.catalogue import workspace
from gapviz.strategies import STRATEGIES
from tests.patience import measured

PAGE = "pages/export.py"


@pytest.fixture
def stored(make_collection):
    kept = []

    def store(encoders=("first model",), **made):
        collections = [
            replace(make_collection(seed=number, **made), encoder=name)
            for number, name in enumerate(encoders)
        ]
        kept.append(workspace().add(collections, title="brought"))
        return kept[-1].id

    yield store
    for collection in kept:
        workspace().remove(collection.id)


def html(app):
    return " ".join(element.proto.body for element in app.get("html"))


def test_the_strategy_of_the_sidebar_is_taken_home(open_app, stored):
    app = open_app(PAGE, collection=stored())
    assert not app.exception and not app.error
    assert "Centre both (λ = 1)" in app.markdown[0].value
    assert "fitted on 20 items" in app.markdown[0].value
    assert "direction.image" in html(app) and "image – text" in html(app)
    assert [tab.label for tab in app.tabs] == [
        "Plain numpy", "Qdrant", "LanceDB", "Milvus", "PostgreSQL", "Elasticsearch", "OpenSearch",
        "Mixpeek",
    ]  # fmt: skip
    assert "STRENGTH = 1.0" in app.tabs[0].code[0].value
    assert len(app.get("download_button")) == 2
    kinds = [one.type for one in app.main]
    assert kinds.index("download_button") < min(map(kinds.index, ("expander", "tab", "code")))
    assert "gapviz apply FOLDER image.npy --modality image" in app.code[-1].value


def test_the_command_that_writes_it_into_a_store_stands_there(open_app, stored):
    app = open_app(PAGE, collection=stored(), strategy="offset", strength=0.5)
    (told,) = [one.value for one in app.code if "gapviz prove" in one.value]
    write, prove = told.splitlines()
    assert write.startswith("gapviz export SOURCE --strategy offset")
    assert "--strength 0.5" in write
    assert write.endswith("--out FOLDER --to qdrant://localhost:6333/collection")
    assert prove == "gapviz prove FOLDER SOURCE --on qdrant://localhost:6333/collection --strict"


@pytest.mark.parametrize(
    "strategy", [name for name, spec in STRATEGIES.items() if not spec.transductive]
)
def test_every_lasting_strategy_has_its_page(open_app, stored, strategy):
    app = open_app(PAGE, collection=stored(), strategy=strategy)
    assert not app.exception and not app.error
    assert app.tabs[0].code


def test_a_transductive_strategy_says_why_it_stays(open_app, stored):
    app = open_app(PAGE, collection=stored(), strategy="csls")
    assert not app.exception
    assert "nothing to store" in app.error[0].value
    assert not app.get("download_button")


@pytest.mark.parametrize(
    "made", [{"modalities": ("audio", "image", "text")}, {"n": 4}], ids=["three", "four"]
)
def test_odd_collections_have_an_answer(open_app, stored, made):
    app = open_app(PAGE, collection=stored(**made))
    assert not app.exception and not app.error


@pytest.fixture
def held(monkeypatch, _patient):
    """Packing waits for this event."""
    event, make = threading.Event(), export.compute_figures

    def compute(measurement, progress):
        while not event.wait(0.01):
            progress(0.1, "held")
        make(measurement, progress)

    monkeypatch.setattr(export, "compute_figures", compute)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.05)
    yield event
    event.set()


def test_the_page_comes_before_the_files_and_the_wait_can_be_cancelled(open_app, stored, held):
    app = open_app(PAGE, collection=stored(n=44), strategy="half")
    assert not app.exception and not app.get("download_button")
    (cancel,) = [one for one in app.button if one.label == "Cancel"]
    cancel.click().run()
    assert "No files were made" in app.info[0].value and not app.get("progress")
    held.set()
    (start,) = [one for one in app.button if one.label == "Compute after all"]
    measured(start.click().run())
    assert len(app.get("download_button")) == 2


def test_of_two_models_the_first_is_taken_home(open_app, stored):
    brought = stored(("first model", "second model"))
    one, both = (open_app(PAGE, collection=brought, compare=name) for name in ("", "second model"))
    assert not both.exception
    assert [each.value for each in both.code] == [each.value for each in one.code]
