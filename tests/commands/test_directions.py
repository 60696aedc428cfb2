"""`gapviz directions`."""

import pytest

from gapviz.measures.experiment import measure
from gapviz.storage.saved_collection import load_collection, save_collection
from gapviz.strategies import StrategyOptions
from tests.worlds import with_hubs


@pytest.fixture
def saved(tmp_path):
    save_collection(with_hubs(), tmp_path / "hubs")
    return tmp_path / "hubs"


def test_it_prints_every_direction_and_which_is_better(run, saved):
    text = run("directions", saved).stdout
    for way in ("image → text", "text → image", "audio → image", "text → text"):
        assert way in text
    assert "text → image finds more than image → text" in text
    assert "target share@10" in text and "Gap without noise" in text
    assert "nothing says what answers" in text and "Intervals: 95 %" in text


def test_its_figures_are_those_of_the_strategy_chosen(figures, saved):
    told = figures("directions", saved, "--strategy", "znorm")
    measured = measure(load_collection(saved), StrategyOptions("znorm"))
    assert told["strategy"] == "znorm"
    for (a, b), by_depth in measured.recall.items():
        assert told["recall"][f"{a}->{b}"]["10"]["value"] == by_depth[10].value
    assert told["target_share_at_10"]["text->text"]["value"] == pytest.approx(
        measured.bias["text"].value
    )


def test_another_source_of_the_same_items_adds_its_points(figures, saved, tmp_path):
    save_collection(with_hubs(("image", "video", "text")), tmp_path / "other")
    told = figures("directions", saved, "--also", tmp_path / "other")["gap_predicts"]
    assert (told["n_points"], told["n_models"]) == (6, 2)


def test_a_condition_names_a_direction_and_an_asymmetry(run, saved):
    for condition, code in (
        ("recall.image->text.1 < 0.5", 1),
        ("recall.text->image.1 < 0.5", 0),
        ("asymmetry.image->text.ndcg_at_10 < -0.3", 1),
        ("target_hit_rate_at_10.image->audio > 1", 0),
    ):
        assert run("directions", saved, "--fail-if", condition).returncode == code


def test_one_modality_is_refused_in_one_sentence(refused, make_collection, tmp_path):
    save_collection(make_collection(modalities=("image",)), tmp_path / "one")
    assert "has the one modality 'image'" in refused("directions", tmp_path / "one")
