"""What has no figure is named with its reason, and the rest is measured."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.inspection import inspect_collection
from gapviz.analyses.registry import analyses
from gapviz.analyses.scoreboard.analysis import board_finding
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.errors import GapvizError
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.not_measured import not_measured
from gapviz.measures.experiment import Experiment, measure
from gapviz.strategies import StrategyOptions

SAID = "audio is not measured"


@pytest.fixture(scope="module")
def with_one_sound(make_collection):
    """Images and texts of forty items; the eighth, which is held out, has a sound as well."""
    made = make_collection()
    sound = ModalityVectors.of(np.eye(1, 8) + 0.1, [7])
    return replace(made, modalities={**made.modalities, "audio": sound})


def test_a_modality_of_one_half_is_left_out_of_both(with_one_sound):
    for half in ("calibrate", "evaluate"):
        assert with_one_sound.split(half).modality_names == ("image", "text")
    why = not_measured(with_one_sound)["audio"]
    assert "only the evaluate split has audio vectors (1 item in all)" in why


def test_in_sample_everything_is_measured(with_one_sound):
    found = measure(with_one_sound, fit="all")
    assert found.collection.modality_names == ("image", "text", "audio")
    assert not found.not_measured


def test_what_is_measured_has_no_word_of_it(make_collection):
    assert not_measured(make_collection()) == {}


def test_matches_of_items_that_share_nothing_are_named(make_unpaired):
    apart = make_unpaired()
    (why,) = not_measured(apart).values()
    assert why.startswith("Matches of image and text are not measured: no held-out item")
    assert measure(apart).to_json()["not_measured"] == {"image-text": why}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("measure", {}),
        ("curves", {"of": ("fusion",)}),
        ("directions", {}),
        ("thresholds", {}),
        ("anatomy", {"of": ("dimensions",)}),
        ("cones", {"by": "pca"}),
        ("protocol", {}),
        ("why", {"of": ("order",)}),
    ],
)
def test_every_analysis_names_it_in_words_and_in_json(with_one_sound, name, values):
    analysis = analyses()[name]
    found = analysis.find(
        Request(with_one_sound, analysis.usual() | values), lambda share, stage: None
    )
    assert any(words.startswith(SAID) for words in found.warnings)
    assert found.to_json()["not_measured"]["audio"].startswith(SAID)


def test_the_scoreboard_names_it_for_its_model(with_one_sound):
    request = ScoreboardRequest({"a model": with_one_sound}, [StrategyOptions("raw")])
    found = board_finding(request.compute())
    assert any(words.startswith(SAID) for words in found.parts["a model"].warnings)
    assert found.to_json()["not_measured"]["a model"]["audio"].startswith(SAID)


def test_a_look_at_the_source_names_it(with_one_sound):
    found = inspect_collection(with_one_sound, decode_workers=0)
    assert any(words.startswith(SAID) for words in found.warnings)
    assert "audio" in found.to_json()["not_measured"]


def test_raw_cosine_searches_it_though_nothing_is_fitted_on_it(with_one_sound):
    raw = Experiment(with_one_sound)
    assert "audio" in raw.index.rows.names
    assert "audio" not in raw.having(StrategyOptions("centre")).index.rows.names


def test_asking_for_it_says_why_it_cannot_be(with_one_sound):
    with pytest.raises(GapvizError, match=f"{SAID}: it has to be in both"):
        measure(with_one_sound, pair=("image", "audio"))


def test_two_items_of_one_modality_each_have_nothing_to_measure(make_unpaired):
    with pytest.raises(GapvizError, match="no modality in both of its halves"):
        measure(make_unpaired(1))


def test_one_modality_is_left_where_the_other_is_in_one_half(with_one_sound):
    lonely = with_one_sound.of_modalities(["image", "audio"])
    with pytest.raises(GapvizError, match=SAID):
        measure(lonely)


def test_a_refit_without_the_few_items_of_a_modality_keeps_them(make_collection):
    made = make_collection()
    sounds = ModalityVectors.of(np.random.default_rng(0).standard_normal((3, 8)), [0, 7, 8])
    few = replace(made, modalities={**made.modalities, "audio": sounds})
    found = measure(few, StrategyOptions("centre"))
    assert len(found.refits()) == 10
    assert found.recall["image", "text"][1].high > 0
