from math import isnan, nan

import numpy as np
import pytest
from scipy import stats

from gapviz.measures.sketch.tails import (
    Spectrum,
    holm,
    kolmogorov_tail,
    quadratic_tail,
    two_sided,
)


def test_holm_is_that_of_the_textbook():
    """Holm 1979: 4 × .005, 3 × .01, 2 × .03, 1 × .04 raised to what stands before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    first, second = holm([0.02, nan])
    assert first == 0.02 and isnan(second)


def test_the_tail_of_a_quadratic_form_is_that_of_draws():
    weights = np.arange(1.0, 13) ** -1.5
    draws = np.random.default_rng(0).standard_normal((200_000, 12)) ** 2 @ (weights * 0.01)
    spectrum = Spectrum(weights.sum(), (weights**2).sum(), (weights**3).sum())
    for share in (0.5, 0.1, 0.01, 0.001):
        value = np.quantile(draws, 1 - share)
        assert quadratic_tail(value, spectrum, 0.01) == pytest.approx(share, rel=0.35)


def test_the_square_of_a_spectrum_is_freed_of_noise():
    values = np.arange(1.0, 41) ** -1.0
    rows = np.random.default_rng(0).standard_normal((60, 40)) * np.sqrt(values)
    found = Spectrum.of(np.cov(rows.T), 60)
    assert found.square == pytest.approx((values**2).sum(), rel=0.3)
    assert (np.linalg.eigvalsh(np.cov(rows.T)) ** 2).sum() > 1.15 * found.square


def test_two_tails_are_those_of_scipy():
    assert two_sided(2.1) == pytest.approx(2 * stats.norm.sf(2.1))
    assert two_sided(-2.1, 9) == pytest.approx(2 * stats.t.sf(2.1, 9))
    assert kolmogorov_tail(0.2, 50) == pytest.approx(stats.kstwo.sf(0.2, 50), abs=0.01)
