import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.measures.retrieval.ranking import ndcg_at, recall_at, reciprocal_rank


@given(st.sets(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 20))
@settings(deadline=None)
def test_ndcg_agrees_with_ranx(ranx, ranks, k):
    run = {"q": {f"d{rank}": 100.0 - rank for rank in range(1, 31)}}
    truth = {"q": {f"d{rank}": 1 for rank in ranks}}
    ours = ndcg_at(np.array([sorted(ranks)]), np.array([len(ranks)]), k)
    assert ours[0] == pytest.approx(ranx(truth=truth, run=run, metrics=[f"ndcg@{k}"])[f"ndcg@{k}"])


def test_queries_without_relevant_entries_are_unknown_rather_than_zero():
    assert np.isnan(ndcg_at(np.array([[0]]), np.array([0]), 10))[0]
    assert np.isnan(recall_at(np.array([0]), 10))[0]
    assert np.isnan(reciprocal_rank(np.array([0])))[0]


def test_recall_counts_the_place_itself():
    assert recall_at(np.array([1, 5, 6]), 5).tolist() == [1, 1, 0]
