import numpy as np
import pytest

from gapviz import Collection
from gapviz.core.collection import ModalityVectors, items_of_rows
from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry.report import Geometry

DIM = 4
CENTRE_X, CENTRE_Y = np.array([2.0, 1, 0, 0]), np.array([0.0, 1, 2, 0])


def interval_of(x, y, pairs):
    x, y = unit_rows(x), unit_rows(y)
    gap = Geometry(x, y, pairs).gap
    return gap.low, gap.high


def drawn(rng, n, captions, tie):
    """`n` images, `captions` texts each; `tie` of the noise is the item's own."""
    meaning = rng.standard_normal((n, DIM))
    x = CENTRE_X + tie * meaning + (1 - tie) * rng.standard_normal((n, DIM))
    y = CENTRE_Y + np.repeat(tie * meaning, captions, axis=0)
    return x, y + (1 - tie) * rng.standard_normal((n * captions, DIM))


@pytest.mark.parametrize(
    ("captions", "tie", "paired"),
    [(1, 0.7, True), (1, 0.0, True), (5, 0.9, True), (1, 0.0, False)],
    ids=["matched", "unrelated", "five captions", "no pairs"],
)
def test_the_interval_covers_the_true_gap(captions, tie, paired):
    rng = np.random.default_rng(7)
    far_x, far_y = (unit_rows(rows).mean(axis=0) for rows in drawn(rng, 100_000, captions, tie))
    truth = np.linalg.norm(far_x.astype(float) - far_y)
    n = 80
    rows = np.arange(n * captions)
    pairs = Pairs(rows // captions, rows) if paired else Pairs(rows[:0], rows[:0])
    hits = 0
    for _ in range(400):
        low, high = interval_of(*drawn(rng, n, captions, tie), pairs)
        hits += low <= truth <= high
    assert 0.92 <= hits / 400 <= 0.975


def test_without_a_gap_the_gap_stays_about_its_noise_floor():
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(50):
        x, y = (unit_rows(rng.standard_normal((60, 16))) for _ in range(2))
        gap = Geometry(x, y, Pairs(np.arange(0), np.arange(0))).gap
        ratios.append(gap.gap / gap.noise_floor)
    assert np.sqrt(np.mean(np.square(ratios))) == pytest.approx(1, abs=0.08)


def test_the_interval_shrinks_with_the_root_of_the_items():
    rng = np.random.default_rng(0)

    def width(n):
        low, high = interval_of(*drawn(rng, n, 1, 0.5), Pairs(np.arange(n), np.arange(n)))
        return high - low

    assert width(6400) / width(400) == pytest.approx(1 / 4, rel=0.15)


def test_rows_are_grouped_by_item_whatever_their_order():
    rng = np.random.default_rng(0)
    x, y = drawn(rng, 30, 3, 0.9)
    owners = np.repeat(np.arange(30), 3)
    shuffled = rng.permutation(90)

    def interval(rows, item_index):
        collection = Collection(
            "x",
            items_of_rows(30),
            {"image": ModalityVectors.of(x), "text": ModalityVectors.of(rows, item_index)},
        )
        return interval_of(x, rows, collection.pairs("image", "text"))

    assert interval(y, owners) == pytest.approx(interval(y[shuffled], owners[shuffled]))
