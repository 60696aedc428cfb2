import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from gapviz import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.measures.retrieval.within import compare_within, evaluate_within, recall_delta


@pytest.fixture
def labelled():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 5, 40)
    return unit_rows(rng.standard_normal((40, 6))), labels


def test_average_precision_agrees_with_scikit_learn(labelled):
    vectors, labels = labelled
    outcome = evaluate_within(vectors, labels)
    scores = vectors.astype(float) @ vectors.astype(float).T
    for query in range(40):
        others = np.arange(40) != query
        same = (labels == labels[query])[others]
        if labels[query] < 0 or not same.any():
            assert np.isnan(outcome.average_precision[query])
        else:
            assert outcome.average_precision[query] == pytest.approx(
                average_precision_score(same, scores[query, others])
            )
            best = np.argsort(-scores[query, others])[:5]
            assert outcome.recall[5][query] == same[best].any()


def test_of_several_labels_sharing_one_makes_relevant(labelled):
    vectors, first = labelled
    second = np.where(first < 0, -1, np.roll(first, 7))
    sets = np.stack([first, np.where(second == first, -1, second)], axis=1)
    outcome = evaluate_within(vectors, sets)
    scores = vectors.astype(float) @ vectors.astype(float).T
    for query in np.flatnonzero(first >= 0):
        others = np.arange(40) != query
        wanted = set(sets[query].tolist()) - {-1}
        relevant = np.array([bool(wanted & set(row)) for row in sets.tolist()])[others]
        assert outcome.average_precision[query] == pytest.approx(
            average_precision_score(relevant, scores[query, others])
        )
    found = compare_within(vectors, vectors, sets)
    held = {part.label: part.n_items for part in found.by_label}
    assert held == {code: int((sets == code).any(axis=1).sum()) for code in held}
    assert sum(held.values()) > found.n_queries


def test_one_encoder_against_itself_differs_by_nothing(labelled):
    vectors, labels = labelled
    delta = compare_within(vectors, vectors, labels).delta
    assert (delta.recall[1].low, delta.recall[1].value, delta.recall[1].high) == (0, 0, 0)


def test_a_better_dedicated_encoder_gives_a_positive_delta(labelled):
    vectors, labels = labelled
    perfect = unit_rows(np.eye(6)[labels + 1])
    delta = compare_within(vectors, perfect, labels).delta
    assert delta.mean_average_precision.low > 0


def test_labels_together_give_the_delta_of_all(labelled):
    vectors, labels = labelled
    other = unit_rows(vectors + np.random.default_rng(1).standard_normal(vectors.shape) / 3)
    comparison = compare_within(vectors, other, labels)
    whole, parts = comparison.delta, comparison.by_label
    sizes = np.array([part.n_items for part in parts])
    assert sizes.sum() == (labels >= 0).sum()
    for k in (1, 5, 10):
        gains = np.array([part.delta.recall[k].value for part in parts])
        assert gains @ sizes / sizes.sum() == pytest.approx(whole.recall[k].value)
    precisions = np.array([part.delta.mean_average_precision.value for part in parts])
    assert precisions @ sizes / sizes.sum() == pytest.approx(whole.mean_average_precision.value)


def test_a_label_is_told_with_both_figures_and_a_paired_interval(labelled):
    vectors, labels = labelled
    other = unit_rows(np.eye(6)[labels + 1] + 0.4 * vectors)
    for part in compare_within(vectors, other, labels).by_label:
        for k, gain in part.delta.recall.items():
            assert gain.value == pytest.approx(part.dedicated[k] - part.joint[k])
            assert gain.low <= gain.value <= gain.high
        gain = part.delta.mean_average_precision
        told = part.dedicated_average_precision - part.joint_average_precision
        assert gain.value == pytest.approx(told)


def test_labels_of_one_item_and_items_without_label_are_left_out():
    rng = np.random.default_rng(0)
    vectors = unit_rows(rng.standard_normal((6, 4)))
    parts = compare_within(vectors, vectors, np.array([3, -1, 0, 3, -1, 7])).by_label
    assert [(part.label, part.n_items) for part in parts] == [(3, 2)]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_decides_nothing(seed):
    rng = np.random.default_rng(seed)
    vectors = unit_rows(rng.choice([-0.5, 0.5], (40, 4)))  # their cosines are exact
    labels = rng.integers(-1, 4, 40)
    outcome, order = evaluate_within(vectors, labels), rng.permutation(40)
    shuffled = evaluate_within(vectors[order], labels[order])
    np.testing.assert_allclose(shuffled.average_precision, outcome.average_precision[order])
    for k, recall in outcome.recall.items():
        np.testing.assert_allclose(shuffled.recall[k], recall[order])


def test_equal_rows_find_each_other_by_chance():
    vectors = unit_rows(np.ones((6, 4)))
    outcome = evaluate_within(vectors, np.array([0, 0, 0, 1, 1, 1]))
    # Two of five others are relevant.
    np.testing.assert_allclose(outcome.recall[1], 2 / 5)
    np.testing.assert_allclose(outcome.recall[5], 1)
    pairs = itertools.combinations(range(1, 6), 2)
    expected = np.mean([(1 / first + 2 / second) / 2 for first, second in pairs])
    np.testing.assert_allclose(outcome.average_precision, expected)


def test_rows_of_one_item_never_find_each_other():
    rng = np.random.default_rng(0)
    vectors, labels = unit_rows(rng.standard_normal((12, 5))), np.arange(12) // 4
    items = np.arange(12) // 2
    outcome = evaluate_within(vectors, labels, items=items)
    scores = vectors @ vectors.T
    for query in range(12):
        others = items != items[query]
        expected = average_precision_score((labels == labels[query])[others], scores[query, others])
        assert outcome.average_precision[query] == pytest.approx(expected)
    alone = evaluate_within(vectors, items, items=items)
    assert np.isnan(alone.average_precision).all()


def test_one_row_has_nothing_to_find():
    outcome = evaluate_within(unit_rows([[1.0, 2.0]]), np.array([0]))
    assert np.isnan(outcome.average_precision).all()
    assert np.isnan(outcome.recall[1]).all()


def test_mismatched_lengths_and_lonely_labels_are_refused(labelled):
    vectors, labels = labelled
    with pytest.raises(GapvizError, match="one label code a row"):
        compare_within(vectors, vectors[:5], labels)
    with pytest.raises(GapvizError, match="share a label"):
        compare_within(vectors[:3], vectors[:3], np.arange(3))
    few, all_of_them = evaluate_within(vectors[:5], labels[:5]), evaluate_within(vectors, labels)
    with pytest.raises(GapvizError, match="same items"):
        recall_delta(all_of_them, few)


def test_the_delta_is_that_of_the_queries_asked_for(labelled):
    vectors, labels = labelled
    other = unit_rows(vectors + np.random.default_rng(1).standard_normal(vectors.shape) / 3)
    ours, theirs = evaluate_within(vectors, labels), evaluate_within(other, labels)
    some = np.flatnonzero(labels >= 0)[:7]
    delta = recall_delta(ours, theirs, queries=some)
    expected = (theirs.average_precision - ours.average_precision)[some].mean()
    assert delta.mean_average_precision.value == pytest.approx(expected)
