"""Scores of pairs, against a plain loop over every pair."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.item import Item, items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.measures.match_probability.scored_pairs import (
    judges_cosines,
    match_within,
    scored_pairs,
)
from gapviz.strategies import StrategyOptions, fit_strategy


def fitted(name, collection):
    return fit_strategy(StrategyOptions(name), collection)


def labelled(collection):
    items = tuple(
        Item(item.id, label=f"group {place % 3}" if place % 5 else None)
        for place, item in enumerate(collection.items)
    )
    return replace(collection, items=items)


def test_every_pair_across_is_there_once_with_its_cosine_and_its_items(make_collection):
    made = make_collection(30)
    found = scored_pairs(made, fitted("raw", made), ("image", "text"), "item", seed=0)
    cosines = made.modality("image").vectors @ made.modality("text").vectors.T
    np.testing.assert_allclose(np.sort(found.matched), np.sort(np.diag(cosines)), atol=1e-6)
    np.testing.assert_allclose(
        found.mismatched, cosines[tuple(found.mismatched_items.T)], atol=1e-6
    )
    assert {tuple(pair) for pair in found.mismatched_items.tolist()} == {
        (i, j) for i in range(30) for j in range(30) if i != j
    }
    assert found.rate == pytest.approx(1 / 30)


def test_adjusted_scores_count_from_both_sides(make_collection):
    made = make_collection(30)
    strategy = fitted("nnn", made)
    found = scored_pairs(made, strategy, ("image", "text"), "item", seed=0)
    assert found.matched.size == 60 and found.mismatched.size == 2 * 30 * 29
    assert not judges_cosines(strategy)
    # The level that is subtracted is of the row that is found, and differs by who asks.
    one, other = found.matched[:30], found.matched[30:]
    assert not np.allclose(one, other)
    scores = strategy.prepare(*[_rows(strategy, made, name) for name in ("text", "image")]).adjust(
        made.modality("image").vectors @ made.modality("text").vectors.T, "image"
    )
    np.testing.assert_allclose(one, np.diag(scores), atol=1e-6)


def _rows(strategy, made, name):
    from gapviz.measures.match_probability.scored_pairs import moved

    return moved(strategy, made.modality(name), name)


@pytest.mark.parametrize("name", ["route", "minmax", "items-rrf", "csls", "raw", "centre"])
def test_where_a_score_tells_nothing_by_itself_the_cosine_does(make_collection, name):
    made = make_collection(30)
    strategy = fitted(name, made)
    assert judges_cosines(strategy)
    found = scored_pairs(made, strategy, ("image", "text"), "item", seed=0)
    rows = [strategy.transform(made.modality(one).vectors, one) for one in ("image", "text")]
    np.testing.assert_allclose(
        np.sort(found.matched), np.sort((rows[0] * rows[1]).sum(axis=1)), atol=1e-6
    )


def test_within_a_modality_items_that_share_a_label_match(make_collection):
    made = labelled(make_collection(30))
    assert match_within(made, "text") == "label"
    found = scored_pairs(made, fitted("raw", made), ("text", "text"), "label", seed=0)
    labels = [item.label for item in made.items]
    expected = {
        (i, j)
        for i in range(30)
        for j in range(30)
        if i != j and labels[i] is not None and labels[i] == labels[j]
    }
    others = {
        (i, j)
        for i in range(30)
        for j in range(30)
        if labels[i] and labels[j] and labels[i] != labels[j]
    }
    assert {tuple(pair) for pair in found.matched_items.tolist()} == expected
    assert {tuple(pair) for pair in found.mismatched_items.tolist()} == others
    assert found.rate == pytest.approx(len(expected) / (len(expected) + len(others)))


def test_without_labels_two_captions_of_one_image_match(with_second_captions):
    made = with_second_captions
    assert match_within(made, "image") is None and match_within(made, "text") == "row"
    found = scored_pairs(made, fitted("raw", made), ("text", "text"), "row", seed=0)
    captions = made.modality("text").vectors
    expected = (captions[:60] * captions[60:]).sum(axis=1)
    np.testing.assert_allclose(np.sort(found.matched), np.sort(expected), atol=1e-6)
    assert found.mismatched.size == 60 * 59
    indexed = Collection(
        "all indexed",
        items_of_rows(60),
        {"text": ModalityVectors.of(captions, np.tile(np.arange(60), 2))},
    )
    found = scored_pairs(indexed, fitted("raw", indexed), ("text", "text"), "row", seed=0)
    # Each of two rows asks the other, and neither itself.
    assert found.matched.size == 120 and found.matched.max() < 1 - 1e-6


def test_of_many_pairs_a_seeded_sample_stands_for_all(make_collection):
    made = make_collection(60)
    strategy = fitted("raw", made)
    first, same, other = (
        scored_pairs(made, strategy, ("image", "text"), "item", seed=seed, most=500)
        for seed in (0, 0, 1)
    )
    assert first.mismatched.size == 500 and first.matched.size == 60
    np.testing.assert_array_equal(first.mismatched_items, same.mismatched_items)
    assert not np.array_equal(first.mismatched_items, other.mismatched_items)
    assert first.rate == pytest.approx(1 / 60)
