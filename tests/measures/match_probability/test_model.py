"""Scores become probabilities: against scikit-learn, and in worlds where the odds are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from gapviz import GapvizError
from gapviz.measures.match_probability.model import (
    MatchCurve,
    MatchProbability,
    fit_curve,
    logit,
)

METHODS = ("logistic", "isotonic")


def drawn(n_matched=400, n_mismatched=8_000, seed=0, apart=2.0):
    """Scores of two Gaussians of spread 1, whose log density ratio is apart·(s − apart/2)."""
    rng = np.random.default_rng(seed)
    return rng.normal(apart, 1, n_matched), rng.normal(0, 1, n_mismatched)


def weighted(matched, mismatched, prior):
    """Scores, what they are, and the weights at which a share `prior` matches."""
    scores = np.concatenate([matched, mismatched])
    is_match = np.repeat([1, 0], [matched.size, mismatched.size])
    other = matched.size * (1 - prior) / prior / mismatched.size
    return scores, is_match, np.where(is_match, 1.0, other)


@pytest.mark.parametrize("prior", [0.01, 0.1, 0.5])
def test_the_logistic_curve_is_that_of_scikit_learn(prior):
    matched, mismatched = drawn()
    scores, is_match, weights = weighted(matched, mismatched, prior)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    model.fit(scores[:, None], is_match, sample_weight=weights)
    curve = fit_curve(matched, mismatched, prior=prior)
    grid = np.linspace(-3, 5, 33)
    expected = model.predict_proba(grid[:, None])[:, 1]
    np.testing.assert_allclose(curve.probability(grid), expected, atol=2e-4)


def test_isotonic_steps_are_those_of_scikit_learn_wherever_both_kinds_were_seen():
    matched, mismatched = drawn()
    scores, is_match, weights = weighted(matched, mismatched, 0.1)
    model = IsotonicRegression(out_of_bounds="clip").fit(scores, is_match, sample_weight=weights)
    expected = model.predict(scores)
    found = fit_curve(matched, mismatched, method="isotonic", prior=0.1).probability(scores)
    inside = (expected > 0) & (expected < 1)
    assert inside.mean() > 0.5
    # scikit-learn interpolates between two steps in probability, gapviz in log-odds.
    on_a_step = np.isin(scores, model.X_thresholds_)
    np.testing.assert_allclose(found[inside & on_a_step], expected[inside & on_a_step], atol=1e-9)
    np.testing.assert_allclose(found[inside], expected[inside], atol=0.02)
    assert found.min() > 0 and found.max() < 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("prior", [0.02, 0.1, 0.5])
def test_where_the_odds_are_known_the_probability_is_theirs(method, prior):
    matched, mismatched = drawn(n_matched=20_000, n_mismatched=40_000)
    curve = fit_curve(matched, mismatched, method=method, prior=prior)
    grid = np.linspace(-1, 3, 41)
    known = 1 / (1 + np.exp(-(logit(prior) + 2 * (grid - 1))))
    tolerance = {"logistic": 0.015, "isotonic": 0.06}[method]
    np.testing.assert_allclose(curve.probability(grid), known, atol=tolerance)


@settings(max_examples=25)
@given(st.floats(0.001, 0.9), st.floats(0.001, 0.9), st.integers(0, 50), st.integers(5, 60))
def test_another_prior_gives_isotonic_steps_what_reweighting_gives(first, second, seed, n):
    matched, mismatched = drawn(n, 5 * n, seed)
    shifted = fit_curve(matched, mismatched, method="isotonic", prior=first)
    anew = fit_curve(matched, mismatched, method="isotonic", prior=second)
    scores = np.concatenate([matched, mismatched])
    np.testing.assert_allclose(shifted.log_odds(scores, second), anew.log_odds(scores), atol=1e-6)


def test_another_prior_shifts_the_log_odds_of_a_line_and_a_fit_there_agrees():
    matched, mismatched = drawn(20_000, 40_000)
    curve = fit_curve(matched, mismatched, prior=0.1)
    grid = np.linspace(-2, 4, 13)
    shift = logit(0.01) - logit(0.1)
    np.testing.assert_allclose(curve.log_odds(grid, 0.01), curve.log_odds(grid) + shift)
    anew = fit_curve(matched, mismatched, prior=0.01)
    np.testing.assert_allclose(curve.log_odds(grid, 0.01), anew.log_odds(grid), atol=0.25)


@settings(max_examples=40)
@given(st.integers(0, 1_000), st.integers(1, 40), st.integers(1, 80), st.sampled_from(METHODS))
def test_a_higher_score_is_never_less_likely_a_match_and_nothing_is_certain(seed, n, m, method):
    rng = np.random.default_rng(seed)
    matched, mismatched = rng.normal(0.5, 1, n).round(1), rng.normal(0, 1, m).round(1)
    curve = fit_curve(matched, mismatched, method=method)
    found = curve.probability(np.linspace(-5, 5, 101))
    assert (np.diff(found) >= -1e-12).all()
    assert np.isfinite(curve.log_odds(np.linspace(-5, 5, 101))).all()


def test_scores_that_separate_the_two_kinds_stay_finite():
    matched, mismatched = np.array([0.8, 0.9, 1.0] * 5), np.array([0.1, 0.2, 0.3] * 50)
    for method in METHODS:
        found = fit_curve(matched, mismatched, method=method, prior=0.1).probability([0.2, 0.9])
        assert 0 < found[0] < 0.02 and 0.9 < found[1] < 1


@pytest.mark.parametrize("method", METHODS)
def test_scores_without_content_leave_the_prior(method):
    rng = np.random.default_rng(0)
    falling = fit_curve(rng.normal(-1, 1, 500), rng.normal(1, 1, 500), method=method, prior=0.2)
    equal = fit_curve(np.ones(20), np.ones(50), method=method, prior=0.2)
    assert equal.probability(1.0) == pytest.approx(0.2)
    np.testing.assert_allclose(falling.probability([-1.0, 0.0, 1.0]), 0.2, atol=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_the_lowest_score_of_some_log_odds_has_them(method):
    curve = fit_curve(*drawn(), method=method, prior=0.1)
    for log_odds in (-3.0, 0.0, 1.5):
        score = curve.lowest_score(log_odds)
        assert curve.log_odds(score) == pytest.approx(log_odds, abs=1e-6)
        assert curve.log_odds(score - 1e-3) <= log_odds
    if method == "isotonic":
        assert curve.lowest_score(50.0) == np.inf and curve.lowest_score(-50.0) == -np.inf
    level = MatchCurve("logistic", 0.1, 0.0, logit(0.1))
    assert level.lowest_score(0.0) == np.inf and level.lowest_score(-5.0) == -np.inf


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_a_prior_that_is_no_probability_is_refused(prior):
    with pytest.raises(GapvizError, match="prior"):
        fit_curve(*drawn(20, 20), prior=prior)
    with pytest.raises(GapvizError, match="prior"):
        fit_curve(*drawn(20, 20)).probability(0.3, prior)


def test_nothing_is_learned_of_one_kind_alone():
    with pytest.raises(GapvizError):
        fit_curve(np.array([]), np.array([0.1, 0.2]))


def test_one_match_among_more_rows_is_less_likely_beforehand_and_of_labels_it_is_not():
    curve = MatchCurve("logistic", 0.1, 1.0, 0.0)
    pair = MatchProbability("image", "text", "item", curve, 1 / 50, 50, 250, 250)
    assert pair.prior_among("image", 50) == pair.prior_among("text", 250) == 1 / 50
    assert pair.prior_among("image", 5_000) == pytest.approx(1 / 5_000)
    assert pair.prior_among("text", 2_500) == pytest.approx(1 / 500)
    labels = MatchProbability("text", "text", "label", curve, 0.2, 50, 50, 100)
    assert labels.prior_among("text", 5_000) == 0.2
