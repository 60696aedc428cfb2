from math import isnan

import numpy as np
import pytest
from scipy.stats import spearmanr

from gapviz.measures.rank_correlation import is_settled, rank_correlation


def test_it_is_that_of_scipy_with_equal_values_and_unknown_ones():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, 20).astype(float), rng.standard_normal(20)
    assert rank_correlation(x, y).value == pytest.approx(spearmanr(x, y).statistic)
    x[3], y[7] = np.nan, np.nan
    known = ~np.isnan(x) & ~np.isnan(y)
    expected = spearmanr(x[known], y[known]).statistic
    assert rank_correlation(x, y).value == pytest.approx(expected)


def test_fewer_than_five_points_say_nothing():
    assert isnan(rank_correlation([1, 2, 3, 4], [1, 2, 3, 4]).value)
    assert isnan(rank_correlation([1, 2, 3, 4, 5], [1, 2, 3, 4, np.nan]).value)
    assert isnan(rank_correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]).value)


def test_a_perfect_order_of_five_is_no_certainty():
    found = rank_correlation([1, 2, 3, 4, 5], [9, 8, 7, 6, 5])
    assert found.value == found.low == pytest.approx(-1)
    assert -0.5 < found.high < 0 and is_settled(found)


def test_the_interval_holds_the_correlation_of_the_population():
    rng = np.random.default_rng(1)
    rho = 0.6
    truth = 6 / np.pi * np.arcsin(rho / 2)  # of Spearman's, of a normal population
    held = 0
    for _ in range(300):
        x, noise = rng.standard_normal((2, 20))
        found = rank_correlation(x, rho * x + np.sqrt(1 - rho**2) * noise)
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 300 <= 0.99
