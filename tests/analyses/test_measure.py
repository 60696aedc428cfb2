import numpy as np
import pytest

from gapviz.analyses.figure_words import bias_reading
from gapviz.analyses.measure import (
    change_reading,
    gap_reading,
    worse_directions,
)
from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions


def two_clouds(offset, n=200, dim=16, seed=0):
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((n, dim))
    rows = {
        "image": shared + 0.3 * rng.standard_normal((n, dim)),
        "text": shared + 0.3 * rng.standard_normal((n, dim)),
    }
    rows["image"][:, 0] += offset
    rows["text"][:, 0] -= offset
    modalities = {name: ModalityVectors.of(block) for name, block in rows.items()}
    return Collection("clouds", items_of_rows(n), modalities, alternate_splits(n))


def test_a_gap_whose_interval_reaches_zero_is_called_none():
    found = measure(two_clouds(0.0))
    assert found.geometry.gap.low == 0 < found.geometry.gap.gap
    assert "these items show no gap" in gap_reading(found)


def test_of_a_gap_closed_in_the_items_it_was_learned_from_nothing_is_claimed():
    found = measure(two_clouds(20), StrategyOptions("centre"), fit="all")
    assert np.isnan(found.geometry.gap.low) and not found.geometry.gap.none
    assert "unknown: what was subtracted was learned from these very items" in gap_reading(found)
    raw = measure(two_clouds(20), fit="all")
    assert "dominated by it" in gap_reading(raw)
    assert "nan" not in change_reading(raw, found)


@pytest.mark.parametrize(
    ("offset", "words"),
    [(20, "dominated by it"), (2, "clearly visible"), (0.9, "overlap more than they stand apart")],
)
def test_the_gap_is_read_against_the_spread(offset, words):
    assert words in gap_reading(measure(two_clouds(offset)))


def test_bias_is_told_in_results_out_of_ten_beside_what_is_neutral():
    sentence = bias_reading(measure(two_clouds(20)))
    assert "An image query gets 10 image results in its first 10 (neutral: 5)" in sentence


def test_a_change_names_both_sides():
    collection = two_clouds(20)
    before, after = measure(collection), measure(collection, StrategyOptions("centre"))
    sentence = change_reading(before, after)
    assert f"from {before.geometry.gap.gap:.2f} to {after.geometry.gap.gap:.2f}" in sentence
    assert "bias rate of image queries from 1.00" in sentence
    assert "bias rate of text queries from 1.00" in sentence


def test_routing_is_said_to_leave_the_gap():
    collection = two_clouds(20)
    before, after = measure(collection), measure(collection, StrategyOptions("route"))
    assert change_reading(before, after).startswith("No vector moves")


def test_a_loss_of_recall_beyond_chance_is_called_one():
    collection = two_clouds(2)
    before, after = (
        measure(collection),
        measure(collection, StrategyOptions("offset", strength=2.0)),
    )
    assert worse_directions(before, after)
    assert "got worse by more than chance" in change_reading(before, after)


def test_a_gap_that_closes_is_said_to():
    collection = two_clouds(20)
    before, after = measure(collection), measure(collection, StrategyOptions("centre"))
    change = after.geometry.gap.change_from(before.geometry.gap)
    assert f"a change of {change} without noise" in change_reading(before, after)
    assert "now reaches 0: closed as far as these items can tell" in change_reading(before, after)


@pytest.mark.parametrize("n", [3, 4, 18])
def test_nothing_is_concluded_from_few_items(n):
    collection = two_clouds(20, n=n)
    before, after = measure(collection), measure(collection, StrategyOptions("centre"))
    sentences = [gap_reading(before), bias_reading(before), change_reading(before, after)]
    assert all(f"{n // 2} held-out item" in sentence for sentence in sentences)
    words = " ".join(sentences)
    assert "nan" not in words
    assert not any(claim in words for claim in ("dominated", "overlap", "visible", "worse", "→"))


def test_without_pairs_what_is_unknown_is_called_so(make_unpaired):
    apart = make_unpaired(30)
    before, after = measure(apart), measure(apart, StrategyOptions("centre"))
    sentence = change_reading(before, after)
    assert "mixed NDCG@10 unknown, cross-modal R@10 unknown" in sentence
    assert "No pair matches here" in sentence
    assert "nan" not in sentence + gap_reading(before) + bias_reading(before)


def test_ranking_items_is_said_to_be_another_protocol():
    collection = two_clouds(20)
    before, after = measure(collection), measure(collection, StrategyOptions("items-rrf"))
    assert "cannot be held against those of raw cosine" in change_reading(before, after)


def test_no_change_is_not_called_a_loss():
    collection = two_clouds(2)
    before, after = measure(collection), measure(collection, StrategyOptions("route"))
    assert worse_directions(before, after) == []
    assert "No recall got worse" in change_reading(before, after)
