import numpy as np
import pytest

from gapviz.core.estimate import Estimate
from gapviz.measures.retrieval.bootstrap import (
    bootstrap_imbalance,
    bootstrap_mean,
    mean_value,
)


def test_the_interval_of_a_mean_is_about_two_standard_errors():
    values = np.random.default_rng(0).standard_normal(400)
    estimate = bootstrap_mean(values, np.arange(400))
    error = values.std(ddof=1) / 20
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * error, rel=0.08)
    assert estimate.low < estimate.value < estimate.high


def test_the_interval_covers_the_true_mean_about_95_times_in_100():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        estimate = bootstrap_mean(rng.exponential(size=120), np.arange(120))
        hits += estimate.low <= 1 <= estimate.high
    assert 0.91 <= hits / 400 <= 0.98


def test_captions_of_one_image_count_as_one_draw():
    values = np.random.default_rng(0).standard_normal(50)
    alone = bootstrap_mean(values, np.arange(50))
    repeated = bootstrap_mean(np.repeat(values, 5), np.repeat(np.arange(50), 5))
    assert (repeated.low, repeated.high) == pytest.approx((alone.low, alone.high))


def test_a_paired_difference_is_narrower_than_its_parts():
    rng = np.random.default_rng(0)
    base = rng.standard_normal(200)
    better = base + 0.1 + 0.01 * rng.standard_normal(200)
    estimate = bootstrap_mean(better - base, np.arange(200))
    assert 0.09 < estimate.low < estimate.high < 0.11


def test_unknown_values_are_left_out():
    values = np.array([1.0, np.nan, 3.0])
    assert bootstrap_mean(values, np.arange(3)).value == 2
    assert np.isnan(bootstrap_mean(np.full(3, np.nan), np.arange(3)).value)
    assert np.isnan(bootstrap_mean(np.empty(0), np.arange(0)).value)


def test_one_item_has_no_interval():
    estimate = bootstrap_mean(np.array([0.3, 0.5]), np.array([7, 7]))
    assert estimate.value == 0.4
    assert np.isnan(estimate.low) and np.isnan(estimate.high)


def test_constant_values_have_an_interval_of_no_width():
    estimate = bootstrap_mean(np.ones(30), np.arange(30))
    assert (estimate.low, estimate.value, estimate.high) == (1, 1, 1)


def test_the_seed_decides(monkeypatch):
    values = np.random.default_rng(0).standard_normal(100)
    first, again, other = (bootstrap_mean(values, np.arange(100), seed=s) for s in (0, 0, 1))
    assert first == again != other
    monkeypatch.setattr("gapviz.measures.retrieval.bootstrap.KEPT_DRAWS", 1234)
    in_parts = bootstrap_mean(values, np.arange(100), seed=0)
    assert (in_parts.low, in_parts.high) == pytest.approx((first.low, first.high))


def test_opposite_biases_do_not_cancel():
    items = np.arange(50)
    found = bootstrap_imbalance([np.full(50, 1.4), np.full(50, 0.6)], [items, items])
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.4, 0.4))
    neutral = bootstrap_imbalance([np.ones(50), np.ones(50)], [items, items])
    assert (neutral.value, neutral.high) == (0, 0)


def test_the_imbalance_of_one_modality_is_its_distance_from_1():
    rng = np.random.default_rng(3)
    lifts, items = 1.5 + rng.standard_normal(200) / 4, np.repeat(np.arange(100), 2)
    mean = bootstrap_mean(lifts, items)
    found = bootstrap_imbalance([lifts], [items])
    assert (found.value, found.low, found.high) == pytest.approx(
        (mean.value - 1, mean.low - 1, mean.high - 1)
    )


def test_what_is_not_known_has_no_imbalance_and_one_item_no_interval():
    nan = float("nan")
    assert np.isnan(bootstrap_imbalance([np.array([nan])], [np.array([0])]).value)
    alone = bootstrap_imbalance([np.array([1.2, nan])], [np.array([7, 8])])
    assert alone.value == pytest.approx(0.2) and np.isnan(alone.low)


def test_modalities_weigh_alike_and_those_without_a_figure_do_not_weigh():
    one, other, none = (Estimate(value, value, value) for value in (0.2, 0.6, float("nan")))
    assert mean_value({"image": one, "text": other, "audio": none}) == pytest.approx(0.4)
    assert np.isnan(mean_value({"image": none}))
