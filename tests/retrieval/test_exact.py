"""The exact top k against a full stable sort."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.retrieval import exact
from gapviz.retrieval.exact import TopK, top_k, top_k_of_scores


def naive(scores, k) -> TopK:
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return TopK(rows, np.take_along_axis(scores, rows, axis=1))


def assert_same(found: TopK, expected: TopK) -> None:
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert found.rows.dtype == np.int64
    assert found.scores.dtype == np.float32


@st.composite
def whole_number_problems(draw):
    """Vectors of small whole numbers: inner products are exact, and many are equal."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_queries, n = draw(st.integers(0, 9)), draw(st.integers(1, 400))
    largest = draw(st.sampled_from([0, 1, 4, 60]))
    queries, corpus = (
        random.integers(-largest, largest + 1, (rows, 3)).astype(np.float32)
        for rows in (n_queries, n)
    )
    if draw(st.booleans()):  # the order that makes every later tile better
        corpus = corpus[np.argsort(corpus.sum(axis=1), kind="stable")]
    return queries, corpus, draw(st.integers(1, 60))


@settings(max_examples=300, deadline=None)
@given(whole_number_problems())
def test_equals_a_full_stable_sort_with_ties_and_large_k(problem):
    queries, corpus, k = problem
    expected = naive(queries @ corpus.T, k)
    assert_same(top_k(queries, corpus, k), expected)
    assert_same(top_k_of_scores(queries @ corpus.T, k), expected)


@settings(max_examples=300, deadline=None)
@given(whole_number_problems(), st.integers(1, 4), st.integers(1, 200))
def test_tiles_do_not_show(problem, tile_queries, tile_entries):
    queries, corpus, k = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "TILE_QUERIES", tile_queries)
        patch.setattr(exact, "TILE_ENTRIES", tile_entries)
        found = top_k(queries, corpus, k)
    assert_same(found, naive(queries @ corpus.T, k))


@pytest.mark.parametrize("k", [1, 10, 100, 1_500])
def test_finds_the_same_rows_as_sorting_real_scores(k):
    random = np.random.default_rng(7)
    scores = random.standard_normal((40, 4_001)).astype(np.float32)
    assert_same(top_k_of_scores(scores, k), naive(scores, k))


def test_a_large_corpus_of_copies_returns_the_first_rows():
    corpus = np.zeros((300_000, 2), dtype=np.float32)
    found = top_k(np.ones((70, 2), dtype=np.float32), corpus, 10)
    np.testing.assert_array_equal(found.rows, np.tile(np.arange(10), (70, 1)))


def test_a_column_slice_of_scores_is_as_good_as_a_copy():
    scores = np.random.default_rng(3).standard_normal((20, 900)).astype(np.float32)[:, 100:800]
    assert_same(top_k_of_scores(scores, 10), naive(scores, 10))


def test_scores_are_left_untouched():
    scores = np.random.default_rng(0).standard_normal((5, 300)).astype(np.float32)
    scores.setflags(write=False)
    top_k_of_scores(scores, 10)


def test_shuffling_the_corpus_shuffles_the_answer():
    random = np.random.default_rng(1)
    queries, corpus = (unit_rows(random.standard_normal((n, 16))) for n in (30, 2_000))
    order = random.permutation(2_000)
    found, shuffled = top_k(queries, corpus, 10), top_k(queries, corpus[order], 10)
    np.testing.assert_array_equal(found.rows, order[shuffled.rows])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: top_k(np.eye(3), np.eye(3), 0), "k is 0"),
        (lambda: top_k(np.eye(3), np.eye(4), 1), "cannot search"),
        (lambda: top_k(np.eye(3), np.empty((0, 3)), 1), "empty"),
        (lambda: top_k_of_scores(np.empty((3, 0)), 1), "shape"),
        (lambda: top_k_of_scores(np.eye(3), -1), "k is -1"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(GapvizError, match=message):
        call()


def test_importing_it_loads_neither_torch_nor_numba():
    code = (
        "import sys, gapviz.retrieval.exact, gapviz.retrieval.sweep;"
        "sys.exit(bool({'torch', 'numba', 'streamlit'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
