"""What is shown where no strategy is chosen: what the advisor recommends for the collection."""

import threading

import pytest

from gapviz.analyses.advice import advice as advice_module
from gapviz.analyses.advice.recommended import recommended
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.strategies import STRATEGIES
from tests.patience import run_until

STILL = "Decide is still measuring this collection"


def words(app):
    return " ".join(one.value for kind in ("markdown", "caption") for one in getattr(app, kind))


def titles_in_sidebar(app):
    return [one.value for one in app.sidebar.markdown]


@pytest.mark.parametrize("encoder", BUILTIN_ENCODERS)
def test_the_first_page_shows_what_decide_recommends(open_app, encoder):
    app = open_app(encoder=encoder)
    expected = STRATEGIES[recommended(builtin_collection(encoder)).name]
    assert app.sidebar.selectbox(key="strategy").value == "recommended"
    assert titles_in_sidebar(app) == [f"**{expected.title}**"]
    assert STILL not in words(app)


def test_a_strategy_of_the_link_wins(open_app):
    app = open_app(strategy="half")
    assert "half" in app.sidebar.selectbox(key="strategy").value
    assert titles_in_sidebar(app) == []


@pytest.mark.usefixtures("measures_recommendations")
def test_until_it_is_known_centring_is_shown_and_that_is_said(
    open_app, store_collection, monkeypatch
):
    go_on, measure = threading.Event(), advice_module.advise

    def slow(*arguments, progress, **named):
        while not go_on.wait(0.01):
            progress(0.1, "measuring")
        return measure(*arguments, progress=progress, **named)

    monkeypatch.setattr(advice_module, "advise", slow)
    stored = store_collection(n=67)
    app = open_app(collection=stored.id)
    assert not app.exception
    assert titles_in_sidebar(app) == ["**Centre both**"] and STILL in words(app)
    go_on.set()
    run_until(app, lambda page: STILL not in words(page))
    expected = recommended(collection_of(View(stored.id, "first model")))
    assert titles_in_sidebar(app) == [f"**{STRATEGIES[expected.name].title}**"]
    assert not app.exception


@pytest.mark.usefixtures("measures_recommendations")
def test_where_the_advisor_fails_the_page_stays(open_app, store_collection, monkeypatch):
    def fail(*arguments, **named):
        raise RuntimeError("a fault")

    monkeypatch.setattr(advice_module, "advise", fail)
    app = open_app(collection=store_collection(n=40).id)
    run_until(app, lambda page: STILL not in words(page))
    assert not app.exception
    assert titles_in_sidebar(app) == ["**Centre both**"]
