"""A large collection is measured on a stated sample: by stratum, with whole pairs, by its seed."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz import Collection, ModalityVectors
from gapviz.analyses.analysis import Request
from gapviz.analyses.registry import analyses
from gapviz.core.item import Item
from gapviz.core.item_sample import sample_json, sampled
from gapviz.core.progress import no_progress
from gapviz.core.splits import CALIBRATE, EVALUATE


@pytest.fixture
def large():
    """240 items of two labels, one three times as frequent; a tenth has no picture."""
    rng = np.random.default_rng(0)
    n = 240
    items = tuple(Item(str(i), label="rare" if i % 4 == 0 else "usual") for i in range(n))
    seen = np.flatnonzero(np.arange(n) % 10 != 3)
    sides = {
        "image": ModalityVectors.of(rng.standard_normal((seen.size, 8)) + 1, seen),
        "text": ModalityVectors.of(rng.standard_normal((n, 8)) - 0.5),
    }
    splits = {CALIBRATE: np.arange(80), EVALUATE: np.arange(80, n)}
    return Collection("large", items, sides, splits)


def test_each_split_and_label_keeps_its_share(large):
    small = sampled(large, 60)
    assert small.n_items == 60
    assert [len(small.splits[name]) for name in (CALIBRATE, EVALUATE)] == [20, 40]
    for members in small.splits.values():
        rare = [small.items[i].label == "rare" for i in members]
        assert abs(np.mean(rare) - 0.25) <= 1 / len(members)


def test_pairs_stay_whole(large):
    small = sampled(large, 60)
    for one in small.items:
        here, there = small.position[one.id], large.position[one.id]
        for name, block in small.modalities.items():
            whole = large.modality(name)
            assert np.array_equal(
                block.vectors[block.item_index == here], whole.vectors[whole.item_index == there]
            )


def test_the_same_seed_draws_the_same_items(large):
    assert sampled(large, 60).items == sampled(large, 60).items
    assert sampled(large, 60, seed=1).items != sampled(large, 60).items


@pytest.mark.parametrize("most", [0, 240, 500])
def test_a_collection_that_is_small_enough_is_itself(large, most):
    assert sampled(large, most) is large
    assert sample_json(large) == {}


def test_a_collection_with_judgments_stays_whole(make_judged):
    judged = make_judged(60)
    assert sampled(judged, 20) is judged


def test_its_halves_are_of_the_sample_too(large):
    assert sampled(large, 60).split(EVALUATE).sample.of == 240


@pytest.mark.parametrize("name", ["curves", "thresholds", "anatomy", "scoreboard", "decide"])
def test_long_analyses_can_be_asked_of_a_sample(name):
    assert "most-items" in analyses()[name].shared


def test_an_analysis_says_its_sample_in_words_and_in_json(large):
    analysis = analyses()["anatomy"]
    request = Request(large, analysis.usual(), source="large").on_sample(120)
    found = analysis.answer(request, no_progress)
    assert "On a sample of 120 of 240 items" in " ".join(found.warnings)
    assert found.to_json()["item_sample"] == {"n_items": 120, "of": 240, "seed": 42}
    assert found.to_json()["n_items"] == 80


def test_without_a_sample_nothing_is_said(large):
    analysis = analyses()["anatomy"]
    found = analysis.answer(Request(large, analysis.usual(), source="large"), no_progress)
    assert "item_sample" not in found.to_json()
    assert not any("sample of" in words for words in found.warnings)


def test_one_item_is_searched_for_in_the_whole(large):
    request = Request(large).on_sample(60)
    left_out = next(one.id for one in large.items if one.id not in request.collection.position)
    assert request.item(left_out) == large.position[left_out]


def test_other_models_are_sampled_alike(large):
    other = replace(large, encoder="other")
    request = Request(large, collections=[large, other], read_others=lambda: {"other": other})
    small = request.on_sample(60)
    assert small.collections[1].items == small.collection.items == small.others["other"].items
