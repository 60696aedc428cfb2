from functools import partial

import pytest

from gapviz.analyses import why
from gapviz.analyses.training.features import collection_features
from gapviz.analyses.training.order import shift_study
from gapviz.analyses.training.random_start import cached_random_start
from gapviz.analyses.training.run import TrainingOptions
from gapviz.analyses.training.temperature import cached_temperatures
from gapviz.core.splits import EVALUATE
from gapviz.sources.files import read
from gapviz.storage.saved_collection import save_collection

pytestmark = pytest.mark.encoder

PAIR = ("image", "text")


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(40), tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def few_drawings(monkeypatch):
    monkeypatch.setattr(why, "cached_random_start", partial(cached_random_start, items=8))


def test_every_experiment_is_that_of_the_page(saved, figures, few_drawings):
    told = figures("why", saved, "--seed", "7", "--steps", "4", "--shift", "0.5")
    collection = read(saved).collection
    features = collection_features(collection, PAIR)
    assert told["start"] == cached_random_start(seed=7, items=8).compute().to_json()
    shifted = shift_study(collection.split(EVALUATE), PAIR, 0.5, seed=7)
    assert told["order"] == shifted.to_json()
    page = TrainingOptions(seed=7, steps=4, record_every=2)
    assert told["temperature"] == cached_temperatures(features, page).compute().to_json()
    assert told["shipped"] == {}


def test_the_text_tells_all_three_with_their_units(saved, run, few_drawings):
    text = run("why", saved, "--steps", "2").stdout
    assert "at random weights, seed 42, over 8 built-in drawings" in text
    assert "answers shifted by 1 of the gap" in text and "nats a query" in text
    assert "InfoNCE, 2 steps each" in text and "untrained" in text
    assert "lower is closer" in text and "higher is better" in text


def test_the_built_in_collection_is_laid_beside_the_shipped_encoders(figures):
    told = figures("why", "builtin", "--of", "temperature", "--steps", "1")
    assert len(told["shipped"]) == 2 and "order" not in told
    order = figures("why", "builtin:warm", "--of", "order")["order"]
    assert order["temperature"] == pytest.approx(0.05)


def test_a_condition_names_an_experiment(saved, run):
    done = run("why", saved, "--of", "order", "--fail-if", "order.directions.image->text.gap_before > 0")  # noqa: E501  # fmt: skip
    assert done.returncode == 1 and "gap_before = " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--of", "magic"],
        ["--of", ","],
        ["--shift", "nan"],
        ["--shift", "1e300"],
        ["--steps", "0"],
        ["--seed", "-1"],
        ["--pair", "image,sound"],
        ["--of", "order", "--fail-if", "start.gap > 1"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("why", saved, *arguments)


def test_too_few_pairs_are_refused_before_anything_is_built(make_collection, refused, tmp_path):
    save_collection(make_collection(4), tmp_path / "four")
    assert "too few to train heads" in refused("why", tmp_path / "four")
