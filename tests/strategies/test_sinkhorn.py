import numpy as np
import pytest
from scipy.special import logsumexp

from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.strategies import StrategyOptions, fit_strategy
from gapviz.strategies import transport as module
from gapviz.strategies.sinkhorn import SWEEPS, SinkhornBanks
from gapviz.strategies.transport import log_weights


def levels_of(strategy, corpus, name):
    """What is subtracted from the scores of queries of one modality."""
    nothing = np.zeros((1, corpus.n_rows), np.float32)
    return -strategy.prepare(corpus, corpus).adjust(nothing, name)[0].astype(float)


def row_potentials(scores, tau, sweeps, *, rows_first):
    """Sinkhorn's potentials of the columns, in the logarithmic domain as it is written."""
    kernel = scores.astype(float) / tau
    n_queries, n_rows = kernel.shape
    u, v = np.zeros(n_queries), np.zeros(n_rows)
    for _ in range(sweeps):
        if rows_first:
            v = -np.log(n_rows) - logsumexp(kernel + u[:, None], axis=0)
        u = -np.log(n_queries) - logsumexp(kernel + v, axis=1)
        if not rows_first:
            v = -np.log(n_rows) - logsumexp(kernel + u[:, None], axis=0)
    return v


def apart(levels):
    """Levels but for the constant that all share, which orders nothing."""
    return levels - levels.mean()


@pytest.mark.parametrize("tau", [0.005, 0.03, 1.0])
def test_rows_are_lowered_by_their_potential_between_the_two_banks(make_collection, tau):
    collection = make_collection(40, dim=16)
    strategy = SinkhornBanks(bank_tau=tau).fit(collection.split(CALIBRATE))
    corpus = corpus_rows(collection.split(EVALUATE), strategy)
    bank = corpus_rows(collection.split(CALIBRATE), strategy)
    for name, span in zip(bank.names, bank.spans, strict=True):
        with_bank = bank.vectors[span] @ bank.vectors.T
        with_bank[np.arange(20), np.arange(span.start, span.stop)] = -np.inf
        scores = np.concatenate([bank.vectors[span] @ corpus.vectors.T, with_bank], axis=1)
        v = row_potentials(scores, tau, SWEEPS, rows_first=False)
        found = levels_of(strategy, corpus, name)
        np.testing.assert_allclose(apart(found), apart(-tau * v[: corpus.n_rows]), atol=2e-6)


def test_vectors_are_centred_as_by_centring(make_collection):
    collection = make_collection(30)
    for name, block in collection.modalities.items():
        moved, centred = (
            fit_strategy(StrategyOptions(one), collection).transform(block.vectors, name)
            for one in ("sinkhorn", "centre")
        )
        np.testing.assert_array_equal(moved, centred)


@pytest.mark.parametrize("rows_first", [False, True])
def test_in_the_end_every_row_is_asked_for_alike(rows_first):
    scores = np.random.default_rng(0).uniform(-1, 1, (12, 30)).astype(np.float32)
    u = log_weights([scores[:, :11], scores[:, 11:]], 0.1, 4_000, rows_first=rows_first)
    assert np.exp(u).sum() == pytest.approx(1)
    plan = np.exp(u[:, None] + scores.astype(float) / 0.1)
    plan /= plan.sum(axis=0)
    np.testing.assert_allclose(plan.sum(axis=1), 30 / 12, rtol=1e-6)


@pytest.mark.filterwarnings("error")
def test_a_query_without_a_pair_weighs_nothing_and_the_smallest_temperature_is_finite():
    scores = np.full((3, 4), -1.0, dtype=np.float32)
    scores[np.arange(3), np.arange(3)] = 1.0
    scores[2] = -np.inf
    u = log_weights([scores], 0.005, 30, rows_first=False)
    assert np.exp(u[:2]).sum() == pytest.approx(1) and u[2] == -np.inf
    none = log_weights([np.full((2, 3), -np.inf, np.float32)], 0.03, 30, rows_first=True)
    np.testing.assert_allclose(np.exp(none), 0.5)


def test_a_popular_row_is_lowered(make_collection):
    collection = make_collection(60)
    strategy = SinkhornBanks().fit(collection.split(CALIBRATE))
    corpus = corpus_rows(collection.split(EVALUATE), strategy)
    queries = query_rows(collection.split(CALIBRATE), strategy)
    for name, span in zip(queries.names, queries.spans, strict=True):
        best = (queries.vectors[span] @ corpus.vectors.T).max(axis=0)
        assert np.corrcoef(best, levels_of(strategy, corpus, name))[0, 1] > 0.7


def test_it_evens_out_a_gap(make_collection):
    collection = make_collection(80, gap=2.0)
    outcomes = evaluate_mixed(collection.split(EVALUATE), fit_strategy(
        StrategyOptions("sinkhorn"), collection.split(CALIBRATE)
    ))  # fmt: skip
    for outcome in outcomes.values():
        assert outcome.own_share.mean() < 0.65


def test_a_large_index_is_thinned_where_it_shapes_the_potentials(make_collection, monkeypatch):
    collection = make_collection(200, dim=16)
    strategy = SinkhornBanks().fit(collection.split(CALIBRATE))
    corpus = corpus_rows(collection.split(EVALUATE), strategy)
    whole = levels_of(strategy, corpus, "image")
    monkeypatch.setattr(module, "MAX_KERNEL", 100 * 300)
    thinned = levels_of(strategy, corpus, "image")
    assert not np.array_equal(whole, thinned)
    assert np.corrcoef(thinned, whole)[0, 1] > 0.95
