import numpy as np

from gapviz.core.rows import corpus_rows, query_rows
from gapviz.strategies.sinkhorn_transductive import SWEEPS, TransductiveSinkhorn
from tests.strategies.test_sinkhorn import apart, levels_of, row_potentials


def test_rows_are_lowered_by_their_potential_with_the_queries_themselves(mixed_up_collection):
    collection = mixed_up_collection()
    strategy = TransductiveSinkhorn(tau=0.05).fit(collection)
    corpus, queries = corpus_rows(collection, strategy), query_rows(collection, strategy)
    prepared = strategy.prepare(corpus, queries)
    for code, name in enumerate(corpus.names):
        asking = queries.spans[code]
        scores = queries.vectors[asking] @ corpus.vectors.T
        own = queries.item[asking, None] == corpus.item
        scores[own & (corpus.modality == code)] = -np.inf
        v = row_potentials(scores, 0.05, SWEEPS, rows_first=True)
        found = -prepared.adjust(np.zeros((1, corpus.n_rows), np.float32), name)[0].astype(float)
        np.testing.assert_allclose(apart(found), apart(-0.05 * v), atol=2e-6)


def test_other_queries_give_other_scores(make_collection):
    collection = make_collection(40)
    strategy = TransductiveSinkhorn().fit(collection)
    assert strategy.spec.transductive and strategy.spec.learns
    corpus = corpus_rows(collection, strategy)
    few = corpus_rows(collection.subset(np.arange(10)), strategy)
    some = -strategy.prepare(corpus, few).adjust(np.zeros((1, corpus.n_rows), np.float32), "text")
    assert not np.allclose(some[0], levels_of(strategy, corpus, "text"), atol=1e-3)
