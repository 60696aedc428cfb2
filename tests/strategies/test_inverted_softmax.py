import numpy as np
import pytest
from scipy.special import logsumexp

from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.strategies import references as module
from gapviz.strategies.inverted_softmax import InvertedSoftmax
from gapviz.strategies.raw import Raw


def rows_of(collection):
    raw = Raw().fit(collection)
    return corpus_rows(collection, raw), query_rows(collection, raw)


def levels_of(strategy, corpus, queries, name):
    """What is subtracted from the scores of queries of one modality."""
    nothing = np.zeros((1, corpus.n_rows), np.float32)
    return -strategy.prepare(corpus, queries).adjust(nothing, name)[0]


@pytest.mark.parametrize("tau", [0.005, 0.02, 1.0])
def test_each_row_is_lowered_by_the_soft_maximum_of_its_scores_with_the_bank(make_collection, tau):
    collection = make_collection(40)
    corpus, queries = rows_of(collection.split(EVALUATE))
    _, bank = rows_of(collection.split(CALIBRATE))
    strategy = InvertedSoftmax(tau=tau).fit(collection.split(CALIBRATE))
    for name, span in zip(bank.names, bank.spans, strict=True):
        scores = corpus.vectors.astype(float) @ bank.vectors[span].T.astype(float)
        expected = tau * logsumexp(scores / tau, axis=1, b=1 / 20)
        found = levels_of(strategy, corpus, queries, name)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_small_temperature_leaves_the_best_score_and_a_large_one_the_mean(make_collection):
    collection = make_collection(30, dim=16)
    corpus, queries = rows_of(collection.split(EVALUATE))
    _, bank = rows_of(collection.split(CALIBRATE))
    scores = corpus.vectors @ bank.vectors[bank.spans[0]].T
    for tau, expected, near in ((0.005, scores.max(axis=1), 0.02), (1.0, scores.mean(axis=1), 0.1)):
        strategy = InvertedSoftmax(tau=tau).fit(collection.split(CALIBRATE))
        found = levels_of(strategy, corpus, queries, "image")
        np.testing.assert_allclose(found, expected, atol=near)


def test_a_query_of_the_bank_that_is_the_row_itself_is_passed_over(make_collection):
    collection = make_collection(20)
    corpus, queries = rows_of(collection)
    found = levels_of(InvertedSoftmax(tau=0.005).fit(collection), corpus, queries, "image")
    others = corpus.vectors @ queries.vectors[queries.spans[0]].T
    others[np.arange(20), np.arange(20)] = -np.inf
    assert (found <= others.max(axis=1) + 1e-6).all()


def test_where_no_query_of_the_bank_is_left_the_scores_stay(make_collection):
    collection = make_collection(1)
    corpus, queries = rows_of(collection)
    levels = levels_of(InvertedSoftmax().fit(collection), corpus, queries, "image")
    assert levels[0] == 0 and np.isfinite(levels).all()


def test_blocks_do_not_show(make_collection, monkeypatch):
    collection = make_collection(50)
    corpus, queries = rows_of(collection)
    strategy = InvertedSoftmax().fit(collection)
    whole = levels_of(strategy, corpus, queries, "text")
    monkeypatch.setattr(module, "BLOCK_SCORES", 170)
    np.testing.assert_allclose(levels_of(strategy, corpus, queries, "text"), whole, atol=1e-6)
