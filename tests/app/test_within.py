import re

import pytest

from gapviz.core.wording import figure
from gapviz.measures.retrieval.within import evaluate_within, recall_delta
from gapviz.sources.builtin import builtin_collection, dedicated_vectors

PAGE = "pages/within.py"


def bodies(app):
    return [html.proto.body for html in app.get("html")]


def lists(app):
    return [body for body in bodies(app) if 'role="list"' in body]


def words(app):
    return " ".join(
        element.value for kind in ("markdown", "caption", "info") for element in getattr(app, kind)
    )


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_difference_is_that_of_the_library(open_app, modality):
    app = open_app(PAGE, within=modality)
    assert not app.exception
    assert not app.error
    held = builtin_collection().splits["evaluate"]
    labels = builtin_collection().labels[held]
    delta = recall_delta(
        evaluate_within(builtin_collection().modality(modality).corpus.vectors[held], labels),
        evaluate_within(dedicated_vectors(modality).vectors[held], labels),
        seed=42,
    )
    table = next(body for body in bodies(app) if "gv-table" in body)
    for estimate in (*delta.recall.values(), delta.mean_average_precision):
        assert f"<strong>{figure(estimate.value, signed=True)}</strong>" in table
        low, high = (figure(end, signed=True) for end in (estimate.low, estimate.high))
        assert f"[{low}, {high}]" in table
    assert len(app.get("plotly_chart")) == 1


def test_one_query_is_answered_by_both(open_app):
    app = open_app(PAGE, item="1F431", results="5")
    assert not app.exception
    assert [body.count('role="listitem"') for body in lists(app)] == [5, 5]
    assert all("✓ same label" in body for body in lists(app))
    assert all(not re.search(r"/1F431\.png", body) for body in lists(app))


def test_another_encoder_of_the_collection_can_stand_in(open_app):
    app = open_app(PAGE, dedicated="builtin:sigmoid")
    assert not app.exception
    assert "sigmoid" in next(body for body in bodies(app) if "gv-table" in body)


def test_without_a_second_encoder_one_is_told_what_to_do(open_app, store_collection):
    app = open_app(PAGE, collection=store_collection().id)
    assert not app.exception
    assert "Encode the collection with another encoder" in words(app)


def test_without_labels_only_the_lists_are_compared(open_app, store_collection):
    brought = store_collection(("first model", "second model"))
    app = open_app(PAGE, collection=brought.id)
    assert not app.exception
    assert not app.error
    assert "share a label" in words(app)
    assert len(lists(app)) == 2


def test_one_modality_and_three_items_are_enough(open_app, store_collection):
    brought = store_collection(("one", "two"), modalities=("image",), n=4)
    app = open_app(PAGE, collection=brought.id)
    assert not app.exception
    assert len(lists(app)) == 2
