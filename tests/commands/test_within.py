from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.within import ItemRows, compare_modality, item_rows, shared
from gapviz.core.splits import EVALUATE
from gapviz.sources.builtin import dedicated_vectors
from gapviz.sources.files import read
from gapviz.storage.saved_collection import load_collection, save_collection


def _labelled(collection):
    items = [replace(item, label="abc"[i % 3]) for i, item in enumerate(collection.items)]
    return replace(collection, items=tuple(items))


@pytest.fixture
def sources(make_collection, tmp_path):
    """A joint model, and an encoder of images alone over the same items in another order."""
    joint = _labelled(make_collection(48))
    alone = make_collection(48, seed=3, modalities=("image",))
    alone = replace(alone, encoder="alone").subset(list(range(47, -1, -1)))
    save_collection(joint, tmp_path / "joint")
    save_collection(alone, tmp_path / "alone")
    return tmp_path / "joint", tmp_path / "alone"


def test_the_built_in_figures_are_those_of_the_page(figures):
    told = figures("within", "builtin")
    collection = read("builtin").collection
    vectors = dedicated_vectors("image").vectors
    tower = ItemRows("image", np.arange(len(vectors), dtype=np.int64), vectors)
    rows = shared(item_rows(collection, "image"), tower)
    page = compare_modality(collection, *rows, seed=42)
    assert told["dedicated_encoder"] == "tower:image"
    for part, expected in (("joint", page.joint), ("dedicated", page.dedicated)):
        assert told[part]["mean_average_precision"] == {
            "value": expected.mean_average_precision.value,
            "low": expected.mean_average_precision.low,
            "high": expected.mean_average_precision.high,
        }


def test_an_encoder_of_another_source_is_held_against_the_tower_by_item(sources, figures):
    joint, alone = sources
    told = figures("within", joint, "--also", alone)
    assert told["dedicated_encoder"] == "alone"
    one, other = load_collection(joint), load_collection(alone)
    held_out = one.splits[EVALUATE]
    labels = one.labels[held_out]
    for part, collection in (("joint", one), ("dedicated", other)):
        position = [collection.position[one.items[row].id] for row in held_out]
        rows = collection.modality("image").vectors[position]
        cosines = rows @ rows.T
        np.fill_diagonal(cosines, -np.inf)
        right = np.mean(labels[cosines.argmax(axis=1)] == labels)
        assert told[part]["recall"]["1"]["value"] == pytest.approx(right)
    assert {one["label"] for one in told["by_label"]} == {"a", "b", "c"}


def test_one_item_is_searched_through_both(sources, figures, run):
    joint, alone = sources
    found = figures("within", joint, "--also", alone, "--item", "07", "-k", "3")["lists"]
    rows = load_collection(joint).modality("image").vectors
    cosines = rows @ rows[7]
    cosines[7] = -np.inf
    best = [f"{row:02}" for row in np.argsort(-cosines)[:3]]
    assert [hit["item"] for hit in found["joint"]] == best
    assert len(found["dedicated"]) == 3 and found["dedicated"] != found["joint"]
    text = run("within", joint, "--also", alone, "--item", "07", "--by", "r5").stdout
    assert "item 07, joint" in text and "R@5" in text and "higher is better" in text


def test_a_condition_names_a_difference(sources, run):
    joint, alone = sources
    condition = "delta.mean_average_precision.value > -2"
    assert run("within", joint, "--also", alone, "--fail-if", condition).returncode == 1


def test_bad_input_is_refused_in_one_sentence(sources, make_collection, tmp_path, refused):
    joint, alone = sources
    assert "nothing to hold" in refused("within", joint)
    assert "nothing to hold" in refused("within", joint, "--also", alone, "--modality", "text")
    assert "choose one of alone" in refused("within", joint, "--also", alone, "--dedicated", "x")
    refused("within", joint, "--also", alone, "--modality", "sound")
    refused("within", joint, "--also", alone, "--item", "nobody")
    save_collection(make_collection(12, seed=3), tmp_path / "fewer")
    assert "lacks 36 of the 48 items" in refused("within", joint, "--also", tmp_path / "fewer")
    save_collection(make_collection(48), tmp_path / "bare")
    assert "share a label" in refused("within", tmp_path / "bare", "--also", alone)
