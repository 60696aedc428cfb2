from dataclasses import replace

import numpy as np
import pytest

from gapviz import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.pairs import Pairs
from gapviz.core.splits import alternate_splits
from gapviz.core.vectors import unit_rows
from gapviz.measures.experiment import Experiment, measure
from gapviz.measures.geometry.report import Geometry
from gapviz.strategies import StrategyOptions

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


@pytest.mark.parametrize("paired", [True, False], ids=["matched", "no pairs"])
def test_where_there_is_no_gap_the_interval_reaches_zero(paired):
    rng = np.random.default_rng(3)
    rows = np.arange(60 if paired else 0)
    hits = 0
    for _ in range(300):
        meaning = np.ones(8) + rng.standard_normal((60, 8)) * paired
        x, y = (unit_rows(meaning + rng.standard_normal((60, 8))) for _ in range(2))
        gap = Geometry(x, y, Pairs(rows, rows)).gap
        assert gap.none == (gap.low == 0) and gap.gap > 0
        hits += gap.none
    assert hits / 300 >= 0.94


def halves(rng, gap, n=60, dim=8):
    """A collection of 2n pairs that mirror each other in one dimension, and so centred meet."""
    meaning = 0.3 * rng.standard_normal((2 * n, dim)) + np.eye(dim)[0]
    sides = [meaning + 0.3 * rng.standard_normal((2 * n, dim)) for _ in range(2)]
    for sign, rows in zip((1, -1), sides, strict=True):
        rows[:, 1] += sign * gap / 2
    blocks = {name: ModalityVectors.of(rows) for name, rows in zip("xy", sides, strict=True)}
    return Collection("halves", items_of_rows(2 * n), blocks, alternate_splits(2 * n))


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.1, 0.6])
def test_the_interval_holds_the_gap_after_a_fit_and_what_the_fit_changed(gap):
    rng = np.random.default_rng(4)
    far = measure(halves(rng, gap, n=50_000)).geometry.gap
    held = np.zeros(3)
    for _ in range(150):
        raw = Experiment(halves(rng, gap), pair=("x", "y"))
        before = raw.measurement.geometry.gap
        after = raw.having(StrategyOptions("centre")).measurement.geometry.gap
        change = after.change_from(before)
        held += (
            before.low <= far.gap <= before.high,
            after.none,
            (change.low <= -far.gap <= change.high),
        )
    assert ((held / 150 >= 0.9) & (held / 150 <= 0.995)).all(), held / 150


def test_the_noise_of_what_was_fitted_counts_by_the_items_it_was_learned_from():
    rng = np.random.default_rng(5)
    collection = halves(rng, 0.6, n=150)
    uneven = replace(
        collection,
        splits={"calibrate": np.arange(75), "evaluate": np.arange(75, 300)},
    )
    fitted = {
        (name, strength): measure(uneven, StrategyOptions(name, strength=strength))
        for name in ("centre", "half", "offset")
        for strength in (0.0, 0.5, 1.0)
    }
    for (_, strength), found in fitted.items():
        assert found.fit_noise == pytest.approx(strength**2 * 225 / 75)
        alone = replace(found.geometry, fit_noise=0.0).gap.noise_floor
        assert found.geometry.gap.noise_floor == pytest.approx(alone * np.sqrt(1 + found.fit_noise))
    for name in ("zscore", "ridge"):
        assert measure(uneven, StrategyOptions(name)).fit_noise == pytest.approx(3)
    assert measure(uneven, StrategyOptions("znorm")).fit_noise == 0


def test_a_modality_that_did_not_move_brings_no_noise_of_a_fit():
    rng = np.random.default_rng(6)
    blocks = {name: ModalityVectors.of(rng.standard_normal((40, 4))) for name in "abc"}
    three = Collection("three", items_of_rows(40), blocks, alternate_splits(40))
    moved = StrategyOptions("offset", moves="a")
    assert measure(three, moved, pair=("b", "c")).fit_noise == 0
    assert measure(three, moved, pair=("a", "c")).fit_noise == 1


def test_an_offset_taken_from_its_own_items_leaves_no_interval():
    found = measure(halves(np.random.default_rng(7), 0.6), StrategyOptions("centre"), fit="all")
    gap = found.geometry.gap
    assert gap.gap < 0.1 and not gap.none
    assert all(np.isnan([gap.low, gap.high, gap.noise_floor, gap.debiased.value]))


def test_near_zero_the_interval_may_lie_below_the_published_gap():
    rng = np.random.default_rng(8)
    x, y = (unit_rows(rng.standard_normal((60, 256)) + 1) for _ in range(2))
    gap = Geometry(x, y, Pairs(np.arange(60), np.arange(60))).gap
    assert gap.high < gap.gap and gap.low <= gap.debiased.value <= gap.high
    assert (gap.estimate.low, gap.estimate.high) == (gap.debiased.low, gap.debiased.high)


def test_what_a_large_cloud_is_sampled_for_changes_little(monkeypatch):
    rng = np.random.default_rng(9)
    x, y = drawn(rng, 1500, 2, 0.5)
    rows = np.arange(3000)
    whole = interval_of(x, y, Pairs(rows // 2, rows))
    monkeypatch.setattr("gapviz.measures.geometry.gap_interval.MOST_ITEMS", 300)
    monkeypatch.setattr("gapviz.measures.geometry.gap_interval.BLOCK_ROWS", 100)
    assert interval_of(x, y, Pairs(rows // 2, rows)) == pytest.approx(whole, rel=1e-3)


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
