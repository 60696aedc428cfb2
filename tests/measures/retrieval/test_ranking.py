import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.measures.retrieval.outcome import CrossOutcome
from gapviz.measures.retrieval.ranking import ndcg_at


def outcome(*ranks):
    return CrossOutcome(np.arange(len(ranks)), np.array(ranks), np.zeros(len(ranks), dtype=bool))


@given(st.sets(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 20))
@settings(deadline=None)
def test_ndcg_agrees_with_ranx(ranx, ranks, k):
    run = {"q": {f"d{rank}": 100.0 - rank for rank in range(1, 31)}}
    truth = {"q": {f"d{rank}": 1 for rank in ranks}}
    ours = ndcg_at(np.array([sorted(ranks)]), np.array([len(ranks)]), k)
    assert ours[0] == pytest.approx(ranx(truth=truth, run=run, metrics=[f"ndcg@{k}"])[f"ndcg@{k}"])


def test_queries_without_relevant_entries_are_unknown_rather_than_zero():
    assert np.isnan(ndcg_at(np.array([[0]]), np.array([0]), 10))[0]
    assert np.isnan(outcome(0).recall(10)[0])
    assert np.isnan(outcome(0).reciprocal_rank[0])


def test_recall_counts_the_place_itself():
    assert outcome(1, 5, 6).recall(5).tolist() == [1, 1, 0]
