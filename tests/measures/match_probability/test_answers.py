"""When nothing is answered: thresholds in worlds where it is known which answer is right."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.measures.match_probability.abstention import abstention_of, thresholds_without
from gapviz.measures.match_probability.answers import (
    FEWEST_ANSWERS,
    AnswerThreshold,
    BestAnswers,
    Candidates,
    answers_of,
    threshold_among,
    threshold_of,
)
from gapviz.measures.match_probability.model import MatchCurve, MatchProbability
from gapviz.measures.retrieval.intervals import fifths
from gapviz.strategies import StrategyOptions, fit_strategy

CURVE = MatchCurve("logistic", 0.1, 2.0, -3.0)


def pair_type(n, match="item"):
    return MatchProbability("image", "text", match, CURVE, 1 / n, n, n, n)


def test_the_threshold_is_the_lowest_score_whose_answers_are_right_often_enough():
    best = np.arange(100, 0, -1) / 100
    right = np.ones(100)
    right[60:] = 0
    # Of the first n, 60 are right: 60 ≥ 0.9·(n + 1) up to n = 65.
    assert threshold_of(best, right, 0.9) == best[64]
    assert (
        threshold_of(best, right, 0.5) == best[-1] or threshold_of(best, right, 0.5) < 0.01 + 0.01
    )


def test_a_few_right_answers_make_no_threshold():
    n = FEWEST_ANSWERS - 1
    assert threshold_of(np.linspace(1, 0.5, n), np.ones(n), 0.9) == np.inf
    assert threshold_of(np.linspace(1, 0.5, n + 1), np.ones(n + 1), 0.9) == 0.5
    assert threshold_of(np.array([]), np.array([]), 0.9) == np.inf


def test_queries_of_one_score_are_answered_together():
    best = np.repeat([0.9, 0.8], 30)
    right = np.concatenate([np.ones(30), np.ones(20), np.zeros(10)])
    # The 20 right ones of 0.8 cannot be had without the 10 wrong ones.
    assert threshold_of(best, right, 0.9) == 0.9


def test_equal_scores_are_each_first_as_often():
    found = Candidates(
        scores=np.array([[0.7, 0.7, 0.3], [0.5, 0.4, -np.inf]]),
        items=np.array([[0, 1, 2], [1, 2, 0]]),
        matches=np.array([[False, True, False], [False, True, True]]),
    )
    best, right = found.best(1e-6)
    assert (best.tolist(), right.tolist()) == ([0.7, 0.5], [0.5, 0.0])
    without_1 = np.array([[True], [False], [True]])
    best, right = found.best(1e-6, without_1)
    assert (best[:, 0].tolist(), right[:, 0].tolist()) == ([0.7, 0.4], [0.0, 1.0])
    nobody = np.zeros((3, 1), dtype=bool)
    assert (found.best(1e-6, nobody)[0] == -np.inf).all()


def test_best_rows_are_those_of_a_plain_loop(make_collection):
    made = make_collection(50, 6)
    strategy = fit_strategy(StrategyOptions("raw"), made)
    found = answers_of(made, strategy, "image", "text", "item", seed=0)
    cosines = made.modality("image").vectors @ made.modality("text").vectors.T
    best, right = found.found.best(found.tolerance)
    np.testing.assert_allclose(best, cosines.max(axis=1), atol=1e-6)
    np.testing.assert_array_equal(right, cosines.argmax(axis=1) == np.arange(50))
    np.fill_diagonal(cosines, -1)
    np.testing.assert_allclose(
        found.without_match.best(found.tolerance)[0], cosines.max(axis=1), atol=1e-6
    )


def test_a_query_without_a_match_in_the_gallery_is_not_asked(make_unpaired):
    apart = make_unpaired(20)
    strategy = fit_strategy(StrategyOptions("raw"), apart)
    found = answers_of(apart, strategy, "image", "text", "item", seed=0)
    assert not found.query_items.size and not found.found.best(found.tolerance)[0].size


def answered(make_collection, seed, n=600):
    """A world's calibration answers, and those of its other half."""
    made = make_collection(n, 16, seed=seed)
    strategy = fit_strategy(StrategyOptions("raw"), made)
    return [
        answers_of(made.split(half), strategy, "image", "text", "item", seed=0)
        for half in (CALIBRATE, EVALUATE)
    ]


