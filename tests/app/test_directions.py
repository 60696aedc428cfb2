"""The page of the directions."""

import json
from dataclasses import replace

import pytest

from gapviz.core.wording import figure
from gapviz.dashboard import caches
from gapviz.dashboard.catalogue import View, workspace
from gapviz.measures.directions import Directions
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions
from tests.worlds import wider_and_worse, with_hubs

PAGE = "pages/directions.py"


@pytest.fixture
def store():
    kept = []

    def stored(*collections):
        kept.append(workspace().add(list(collections), title="brought"))
        return kept[-1].id

    yield stored
    for one in kept:
        workspace().remove(one.id)


def bodies(app):
    return " ".join(html.proto.body for html in app.get("html"))


def words(app):
    kinds = ("markdown", "caption", "info")
    return " ".join(element.value for kind in kinds for element in getattr(app, kind))


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_figures_are_those_of_the_library(open_app):
    app = open_app(PAGE, strategy="znorm")
    assert not app.exception and not app.error
    view, options = View("builtin", "builtin"), StrategyOptions("znorm")
    directions = Directions(caches.measured(view, options, 42, ("image", "text")))
    shown = bodies(app)
    for way in (("image", "text"), ("text", "image"), ("text", "text")):
        for found in directions.direction(*way).figures.values():
            assert f"<strong>{figure(found.value)}</strong>" in shown
            assert f"[{figure(found.low)}, {figure(found.high)}]" in shown
    assert len(charts(app)) == 3
    assert "EfficientNet-lite0" in shown and "text → text against all-MiniLM" in words(app)
    assert "undecided, since the interval reaches 0" in words(app)


def test_the_measurement_is_that_of_the_other_pages(open_app, monkeypatch):
    asked = []
    original = caches.measured

    def counted(view, options, seed, pair=None):
        asked.append(options.name)
        return original(view, options, seed, pair)

    monkeypatch.setattr("gapviz.dashboard.sections.measured", counted)
    open_app(PAGE, strategy="half", seed="7")
    assert asked == ["raw", "half"]


def test_texts_may_be_the_first_of_three_modalities(open_app, store):
    app = open_app(PAGE, collection=store(wider_and_worse()), strategy="raw")
    assert not app.exception and not app.error
    assert app.sidebar.selectbox(key="pair").value == "text – image"
    first = charts(app)[0]
    assert first["layout"]["xaxis"]["ticktext"] == ["text", "image", "audio", "video"]
    assert "wider gaps have lower NDCG@10" in words(app)


def test_the_better_direction_and_what_is_lacking_are_said(open_app, store):
    hubs = with_hubs(lacking_audio=range(20, 30))
    app = open_app(PAGE, collection=store(hubs), strategy="raw")
    assert not app.exception and not app.error
    assert "text → image finds more than image → text" in words(app)
    assert "Of items that lack a modality none asks" in words(app)
    assert "nothing says what answers" in words(app)


def test_two_encoders_stand_below_each_other(open_app, store):
    two = store(wider_and_worse(), replace(wider_and_worse(better=True), encoder="other"))
    app = open_app(PAGE, collection=two, strategy="centre", compare="other")
    assert not app.exception and not app.error
    assert [head.value for head in app.subheader] == ["four", "other"]
    assert len(charts(app)) == 6
    assert "of 2 models" in words(app) and builtin_collection().encoder not in words(app)
