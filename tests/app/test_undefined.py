"""Pages of collections on which a strategy, a modality or a pairing is impossible."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.dashboard.catalogue import workspace

CONES = "pages/cones.py"

WHY = "the strategy is undefined here"


@pytest.fixture
def stored():
    """`store(collection)`: in the workspace until the test ends."""
    kept = []

    def store(collection):
        kept.append(workspace().add([replace(collection, encoder="a model")], title="brought"))
        return kept[-1].id

    yield store
    for one in kept:
        workspace().remove(one.id)


@pytest.fixture
def two_points(make_collection):
    made = make_collection(30)
    same = {
        name: ModalityVectors.of(np.repeat(block.vectors[:1], 30, axis=0))
        for name, block in made.modalities.items()
    }
    return replace(made, modalities=same)


def warned(app):
    return " ".join(one.value for one in app.warning)


def clouds(app):
    """Titles of the clouds that are drawn."""
    (picture,) = app.main.get("bidi_component")
    return [view["title"] for view in json.loads(picture.proto.json)["views"]]


def test_raw_is_drawn_where_centring_is_undefined(open_app, stored, two_points):
    app = open_app(CONES, collection=stored(two_points), strategy="centre")
    assert not app.error and not app.exception
    assert clouds(app) == ["Raw"]
    assert "Centre both is not drawn. image after centre, row 0: the row" in warned(app)
    assert WHY in warned(app)


def test_raw_and_routing_answer_where_centring_is_undefined(open_app, stored, two_points):
    app = open_app(
        "pages/search.py", collection=stored(two_points), strategy="centre", query_by="item"
    )
    assert not app.error and not app.exception
    html = " ".join(one.proto.body for one in app.get("html"))
    assert html.count('class="gv-grid"') == 2
    told = [one.value for one in app.markdown]
    assert "#### Centre both" in told and any("Has no list. " in words for words in told)
    assert any("Centre both is not measured." in one.value for one in app.caption)


def test_scores_of_raw_are_shown_where_centring_is_undefined(open_app, stored, two_points):
    app = open_app("pages/scores.py", collection=stored(two_points), strategy="centre")
    assert not app.error and not app.exception
    assert app.get("plotly_chart") and WHY in warned(app)


@pytest.mark.parametrize(
    "page", ["story", "cones", "search", "anatomy", "protocol", "decide", "data"]
)
def test_a_modality_of_one_item_is_named_on_every_page(open_app, stored, make_collection, page):
    made = make_collection()
    sound = ModalityVectors.of(np.eye(1, 8) + 0.1, [7])
    collection = replace(made, modalities={**made.modalities, "audio": sound})
    app = open_app(f"pages/{page}.py", collection=stored(collection))
    assert not app.error and not app.exception
    assert "audio is not measured" in warned(app)


def test_of_two_modalities_one_of_one_item_leaves_the_answer_of_one(
    open_app, stored, make_collection
):
    made = make_collection()
    sound = ModalityVectors.of(np.eye(1, 8) + 0.1, [7])
    lonely = replace(made, modalities={"image": made.modality("image"), "audio": sound})
    app = open_app(CONES, collection=stored(lonely))
    assert not app.error and not app.exception
    assert app.info[0].proto.title == "a model has image vectors alone that can be measured"
    assert clouds(app) == ["The image cone, raw"]
    assert "audio is not measured" in warned(app)


def test_pairing_by_position_that_is_a_guess_is_said(open_app, stored, make_collection):
    made = make_collection(40)
    few = ModalityVectors.of(made.modality("image").vectors[:8])
    guessed = replace(made, modalities={**made.modalities, "image": few})
    app = open_app(collection=stored(guessed))
    assert "40 text rows are 5 × 8 image rows" in warned(app)