def test_the_precision_holds_on_held_out_worlds(make_collection):
    n_right = n_answered = n_queries = 0.0
    for seed in range(12):
        fitted, held_out = answered(make_collection, seed)
        score = BestAnswers.of(fitted, "image", "text", "item").threshold(0.9).score
        best, right = held_out.found.best(held_out.tolerance)
        accepted = best >= (np.inf if score is None else score)
        n_right += right[accepted].sum()
        n_answered += accepted.sum()
        n_queries += best.size
    assert n_answered / n_queries > 0.4
    assert n_right / n_answered == pytest.approx(0.9, abs=0.03)


def test_what_is_told_of_a_threshold_is_what_it_does(make_collection):
    fitted, held_out = answered(make_collection, 3)
    threshold = BestAnswers.of(fitted, "image", "text", "item").threshold(0.8)
    kept = fifths(300, 12, 0)
    refits = thresholds_without(fitted, 0.8, fifths(300, 2, 1))
    told = abstention_of(threshold, refits, held_out, pair_type(300), kept)
    best, right = held_out.found.best(held_out.tolerance)
    accepted = best >= threshold.score
    assert told.n_answered == accepted.sum() and told.n_queries == 300
    assert told.precision.value == pytest.approx(right[accepted].mean())
    assert told.coverage.value == pytest.approx(accepted.mean())
    without = held_out.without_match.best(held_out.tolerance)[0]
    assert told.silent.value == pytest.approx((without < threshold.score).mean())
    for one in (told.precision, told.coverage, told.silent):
        assert one.low < one.value < one.high
    assert told.matched.value == pytest.approx(held_out.found.matches[:, :10].mean())


def test_without_a_threshold_nothing_is_answered(make_collection):
    _, held_out = answered(make_collection, 1, n=80)
    none = AnswerThreshold("image", "text", 0.99, None, 40, 40, 0)
    told = abstention_of(none, [], held_out, pair_type(40), fifths(40, 12, 0))
    assert np.isnan(told.precision.value)
    assert (told.coverage.value, told.silent.value) == (0, 1)


def test_among_as_many_rows_the_power_changes_nothing():
    rng = np.random.default_rng(0)
    matching, others = rng.normal(1.5, 1, 2_000), rng.normal(0, 1, 2_000)
    best, right = np.maximum(matching, others), (matching > others).astype(float)
    same = threshold_among(matching, others, 1.0, 0.9)
    assert right[best >= same].mean() == pytest.approx(0.9, abs=0.02)
    scores = [threshold_among(matching, others, growth, 0.9) for growth in (0.5, 1, 4, 16)]
    assert scores == sorted(scores) and scores[0] < scores[-1]


def test_among_more_rows_a_higher_score_is_asked_for_and_of_labels_it_is_not(make_collection):
    fitted, _ = answered(make_collection, 3)
    known = BestAnswers.of(fitted, "image", "text", "item")
    scores = [known.threshold(0.9, n).score for n in (None, 300, 1_000, 3_000)]
    assert scores[0] == scores[1] < scores[2] < scores[3]
    labels = replace(known, match="label")
    assert labels.threshold(0.9, 3_000).score == scores[0]
    assert known.threshold(0.9, 1_000).n_rows == 1_000


def test_a_threshold_for_a_larger_gallery_keeps_its_precision(make_collection):
    counts = np.zeros((2, 2))
    for seed in range(6):
        made = make_collection(1_000, 16, seed=100 + seed)
        strategy = fit_strategy(StrategyOptions("raw"), made)
        few, many = made.subset(np.arange(200)), made.subset(np.arange(200, 1_000))
        small, large = (
            answers_of(part, strategy, "image", "text", "item", seed=0) for part in (few, many)
        )
        known = BestAnswers.of(small, "image", "text", "item")
        best, right = large.found.best(large.tolerance)
        for place, n_rows in enumerate((800, 200)):
            score = known.threshold(0.9, n_rows).score
            accepted = best >= (np.inf if score is None else score)
            counts[place] += right[accepted].sum(), accepted.sum()
    moved, left = counts[:, 0] / counts[:, 1]
    assert moved == pytest.approx(0.9, abs=0.04) and left < 0.8


@pytest.mark.parametrize("precision", [0.0, 1.0, 1.5, float("nan")])
def test_a_precision_that_cannot_be_asked_for_is_refused(precision):
    known = BestAnswers("image", "text", "item", 5, *np.ones((4, 5)))
    with pytest.raises(GapvizError, match="precision"):
        known.threshold(precision)
