"""How stated probabilities hold: against scikit-learn, and where they are true by construction."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from gapviz.measures.match_probability.model import MatchCurve, fit_curve, logit
from gapviz.measures.match_probability.reliability import reliability_of
from gapviz.measures.match_probability.scored_pairs import ScoredPairs
from gapviz.measures.retrieval.intervals import fifths


def world(n=60, seed=0, apart=2.0):
    """All pairs of n items, with Gaussian scores; matched ones are an item's own."""
    rng = np.random.default_rng(seed)
    first, second = np.divmod(np.arange(n * n), n)
    off = first != second
    return ScoredPairs(
        matched=rng.normal(apart, 1, n),
        matched_items=np.stack([np.arange(n)] * 2, axis=1),
        mismatched=rng.normal(0, 1, off.sum()),
        mismatched_items=np.stack([first[off], second[off]], axis=1),
        rate=1 / n,
    )


def everything(pairs, prior):
    labels = np.repeat([1, 0], [pairs.matched.size, pairs.mismatched.size])
    weights = np.where(labels, prior / pairs.matched.size, (1 - prior) / pairs.mismatched.size)
    return np.concatenate([pairs.matched, pairs.mismatched]), labels, weights


TRUE = MatchCurve("logistic", 0.5, 2.0, -2.0)
"""The log-odds of `world` at even odds."""


@pytest.mark.parametrize("prior", [0.02, 0.1, 0.5])
def test_brier_score_and_log_loss_are_those_of_scikit_learn(prior):
    pairs = world()
    scores, labels, weights = everything(pairs, prior)
    stated = TRUE.probability(scores, prior)
    found = reliability_of(TRUE, [], pairs, fifths(60, 12, 0), prior)
    expected = brier_score_loss(labels, stated, sample_weight=weights)
    assert found.brier.value == pytest.approx(expected, rel=1e-9)
    expected = log_loss(labels, stated, sample_weight=weights)
    assert found.log_loss.value == pytest.approx(expected, rel=1e-9)
    base = np.full(scores.size, prior)
    assert found.base_brier == pytest.approx(brier_score_loss(labels, base, sample_weight=weights))
    assert found.base_log_loss == pytest.approx(log_loss(labels, base, sample_weight=weights))


def test_bins_of_one_mass_are_those_of_scikit_learn_where_both_kinds_are_as_many():
    rng = np.random.default_rng(1)
    n = 2_000
    items = np.stack([np.arange(n)] * 2, axis=1)
    pairs = ScoredPairs(rng.normal(2, 1, n), items, rng.normal(0, 1, n), items, 0.5)
    found = reliability_of(TRUE, [], pairs, fifths(n, 12, 0), 0.5)
    scores, labels, _ = everything(pairs, 0.5)
    share, stated = calibration_curve(
        labels, TRUE.probability(scores), n_bins=10, strategy="quantile"
    )
    # An entry at an edge may stand in either bin.
    np.testing.assert_allclose([one.stated for one in found.bins], stated, atol=2e-3)
    np.testing.assert_allclose([one.matched.value for one in found.bins], share, atol=5e-3)


def test_true_probabilities_are_found_true_and_overstated_ones_are_not():
    pairs = world(120)
    kept = fifths(120, 12, 0)
    true = reliability_of(TRUE, [], pairs, kept, 0.1)
    # The same scores at odds that are three times too high.
    bold = MatchCurve("logistic", 0.5, 2.0, -2.0 + np.log(3))
    overstated = reliability_of(bold, [], pairs, kept, 0.1)
    assert true.calibration_error.value < 0.02 < overstated.calibration_error.value
    assert true.brier.value < overstated.brier.value < true.base_brier
    held = [one.matched.low <= one.stated <= one.matched.high for one in true.bins]
    assert np.mean(held) >= 0.8
    assert all(one.stated > one.matched.value for one in overstated.bins[-4:])
    assert true.skill.value == pytest.approx(1 - true.brier.value / true.base_brier)


def test_a_bin_at_another_prior_has_the_same_pairs_and_other_odds():
    pairs = world()
    kept = fifths(60, 12, 0)
    few, many = (reliability_of(TRUE, [], pairs, kept, prior) for prior in (0.01, 0.5))
    counts = [[(one.n_matched, one.n_mismatched) for one in found.bins] for found in (few, many)]
    assert counts[0] == counts[1]
    shift = logit(0.5) - logit(0.01)
    for low, high in zip(few.bins, many.bins, strict=True):
        if 0 < low.matched.value < 1:
            assert logit(high.matched.value) == pytest.approx(logit(low.matched.value) + shift)
            assert logit(high.matched.low) == pytest.approx(logit(low.matched.low) + shift)


def test_a_part_is_measured_as_if_only_its_items_were_there():
    pairs, kept = world(30), fifths(30, 12, 3)
    found = reliability_of(TRUE, [], pairs, kept, 0.1)
    squares = []
    for part in kept.T:
        error = 0.0
        for scores, items, is_match, weight in (
            (pairs.matched, pairs.matched_items, 1, 0.1),
            (pairs.mismatched, pairs.mismatched_items, 0, 0.9),
        ):
            there = part[items].all(axis=1)
            stated = TRUE.probability(scores[there], 0.1)
            error += weight * np.mean((stated - is_match) ** 2)
        squares.append(error)
    parts = np.array(squares).reshape(-1, 5)
    # The delete-a-fifth jackknife, written out.
    variance = 0.8 * ((parts - parts.mean(axis=1, keepdims=True)) ** 2).sum(axis=1).mean()
    width = (found.brier.high - found.brier.low) / 2
    assert width / np.sqrt(variance) == pytest.approx(2.04, abs=0.05)


def test_the_interval_of_a_brier_score_holds_that_of_the_world():
    apart = np.random.default_rng(5)
    exact = 0.0
    for is_match, weight in ((1, 0.1), (0, 0.9)):
        scores = apart.normal(2 * is_match, 1, 200_000)
        exact += weight * np.mean((TRUE.probability(scores, 0.1) - is_match) ** 2)
    held = []
    for seed in range(30):
        found = reliability_of(TRUE, [], world(80, seed), fifths(80, 12, seed), 0.1).brier
        held.append(found.low <= exact <= found.high)
    assert np.mean(held) >= 0.85


def test_what_a_fit_varies_widens_the_interval():
    pairs, kept = world(), fifths(60, 12, 0)
    others = world(60, 7)
    fit = fit_curve(others.matched, others.mismatched)
    parts = fifths(60, 2, 1)
    refits = [
        fit_curve(
            others.matched[part], others.mismatched[part[others.mismatched_items].all(axis=1)]
        )
        for part in parts.T
    ]
    held = reliability_of(fit, [], pairs, kept, 0.1).brier
    varied = reliability_of(fit, refits, pairs, kept, 0.1).brier
    assert varied.high - varied.low > held.high - held.low
