import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from gapviz.measures.retrieval.ties import expected_average_precision, expected_hit, tie_groups

listed = st.lists(
    st.tuples(st.sampled_from([-1.0, -0.0, 0.0, 0.25, 0.5]), st.booleans()), min_size=1, max_size=6
).filter(lambda entries: any(relevant for _, relevant in entries))


def groups_of(scores, relevant):
    query, column = np.nonzero(relevant)
    return tie_groups(np.asarray(scores, dtype=np.float32), query, column)


def figures_of_all_orders(scores, relevant, k):
    """Average precision and hit rate of every order that sorts the scores, averaged."""
    precisions, hits = [], []
    for order in itertools.permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            ranks = np.flatnonzero([relevant[place] for place in order]) + 1
            precisions.append((np.arange(1, ranks.size + 1) / ranks).mean())
            hits.append(ranks[0] <= k)
    return np.mean(precisions), np.mean(hits)


@given(st.lists(listed, min_size=1, max_size=3), st.integers(1, 7))
@settings(deadline=None, max_examples=60)
def test_figures_are_the_means_over_all_orders_of_equal_scores(lists, k):
    width = max(map(len, lists))
    scores, relevant = np.full((len(lists), width), -np.inf), np.zeros((len(lists), width), bool)
    for query, entries in enumerate(lists):
        for column, (score, is_relevant) in enumerate(entries):
            scores[query, column], relevant[query, column] = score, is_relevant
    groups = groups_of(scores, relevant)
    precision, hit = expected_average_precision(groups), expected_hit(groups, k)
    for query, entries in enumerate(lists):
        expected = figures_of_all_orders(*zip(*entries, strict=True), k)
        assert (precision[query], hit[query]) == pytest.approx(expected)


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any), st.integers(1, 30))
def test_without_ties_both_are_what_they_always_are(relevant, k):
    scores = -np.arange(len(relevant))
    groups = groups_of([scores], [relevant])
    ours = expected_average_precision(groups)[0]
    assert ours == pytest.approx(average_precision_score(relevant, scores))
    assert expected_hit(groups, k)[0] == any(relevant[:k])


@given(st.sets(st.integers(1, 20), min_size=1, max_size=6), st.sampled_from([1, 5, 10]))
@settings(deadline=None, max_examples=30)
def test_without_ties_both_agree_with_ranx(ranx, ranks, k):
    run = {"q": {f"d{rank}": 100.0 - rank for rank in range(1, 21)}}
    names = ["map", f"hit_rate@{k}"]
    theirs = ranx(truth={"q": {f"d{rank}": 1 for rank in ranks}}, run=run, metrics=names)
    relevant = np.isin(np.arange(1, 21), list(ranks))
    groups = groups_of(-np.arange(20.0)[None], relevant[None])
    assert expected_average_precision(groups)[0] == pytest.approx(theirs["map"])
    assert expected_hit(groups, k)[0] == pytest.approx(theirs[f"hit_rate@{k}"])


def test_queries_without_relevant_entries_are_unknown_rather_than_zero():
    groups = groups_of(np.zeros((3, 2)), np.array([[False, False], [True, False], [False, False]]))
    np.testing.assert_array_equal(np.isnan(expected_average_precision(groups)), [1, 0, 1])
    np.testing.assert_array_equal(np.isnan(expected_hit(groups, 1)), [1, 0, 1])


def test_a_thousand_equal_scores_are_no_trouble():
    relevant = np.arange(1_000) < 10
    groups = groups_of(np.ones((1, 1_000)), relevant[None])
    assert expected_hit(groups, 1)[0] == pytest.approx(0.01)
    assert expected_hit(groups, 991)[0] == 1
    assert 0.01 < expected_average_precision(groups)[0] < 0.03
