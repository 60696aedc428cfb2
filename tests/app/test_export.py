"""The page that exports the sidebar's strategy."""

from dataclasses import replace

import pytest

from gapviz.dashboard.catalogue import workspace
from gapviz.strategies import STRATEGIES

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
    assert "gapviz apply FOLDER image.npy --modality image" in app.code[-1].value


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


def test_of_two_models_the_first_is_taken_home(open_app, stored):
    brought = stored(("first model", "second model"))
    app = open_app(PAGE, collection=brought, compare="second model")
    assert not app.exception
    assert "the first one's strategy" in "".join(caption.value for caption in app.caption)
