import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from gapviz.core.vectors import unit_rows
from gapviz.measures.retrieval.precision import expected_average_precision
from gapviz.strategies.fusion import ties
from gapviz.strategies.fusion.base import ndcg_of
from gapviz.strategies.fusion.counting import resampled_groups
from gapviz.strategies.fusion.ties import TOLERANCE, tie_groups

listed = st.lists(
    st.tuples(st.sampled_from([-1.0, -0.0, 0.0, 0.25, 0.5]), st.booleans()), min_size=1, max_size=6
).filter(lambda entries: any(relevant for _, relevant in entries))


def groups_of(scores, relevant, **keywords):
    query, column = np.nonzero(relevant)
    return tie_groups(np.asarray(scores, dtype=np.float32), query, column, **keywords)


def figures_of(groups, k):
    """Average precision, recall, MRR, mean rank and NDCG, by query."""
    best, n_relevant = groups.best, groups.n_relevant
    figures = [best.hit(k), best.reciprocal_rank, best.rank, ndcg_of(groups.all, n_relevant, k)]
    return np.array([expected_average_precision(groups), *figures]).T


def figures_of_all_orders(scores, relevant, k):
    """The same of every order that sorts the scores, averaged."""
    found = []
    for order in itertools.permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            ranks = np.flatnonzero([relevant[place] for place in order]) + 1
            gain = (1 / np.log2(1 + ranks[ranks <= k])).sum()
            ideal = (1 / np.log2(2 + np.arange(min(ranks.size, k)))).sum()
            precision = (np.arange(1, ranks.size + 1) / ranks).mean()
            found.append([precision, ranks[0] <= k, 1 / ranks[0], ranks[0], gain / ideal])
    return np.array(found)


@given(st.lists(listed, min_size=1, max_size=3), st.integers(1, 7), st.booleans())
@settings(deadline=None, max_examples=60)
def test_figures_are_the_means_over_all_orders_of_equal_scores(lists, k, by_sorting):
    width = max(map(len, lists))
    scores, relevant = np.full((len(lists), width), -np.inf), np.zeros((len(lists), width), bool)
    for query, entries in enumerate(lists):
        for column, (score, is_relevant) in enumerate(entries):
            scores[query, column], relevant[query, column] = score, is_relevant
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ties, "FEW_RELEVANT", -1 if by_sorting else 8)
        groups = groups_of(scores, relevant)
    for query, entries in enumerate(lists):
        orders = figures_of_all_orders(*zip(*entries, strict=True), k)
        np.testing.assert_allclose(figures_of(groups, k)[query], orders.mean(axis=0), atol=1e-12)
        won, lost = (end[query] for end in groups.ends)
        assert (won, lost) == (orders[:, 3].min(), orders[:, 3].max())
        ends = [ndcg_of(groups.at_end(won=won), groups.n_relevant, k)[query] for won in (0, 1)]
        np.testing.assert_allclose(ends, [orders[:, 4].min(), orders[:, 4].max()])


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any), st.integers(1, 30))
def test_without_ties_figures_are_what_they_always_are(relevant, k):
    groups = groups_of([-np.arange(len(relevant))], [relevant])
    precision, hit, reciprocal, rank, _ = figures_of(groups, k)[0]
    first = relevant.index(True) + 1
    assert precision == pytest.approx(average_precision_score(relevant, -np.arange(len(relevant))))
    assert (hit, reciprocal, rank) == (first <= k, pytest.approx(1 / first), first)
    assert not groups.tied.any()


@given(st.sets(st.integers(1, 20), min_size=1, max_size=6), st.sampled_from([1, 5, 10]))
@settings(deadline=None, max_examples=30)
def test_without_ties_figures_agree_with_ranx(ranx, ranks, k):
    run = {"q": {f"d{rank}": 100.0 - rank for rank in range(1, 21)}}
    names = ["map", f"hit_rate@{k}", "mrr", f"ndcg@{k}"]
    theirs = ranx(truth={"q": {f"d{rank}": 1 for rank in ranks}}, run=run, metrics=names)
    relevant = np.isin(np.arange(1, 21), list(ranks))
    ours = figures_of(groups_of(-np.arange(20.0)[None], relevant[None]), k)[0, [0, 1, 2, 4]]
    np.testing.assert_allclose(ours, [theirs[name] for name in names])


def test_queries_without_relevant_entries_are_unknown_rather_than_zero():
    groups = groups_of(np.zeros((3, 2)), np.array([[False, False], [True, False], [False, False]]))
    np.testing.assert_array_equal(np.isnan(figures_of(groups, 1)), [[1] * 5, [0] * 5, [1] * 5])


def test_a_great_many_equal_scores_are_no_trouble():
    for n in (2_000, 50_000):
        groups = groups_of(np.ones((1, n)), np.arange(n)[None] < 10)
        precision, hit, reciprocal, *_ = figures_of(groups, 1)[0]
        assert hit == pytest.approx(10 / n)
        assert groups.best.hit(n - 9)[0] == pytest.approx(1)
        assert 10 / n < precision < 30 / n and 10 / n < reciprocal < 100 / n
    one = groups_of(np.ones((1, 2_000)), np.arange(2_000)[None] < 10)
    assert one.best.rank[0] == pytest.approx(2_001 / 11)


def test_equal_rows_tie_whatever_the_rounding_of_their_products():
    random = np.random.default_rng(0)
    row = unit_rows(random.standard_normal((3, 512)))
    copies = np.repeat(row, 4, axis=0) * random.uniform(0.5, 2, (12, 1)).astype(np.float32)
    copies /= np.linalg.norm(copies, axis=1, keepdims=True)
    scores = unit_rows(row + 0.03 * random.standard_normal((3, 512))) @ copies.T
    # A product of one row may be summed in another order.
    scores[:, ::2] += np.float32(3e-7)
    assert len(np.unique(scores[0, :4])) > 1
    groups = tie_groups(scores, np.arange(3), np.array([1, 6, 11]))
    assert groups.size.tolist() == [4, 4, 4]


def test_scores_further_apart_than_the_tolerance_do_not_tie():
    scores = np.array([[0.5, 0.5 + 0.5 * TOLERANCE, 0.5 + 3 * TOLERANCE]])
    groups = groups_of(scores, [[True, False, False]])
    assert (groups.ahead.tolist(), groups.size.tolist()) == ([1], [2])
    assert groups_of(scores, [[True, False, False]], tolerance=4 * TOLERANCE).size.tolist() == [3]


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_parts_of_a_corpus_are_ranked_as_if_the_rest_were_not_there(seed):
    random = np.random.default_rng(seed)
    scores = random.integers(0, 6, (4, 12)).astype(np.float32)
    relevant = random.random((4, 12)) < 0.3
    relevant[:, 0] = True
    kept = relevant.any(axis=0)[:, None] | (random.random((12, 3)) < 0.6)
    query, column = np.nonzero(relevant)
    found = resampled_groups(scores, query, column, TOLERANCE, kept.astype(np.float32))
    for part in range(3):
        alone = groups_of(scores[:, kept[:, part]], relevant[:, kept[:, part]])
        np.testing.assert_array_equal(found.ahead[:, part], alone.ahead)
        np.testing.assert_array_equal(found.size[:, part], alone.size)
