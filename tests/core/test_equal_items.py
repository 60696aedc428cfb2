"""Copies: rows that are nearly equal, items that are, and halves that keep them together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core import equal_items
from gapviz.core.collection import Collection
from gapviz.core.equal_items import equal_rows, joined, n_apart, n_equal
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import CALIBRATE, EVALUATE, alternate_splits
from gapviz.core.vectors import unit_rows


def rows(n=60, dim=24, seed=0):
    return np.random.default_rng(seed).standard_normal((n, dim))


def near(row, angle):
    """A row at that angle from another."""
    across = np.random.default_rng(1).standard_normal(row.size)
    across -= (across @ row) / (row @ row) * row
    return row / np.linalg.norm(row) + np.tan(angle) * across / np.linalg.norm(across)


def together(groups):
    return {
        frozenset(np.flatnonzero(groups == one).tolist())
        for one in np.unique(groups)
        if (groups == one).sum() > 1
    }


def test_equal_and_nearly_equal_rows_have_one_number():
    vectors = rows()
    vectors[40] = 3 * vectors[7]
    vectors[50] = near(vectors[9], 1.2e-3)
    vectors[51] = near(vectors[10], 1.6e-3)
    assert together(equal_rows(unit_rows(vectors))) == {frozenset({7, 40}), frozenset({9, 50})}


@given(seed=st.integers(0, 50), dim=st.integers(1, 40))
def test_near_rows_are_those_that_all_products_find(seed, dim):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((8, dim))
    spread = 10.0 ** rng.uniform(-5, -1, (60, 1))
    vectors = unit_rows(centres[rng.integers(8, size=60)] + spread * rng.standard_normal((60, dim)))
    wide = vectors.astype(np.float64)
    apart = ((wide[:, None] - wide[None]) ** 2).sum(axis=2)
    linked = apart < 2e-6
    for _ in range(6):
        linked = linked @ linked
    groups = equal_rows(vectors)
    np.testing.assert_array_equal(groups[:, None] == groups[None], linked)


def test_of_many_rows_only_equal_ones_are_found(monkeypatch):
    monkeypatch.setattr(equal_items, "NEAR_ROWS", 30)
    vectors = rows()
    vectors[40] = 3 * vectors[7]
    vectors[50] = near(vectors[9], 1e-3)
    assert together(equal_rows(unit_rows(vectors))) == {frozenset({7, 40})}


def test_in_a_cone_of_rounding_no_row_is_near_another():
    vectors = 1e-5 * rows()
    vectors[:, 0] += 1
    assert together(equal_rows(unit_rows(vectors))) == set()


def test_numberings_are_joined_along_chains():
    first, second = np.array([0, 0, 1, 2, -1, -1]), np.array([5, 6, 6, 7, 5, -1])
    assert together(joined(6, [first, second])) == {frozenset({0, 1, 2, 4})}


def collection(image, text, **more):
    blocks = {"image": ModalityVectors.of(image), "text": ModalityVectors.of(text)}
    return Collection("copies", items_of_rows(len(image)), blocks, **more)


def test_an_equal_picture_makes_a_copy_and_an_equal_caption_does_not():
    image, text = rows(), rows(seed=1)
    text[:30] = text[0]
    image[40] = image[7]
    assert together(collection(image, text).equal_items) == {frozenset({7, 40})}


def test_without_pictures_items_are_equal_where_another_modality_than_text_is():
    first, second = rows(), rows(seed=1)
    first[40], second[40] = first[7], second[7]
    first[50] = first[9]
    second[51] = second[10]
    blocks = {"sound": ModalityVectors.of(first), "text": ModalityVectors.of(second)}
    found = Collection("sounds", items_of_rows(60), blocks).equal_items
    assert together(found) == {frozenset({7, 40}), frozenset({9, 50})}


def test_few_vectors_for_many_items_stand_for_classes_and_make_no_copies():
    classes = rows()[:2].repeat(30, axis=0)
    blocks = {"x": ModalityVectors.of(rows(seed=1)), "y": ModalityVectors.of(classes)}
    assert not together(Collection("classes", items_of_rows(60), blocks).equal_items)


def test_texts_that_stand_alone_are_no_copies_of_one_another():
    blocks = {
        "image": ModalityVectors.of(rows()),
        "text": ModalityVectors.of(np.ones((60, 24)), np.arange(60, 120)),
    }
    assert n_equal(Collection("apart", items_of_rows(120), blocks).equal_items) == 0


@given(st.lists(st.integers(0, 30), min_size=4, max_size=60).filter(lambda n: len(set(n)) > 3))
def test_halves_keep_equal_items_together_or_are_even_and_odd(numbers):
    equal = np.array(numbers)
    splits = alternate_splits(equal.size, equal)
    members = np.concatenate([splits[CALIBRATE], splits[EVALUATE]])
    assert sorted(members) == list(range(equal.size))
    if n_apart(equal, splits):
        np.testing.assert_array_equal(splits[CALIBRATE], alternate_splits(equal.size)[CALIBRATE])
        assert np.unique(equal, return_counts=True)[1].max() > equal.size / 4
    else:
        assert min(map(len, splits.values())) >= equal.size / 4


def test_without_copies_the_halves_are_even_and_odd_rows():
    for half, members in alternate_splits(9, np.arange(9)).items():
        np.testing.assert_array_equal(members, alternate_splits(9)[half])


def test_pairs_of_copies_in_a_row_still_fill_both_halves():
    splits = alternate_splits(40, np.repeat(np.arange(20), 2))
    assert [len(splits[half]) for half in (CALIBRATE, EVALUATE)] == [20, 20]


def test_where_all_items_are_equal_they_are_split_all_the_same():
    assert len(alternate_splits(10, np.zeros(10, dtype=np.int64))[EVALUATE]) == 5


@pytest.mark.reference
def test_published_sets_hold_no_copies(reference):
    from gapviz.sources.published import read_reference_set

    for name in ("liang2022", "coco100"):
        for reading in read_reference_set(name, reference / name):
            for one in reading.collections:
                assert n_equal(one.equal_items) == 0
                np.testing.assert_array_equal(
                    one.splits[EVALUATE], alternate_splits(one.n_items)[EVALUATE]
                )
