"""Why a gap and the tour on collections that lack what the built-in one has."""

import re
from dataclasses import replace

import numpy as np
import pytest

from gapviz import Collection, ModalityVectors
from gapviz.analyses.story.readings import NO_MATCHES
from gapviz.core.item import items_of_rows
from gapviz.core.splits import alternate_splits
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.tour import STOPS
from gapviz.dashboard.why import training_panel
from gapviz.dashboard.why.training_panel import RUNS

WHY, TOUR = "pages/why.py", "pages/tour.py"
STEPS = range(1, len(STOPS) + 1)
THREE = ("audio", "image", "text")


@pytest.fixture
def several_captions():
    """Ten images with three captions each, in the workspace."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((10, 6))
    captions = np.repeat(images, 3, axis=0) + 0.3 * rng.standard_normal((30, 6)) + 1
    collection = Collection(
        "several captions",
        items_of_rows(10),
        {
            "image": ModalityVectors.of(images),
            "text": ModalityVectors.of(captions, np.repeat(np.arange(10), 3)),
        },
        alternate_splits(10),
        encoder="a model",
    )
    stored = workspace().add([collection], title="several captions")
    yield stored
    workspace().remove(stored.id)


@pytest.fixture
def short_runs(monkeypatch):
    steps = training_panel.training_steps
    monkeypatch.setattr(
        training_panel,
        "training_steps",
        lambda features, options: steps(features, replace(options, steps=10)),
    )


def visited(app):
    """The page opened without a traceback; its sentences where something cannot be shown."""
    assert not app.exception, app.exception[0].value
    return [error.value for error in app.error]


def trained(app):
    app.button(key="train_start").click().run()
    live = app.session_state[RUNS][-1].live
    assert live.wait(60)
    assert live.error is None
    return app.run()


@pytest.mark.encoder
def test_of_three_modalities_the_chosen_pair_trains(open_app, store_collection, short_runs):
    app = open_app(WHY, collection=store_collection(modalities=THREE).id, pair="audio – text")
    assert visited(app) == []
    assert visited(trained(app)) == []
    assert any("audio" in caption.value for caption in app.caption)
    table = next(h.proto.body for h in app.get("html") if "ranks changed" in h.proto.body)
    assert "audio → text" in table


@pytest.mark.encoder
def test_several_captions_an_image_train_one_pair_an_item(open_app, several_captions, short_runs):
    app = trained(open_app(WHY, collection=several_captions.id))
    assert visited(app) == []
    assert app.session_state[RUNS][0].features.first.shape == (10, 6)


def test_without_pairs_both_experiments_on_pairs_say_what_they_need(open_app, unpaired_collection):
    errors = visited(open_app(WHY, collection=unpaired_collection.id))
    assert any("too few to train heads" in error for error in errors)
    assert any("an order needs two" in error for error in errors)


def test_a_handful_of_items_is_too_few_to_train_on(open_app, store_collection):
    app = open_app(WHY, collection=store_collection(n=4).id)
    assert any("too few to train heads" in error for error in visited(app))
    assert any("ranks changed" in h.proto.body for h in app.get("html"))


@pytest.mark.encoder
def test_eight_items_can_train(open_app, store_collection, short_runs):
    assert visited(trained(open_app(WHY, collection=store_collection(n=8).id))) == []


def test_one_modality_leaves_the_force_that_needs_no_data(open_app, store_collection):
    app = open_app(WHY, collection=store_collection(modalities=("image",)).id)
    assert visited(app) == []
    assert [head.value for head in app.subheader] == ["The first force"]


@pytest.mark.parametrize("step", STEPS)
def test_the_tour_walks_three_modalities(open_app, store_collection, step):
    app = open_app(TOUR, collection=store_collection(modalities=THREE).id, step=str(step))
    assert visited(app) == []


@pytest.mark.parametrize("step", STEPS)
def test_the_tour_walks_several_captions_an_image(open_app, several_captions, step):
    assert visited(open_app(TOUR, collection=several_captions.id, step=str(step))) == []


@pytest.mark.parametrize("step", STEPS)
def test_the_tour_walks_a_collection_without_pairs(open_app, unpaired_collection, step):
    assert visited(open_app(TOUR, collection=unpaired_collection.id, step=str(step))) == []


@pytest.mark.parametrize("step", [3, 7])
def test_without_pairs_no_query_is_said_to_find_its_match(open_app, unpaired_collection, step):
    app = open_app(TOUR, collection=unpaired_collection.id, step=str(step))
    assert not app.main.get("bidi_component")
    assert any(NO_MATCHES in one.proto.body for one in app.get("html"))


def test_without_pairs_nothing_is_said_of_figures_that_are_not_known(open_app, unpaired_collection):
    for step in STEPS:
        app = open_app(TOUR, collection=unpaired_collection.id, step=str(step))
        told = " ".join(one.proto.body for one in app.get("html") if "<style" not in one.proto.body)
        assert not re.search(r"\bnan\b", told), step
        # What a strategy does has a name before it, or is not said yet.
        assert "(with  " not in told and "(with 0" not in told, step


@pytest.mark.parametrize("step", STEPS)
def test_the_tour_walks_four_items(open_app, store_collection, step):
    assert visited(open_app(TOUR, collection=store_collection(n=4).id, step=str(step))) == []


@pytest.mark.parametrize("step", STEPS)
def test_the_tour_tells_one_modality_that_it_needs_a_second(open_app, store_collection, step):
    app = open_app(TOUR, collection=store_collection(modalities=("image",)).id, step=str(step))
    assert visited(app) == []
    assert any('href="tour?' in html.proto.body for html in app.get("html"))
