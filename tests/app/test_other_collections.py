"""Every page on collections that a visitor brought: several encoders, other modalities."""

import json

import pytest

from gapviz.dashboard.catalogue import workspace
from gapviz.measures.experiment import measure
from gapviz.sources.files import read

CONES, SEARCH = "pages/cones.py", "pages/search.py"


def words(app):
    return " ".join(
        [
            element.value
            for kind in ("markdown", "caption", "error")
            for element in getattr(app, kind)
        ]
        + [html.proto.body for html in app.get("html")]
    )


@pytest.mark.parametrize("page", [CONES, SEARCH])
def test_a_collection_without_captions_pictures_and_model_opens(open_app, store_collection, page):
    app = open_app(page, collection=store_collection().id)
    assert not app.exception
    assert not app.error


def test_its_figures_are_those_of_the_library(open_app, store_collection):
    brought = store_collection()
    app = open_app(CONES, collection=brought.id)
    expected = measure(workspace().load(brought.id, "first model"), seed=42)
    assert app.metric[0].value.startswith(f"{expected.geometry.gap.gap:.3f} → ")


def test_without_captions_and_model_one_searches_with_items(open_app, store_collection):
    app = open_app(SEARCH, collection=store_collection().id)
    assert "The right text is at place" in words(app)


@pytest.mark.parametrize("page", [CONES, SEARCH])
def test_two_models_stand_side_by_side(open_app, store_collection, page):
    brought = store_collection(("first model", "second model"))
    app = open_app(page, collection=brought.id, compare="second model")
    assert not app.exception
    assert "first model" in words(app) + "".join(head.value for head in app.subheader)
    assert "second model" in words(app) + "".join(head.value for head in app.subheader)
    if page == CONES:
        assert len(app.metric) == 16
        pictures = [json.loads(one.proto.json) for one in app.main.get("bidi_component")]
        assert [len(picture["views"]) for picture in pictures] == [2, 2]


def test_of_three_modalities_one_chooses_the_pair(open_app, store_collection):
    brought = store_collection(modalities=("audio", "image", "text"))
    app = open_app(CONES, collection=brought.id, projection="Gap axis")
    assert not app.exception
    pair = app.sidebar.selectbox(key="pair")
    assert pair.value == "image – text"
    pair.select("audio – text").run()
    assert not app.error, app.error[0].value
    collection = workspace().load(brought.id, "first model")
    expected = measure(collection, pair=("audio", "text"), seed=42)
    assert app.metric[0].value.startswith(f"{expected.geometry.gap.gap:.3f} → ")
    assert not app.exception


def test_a_query_over_three_modalities_is_held_against_the_share_of_all_three(
    open_app, store_collection
):
    brought = store_collection(modalities=("audio", "image", "text"))
    app = open_app(SEARCH, collection=brought.id, query_by="item")
    assert not app.exception
    assert "index 33%" in words(app)


def test_a_collection_that_is_gone_is_named(open_app):
    app = open_app(collection="gone-12345678")
    assert not app.exception
    assert "gone-12345678" in app.warning[0].value


@pytest.mark.reference
def test_four_published_models_are_compared_over_a_hundred_photographs(open_app, reference):
    gaps = {"CLIP": 0.813545, "CyCLIP": 0.872725, "CLOOB": 0.252228, "CLOOB_LAION400M": 0.290277}
    reading = read(str(reference / "coco100"))
    brought = workspace().add(reading.collections, title="coco100")
    try:
        for encoder, gap in gaps.items():
            encoded = workspace().load(brought.id, encoder)
            assert measure(encoded, fit="all").geometry.gap.gap == pytest.approx(gap, abs=5e-7)
        app = open_app(SEARCH, collection=brought.id, encoder="CLIP", compare="CLOOB")
        assert not app.exception
        assert f"/thumb/{brought.id}/" in words(app)
        app = open_app(CONES, collection=brought.id, encoder="CyCLIP", compare="CLIP")
        assert not app.exception
        assert len(app.metric) == 16
    finally:
        workspace().remove(brought.id)
