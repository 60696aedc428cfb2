"""`gapviz approximate`."""

import sys

import pytest

from gapviz.storage.saved_collection import save_collection
from tests.worlds import clustered


@pytest.fixture
def saved(tmp_path):
    save_collection(clustered(300, scattered=True), tmp_path / "clusters")
    return tmp_path / "clusters"


def test_it_prints_the_cost_of_the_gap_and_what_storage_loses(run, saved):
    text = run("approximate", saved, "--index", "ivf", "--strategy", "raw").stdout
    assert "Cost of cross-modal queries over that of the modality's own" in text
    assert "Recall@10 of IVF over float32 vectors as nprobe grows" in text
    assert "text → image" in text and "image → mixed" in text
    assert "Recall@10 of stored vectors" in text and "binary" in text
    assert "Intervals: 95 %" in text


def test_its_json_and_a_condition_name_a_level(figures, run, saved):
    asked = ("approximate", saved, "--of", "effort", "--index", "ivf", "--strategy", "centre")
    told = figures(*asked)["effort"]
    assert list(told["strategies"]) == ["raw", "centre"]
    factor = told["strategies"]["raw"]["factor"]["image"]["95"]["value"]
    name = "effort.strategies.raw.factor.image.95"
    assert run(*asked, "--fail-if", f"{name} > {factor - 0.01}").returncode == 1
    assert run(*asked, "--fail-if", f"{name} > {factor + 0.01}").returncode == 0


def test_what_cannot_be_asked_is_refused_in_one_sentence(refused, saved, make_collection, tmp_path):
    assert "the index = kdtree is not there" in refused("approximate", saved, "--index", "kdtree")
    assert "--strategies names 'znorm'" in refused("approximate", saved, "--strategies", "znorm")
    assert "the links M" in refused("approximate", saved, "--links", "1")
    save_collection(make_collection(modalities=("image",)), tmp_path / "one")
    assert "has the one modality 'image'" in refused("approximate", tmp_path / "one")


def test_without_faiss_it_is_refused_in_one_sentence(refused, saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    # A seed of its own, so that no other test has measured it.
    told = refused("approximate", saved, "--of", "effort", "--strategy", "raw", "--seed", "977")
    assert "needs faiss-cpu, which is not installed" in told
    assert "pip install 'gapviz[approximate]'" in told
