"""Approximate indexes against exact search, and against a second library."""

import sys

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.retrieval.approximate import STORAGES, Hnsw, Ivf, Scan
from gapviz.retrieval.exact import top_k

N, DIM, K = 1_500, 32, 10


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    unit = unit_rows(rng.standard_normal((N + 100, DIM)))
    return unit[:N], unit[N:]


def recall(found, exact):
    shared = [np.intersect1d(a, b).size for a, b in zip(found, exact.rows, strict=True)]
    return float(np.mean(shared)) / K


@pytest.mark.parametrize("kind", [Hnsw(), Ivf(), Scan()])
def test_with_all_effort_everything_is_found(rows, kind):
    corpus, queries = rows
    index = kind.build(corpus, "float32", seed=0)
    nearest = index.search(queries, K, N)
    assert np.array_equal(np.sort(nearest.rows), np.sort(top_k(queries, corpus, K).rows))


@pytest.mark.parametrize("kind", [Hnsw(), Ivf()])
def test_more_effort_finds_more_and_costs_more(rows, kind):
    corpus, queries = rows
    index, exact = kind.build(corpus, "float32", seed=0), top_k(queries, corpus, K)
    found = [index.search(queries, K, effort) for effort in index.efforts]
    recalls = [recall(one.rows, exact) for one in found]
    costs = [one.distances.mean() for one in found]
    assert np.diff(recalls).min() > -0.02 and recalls[-1] > recalls[0] + 0.05
    assert np.diff(costs).min() > 0


@pytest.mark.parametrize("kind", [Hnsw(), Ivf()])
def test_fewer_bytes_find_less(rows, kind):
    corpus, queries = rows
    exact, found = top_k(queries, corpus, K), {}
    for storage in STORAGES:
        index = kind.build(corpus, storage, seed=0)
        found[storage] = recall(index.search(queries, K, 400).rows, exact)
    assert found["float32"] > 0.99 and found["int8"] > 0.95
    assert found["int8"] > found["pq"] + 0.1 and found["int8"] > found["binary"] + 0.1


@pytest.mark.parametrize("kind", [Hnsw(), Ivf(), Scan()])
@pytest.mark.parametrize("storage", STORAGES)
def test_the_same_seed_gives_the_same_answers_and_costs(rows, kind, storage):
    corpus, queries = rows
    once, again = (
        kind.build(corpus[:600], storage, seed=3).search(queries[:20], K, 40) for _ in range(2)
    )
    assert np.array_equal(once.rows, again.rows)
    assert np.array_equal(once.distances, again.distances)


def test_another_seed_gives_another_graph(rows):
    corpus, queries = rows
    found = [Hnsw().build(corpus, "float32", seed=seed).search(queries, K, 10) for seed in (1, 2)]
    assert not np.array_equal(found[0].distances, found[1].distances)


@pytest.mark.parametrize("ef", [10, 20, 40, 80, 160])
def test_a_second_library_finds_as_much_at_the_same_effort(rows, graphs, ef):
    ours, theirs = graphs
    corpus, queries = rows
    exact = top_k(queries, corpus, K)
    found = ours.search(queries, K, ef)
    theirs.expansion_search = ef
    # One at a time, since usearch shares a batch among threads.
    answers = [theirs.search(one, K) for one in queries]
    keys = np.array([answer.keys for answer in answers])
    assert recall(found.rows, exact) == pytest.approx(recall(keys, exact), abs=0.03)
    cost = np.mean([answer.computed_distances for answer in answers])
    assert found.distances.mean() == pytest.approx(cost, rel=0.1)


@pytest.fixture(scope="module")
def graphs(rows):
    from usearch.index import Index

    corpus, _ = rows
    theirs = Index(ndim=DIM, metric="l2sq", dtype="f32", connectivity=16, expansion_add=100)
    theirs.add(np.arange(N), corpus, threads=1)
    return Hnsw(16, 100).build(corpus, "float32", seed=0), theirs


def test_the_cost_of_lists_is_their_centres_and_what_they_hold(rows):
    corpus, queries = rows
    index = Ivf(10).build(corpus, "float32", seed=0)
    whole = index.search(queries, K, 10)
    assert (whole.distances == 10 + N).all()
    one = index.search(queries, K, 1)
    sizes = {index.made.invlists.list_size(place) for place in range(10)}
    assert set((one.distances - 10).tolist()) <= sizes


def test_a_dimension_that_fills_no_byte_and_few_rows_can_be_stored(rows):
    corpus, queries = (part[:, :13] for part in rows)
    for storage in STORAGES:
        found = Hnsw().build(unit_rows(corpus[:30]), storage, seed=0)
        assert (found.search(unit_rows(queries), 5, 30).rows >= 0).all()


def test_without_faiss_one_sentence_says_how_to_get_it(rows, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(GapvizError, match=r"pip install 'gapviz\[approximate\]'"):
        Hnsw().build(rows[0], "float32", seed=0)
