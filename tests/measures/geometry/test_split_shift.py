"""An order that the split follows is noticed, and chance is not."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz import Collection, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.splits import alternate_splits
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.split_shift import split_shift, split_warnings
from gapviz.sources.builtin import builtin_collection


def drawn(order, *, dim=32, seed=0):
    """Six shapes in each of five colours, in an order; every second shape is filled."""
    rng = np.random.default_rng(seed)
    shapes, colours = rng.standard_normal((6, dim)), 0.3 * rng.standard_normal((5, dim))
    shapes[1::2] += rng.standard_normal(dim)
    offset = rng.standard_normal(dim)
    rows = np.array([shapes[n % 6] + colours[n // 6] for n in order])
    noise = 0.2 * rng.standard_normal((2, len(order), dim))
    image, text = rows + noise[0] + offset, 0.1 * rows + noise[1] - offset
    return made(image, text)


def made(image, text):
    blocks = {"image": ModalityVectors.of(image), "text": ModalityVectors.of(text)}
    n_items = len(image)
    return Collection("made", items_of_rows(n_items), blocks, alternate_splits(n_items))


@pytest.mark.parametrize("seed", range(5))
def test_ordered_items_are_noticed(seed):
    (warning,) = split_warnings(drawn(range(30), seed=seed))
    assert warning.startswith("The image–text offset of the calibrate split is")


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_items_are_not(seed):
    order = np.random.default_rng(seed).permutation(30)
    assert split_warnings(drawn(order)) == ()


def test_chance_is_rarely_taken_for_an_order():
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((2, 50, 6)) for _ in range(200)]
    taken = sum(bool(split_warnings(made(image, text))) for image, text in blocks)
    assert taken <= 4


def test_the_distance_is_that_of_the_two_offsets():
    collection = drawn(range(30))
    deltas = []
    for name in ("calibrate", "evaluate"):
        half = collection.split(name)
        image, text = (half.modality(modality).vectors for modality in ("image", "text"))
        deltas.append(Geometry(image, text, half.pairs("image", "text")).gap.delta)
    shift = split_shift(collection, ("image", "text"))
    assert shift.distance == pytest.approx(np.linalg.norm(deltas[0] - deltas[1]))
    assert shift.offset == pytest.approx(np.linalg.norm(deltas[0]))


def test_chance_is_what_the_noise_floors_say_where_rows_are_independent():
    rng = np.random.default_rng(0)
    collection = made(*rng.standard_normal((2, 400, 16)))
    halves = [collection.split(name).modalities.values() for name in ("calibrate", "evaluate")]
    floor = np.sqrt(
        sum(np.trace(np.cov(block.vectors.T)) / block.n_rows for half in halves for block in half)
    )
    assert split_shift(collection, ("image", "text")).chance == pytest.approx(floor, rel=0.1)


def test_a_difference_that_no_gap_would_show_is_not_told():
    rng = np.random.default_rng(0)
    image, text = rng.standard_normal((2, 4000, 4)) * 0.05 + np.eye(4)[:2, None]
    image[0::2] += 0.01
    shift = split_shift(made(image, text), ("image", "text"))
    assert shift.distance > shift.most_by_chance and not shift.differs


def test_the_built_in_splits_are_alike():
    assert split_warnings(builtin_collection()) == ()


def test_too_few_rows_or_no_splits_say_nothing():
    assert split_warnings(drawn(range(3))) == ()
    assert split_warnings(replace(drawn(range(30)), splits={})) == ()
