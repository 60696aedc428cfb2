"""The λ sweep against moving, renormalising and searching anew at every λ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import unit_rows
from gapviz.retrieval.shifted import ShiftedScores, shifted_rows
from gapviz.retrieval.sweep import Sweep, sweep

NAMES = ("image", "text", "sound")
LAMBDAS = np.array([0.0, 0.3, 1.0, 1.7])

# Two scores this close may stand in either order: both are sums of float32 products.
FLOAT_TIE = 2e-6


def made_up_rows(random, n, dim=16, n_items=20, names=NAMES, in_order=True) -> Rows:
    modality = random.integers(0, len(names), n)
    if in_order:
        modality.sort()
    vectors = unit_rows(random.standard_normal((n, dim)) + 2 * np.eye(dim)[modality])
    return Rows(names, vectors, modality, random.integers(0, n_items, n))


def made_up_directions(random, dim=16):
    return {"image": random.standard_normal(dim) * 0.3, "text": random.standard_normal(dim)}


def moved(rows: Rows, directions, lam):
    zero = np.zeros(rows.vectors.shape[1])
    by_code = np.array([directions.get(name, zero) for name in rows.names])
    vectors = rows.vectors.astype(np.float64) + lam * by_code[rows.modality]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def shifted_scores(queries, corpus, directions) -> ShiftedScores:
    return ShiftedScores(
        queries.vectors @ corpus.vectors.T,
        shifted_rows(queries, directions),
        shifted_rows(corpus, directions),
    )


def recomputed(queries, corpus, directions, lam):
    return moved(queries, directions, lam) @ moved(corpus, directions, lam).T


def assert_equal_sweeps(one: Sweep, other: Sweep) -> None:
    for name in ("own_share", "expected_share", "ndcg"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("query", "ahead", "size", "relevant"):
        of_one, of_other = getattr(one.best, name), getattr(other.best, name)
        np.testing.assert_array_equal(of_one, of_other, err_msg=name)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.booleans())
def test_scores_equal_recomputing(seed, lam, in_order):
    random = np.random.default_rng(seed)
    queries = made_up_rows(random, 30, in_order=in_order)
    corpus = made_up_rows(random, 200, in_order=in_order)
    directions = made_up_directions(random)
    shortest = min(
        np.sqrt(scores.min())
        for scores in (
            np.square(
                rows.vectors
                + lam
                * np.array([directions["image"], directions["text"], np.zeros(16)])[rows.modality]
            ).sum(axis=1)
            for rows in (queries, corpus)
        )
    )
    scores = shifted_scores(queries, corpus, directions).at(lam)
    assert scores.dtype == np.float32
    # What is left of a row that a shift all but cancels carries the float32 error enlarged.
    tolerance = 1e-6 * max(1.0, shortest**-2)
    np.testing.assert_allclose(
        scores, recomputed(queries, corpus, directions, lam), atol=tolerance, rtol=0
    )


@pytest.mark.parametrize("chunk", [1, 700, 10**9])
def test_scores_do_not_depend_on_the_chunk_or_the_output_given(monkeypatch, chunk):
    random = np.random.default_rng(2)
    queries, corpus = made_up_rows(random, 30), made_up_rows(random, 200)
    shifted = shifted_scores(queries, corpus, made_up_directions(random))
    expected = shifted.at(0.7)
    monkeypatch.setattr("gapviz.retrieval.shifted.CHUNK_ENTRIES", chunk)
    out = np.full_like(expected, np.nan)
    assert shifted.at(0.7, out) is out
    np.testing.assert_allclose(out, expected, atol=3e-7)


def test_no_shift_gives_the_plain_cosines():
    random = np.random.default_rng(3)
    queries, corpus = made_up_rows(random, 30), made_up_rows(random, 200)
    shifted = shifted_scores(queries, corpus, made_up_directions(random))
    np.testing.assert_allclose(shifted.at(0.0), shifted.base, atol=3e-7)


def test_a_row_moved_onto_the_origin_scores_nothing_instead_of_nan():
    corpus = Rows(("image",), np.eye(2, dtype=np.float32), np.zeros(2, int), np.arange(2))
    scores = shifted_scores(corpus, corpus, {"image": [1.0, 0.0]}).at(-1.0)
    np.testing.assert_allclose(scores, [[0, 0], [0, 1]], atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_bias_rank_and_ndcg_equal_recomputing_apart_from_float_ties(compiled, in_order):
    random = np.random.default_rng(4)
    queries = made_up_rows(random, 60)
    corpus = made_up_rows(random, 3_000, n_items=900, in_order=in_order)
    directions = made_up_directions(random)
    result = sweep(queries, corpus, directions, LAMBDAS, compiled=compiled)
    ranks_found = result.best.best.rank.reshape(LAMBDAS.size, -1)
    for step, lam in enumerate(LAMBDAS):
        scores = recomputed(queries, corpus, directions, lam)
        for q in range(queries.n_rows):
            same_item = corpus.item == queries.item[q]
            own = corpus.modality == queries.modality[q]
            left = np.where(same_item & own, -np.inf, scores[q])
            matches = np.flatnonzero(same_item & ~own)
            ranks = np.sort([1 + (left > left[match]).sum() for match in matches])
            in_doubt = np.abs(left - left[matches].max(initial=-2)) < FLOAT_TIE
            if not matches.size:
                assert np.isnan(ranks_found[step, q])
                assert np.isnan(result.ndcg[step, q])
            elif in_doubt.sum() == 1:
                assert ranks_found[step, q] == ranks[0]
            order = np.argsort(-left, kind="stable")
            if left[order[9]] - left[order[10]] > FLOAT_TIE:
                assert result.own_share[step, q] == own[order[:10]].mean()
            gaps = np.diff(left[order[:11]])
            if matches.size and np.abs(gaps).min() > FLOAT_TIE:
                gain = sum(1 / np.log2(1 + rank) for rank in ranks if rank <= 10)
                ideal = sum(1 / np.log2(1 + r) for r in range(1, 1 + min(10, matches.size)))
                assert result.ndcg[step, q] == pytest.approx(gain / ideal)
            expected = (own & ~same_item).sum() / (~(same_item & own)).sum()
            assert result.expected_share[q] == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize(("n_queries", "n", "k"), [(1, 1, 1), (5, 7, 10), (50, 5_000, 3)])
def test_the_compiled_sweep_equals_plain_numpy(in_order, n_queries, n, k):
    random = np.random.default_rng(5)
    queries = made_up_rows(random, n_queries)
    corpus = made_up_rows(random, n, n_items=max(20, n // 4), in_order=in_order)
    directions = made_up_directions(random)
    plain, compiled = (
        sweep(queries, corpus, directions, LAMBDAS, k=k, compiled=how) for how in (False, True)
    )
    assert_equal_sweeps(plain, compiled)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("k", [1, 4, 10])
def test_of_many_copies_every_order_counts_at_every_strength(compiled, k):
    random = np.random.default_rng(9)
    queries = made_up_rows(random, 30, n_items=12)
    kinds = made_up_rows(random, 15).vectors
    modality = np.sort(random.integers(0, 3, 150))
    # A kind has rows of every modality, so that no shift makes all of them equal.
    corpus = Rows(NAMES, kinds[random.integers(0, 15, 150)], modality, random.integers(0, 12, 150))
    directions = made_up_directions(random)
    result = sweep(queries, corpus, directions, LAMBDAS, k=k, compiled=compiled)
    ranks = result.best.best.rank.reshape(LAMBDAS.size, -1)
    for step, lam in enumerate(LAMBDAS):
        scores = recomputed(queries, corpus, directions, lam).round(6)
        for q in range(queries.n_rows):
            same = corpus.item == queries.item[q]
            own = corpus.modality == queries.modality[q]
            left = ~(same & own)
            bias, gain, rank, ahead = 0.0, 0.0, np.nan, 0
            for level in np.unique(scores[q, left])[::-1]:
                here = left & (scores[q] == level)
                n, matches = here.sum(), (here & same).sum()
                places = np.arange(ahead + 1, min(ahead + n, k) + 1)
                bias += places.size * (here & own).sum() / n
                gain += (1 / np.log2(1 + places)).sum() * matches / n
                # The first of m among n equals stands at place (n + 1) / (m + 1) on average.
                if matches and np.isnan(rank):
                    rank = ahead + (n + 1) / (matches + 1)
                ahead += n
            ideal = (1 / np.log2(2 + np.arange(min(k, (left & same).sum())))).sum()
            assert result.own_share[step, q] == pytest.approx(bias / k)
            assert ranks[step, q] == pytest.approx(rank, nan_ok=True)
            expected = gain / ideal if ideal else np.nan
            assert result.ndcg[step, q] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("compiled", [False, True])
def test_copies_share_the_rank(compiled):
    # Axis vectors have exact products; rows 1 and 2 are the match's copies, row 3 its item's
    # second match, row 4 the query's own entry.
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 0, 0, 0, 1]]
    corpus = Rows(
        ("image", "text"), vectors, np.array([0, 0, 0, 0, 1, 1]), np.array([7, 8, 9, 7, 7, 8])
    )
    queries = Rows(("image", "text"), vectors[:1], np.array([1]), np.array([7]))
    result = sweep(queries, corpus, {}, [0.0], k=2, compiled=compiled)
    # Two matches among four equals: one is first with chance 1/2.
    assert result.best.best.rank.tolist() == pytest.approx([5 / 3])
    assert result.ndcg.tolist() == [[pytest.approx(0.5)]]
    assert result.own_share.tolist() == [[0.0]]
    assert result.expected_share.tolist() == [0.2]
    assert result.recall(1).tolist() == [[pytest.approx(0.5)]]


@pytest.mark.parametrize("compiled", [False, True])
def test_an_item_without_a_match_or_without_anything_to_search(compiled):
    corpus = Rows(
        ("image", "text"), np.eye(2, dtype=np.float32)[:1], np.zeros(1, int), np.zeros(1, int)
    )
    result = sweep(corpus, corpus, {}, [0.0, 1.0], compiled=compiled)
    assert result.best.query.size == 0
    for nothing in (result.own_share, result.ndcg, result.recall(1)):
        assert np.isnan(nothing).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_shuffling_corpus_and_queries_changes_no_figure(compiled):
    random = np.random.default_rng(6)
    queries, corpus = made_up_rows(random, 40), made_up_rows(random, 800, n_items=100)
    directions = made_up_directions(random)
    result = sweep(queries, corpus, directions, LAMBDAS, compiled=compiled)

    def shuffled(rows, order):
        return Rows(rows.names, rows.vectors[order], rows.modality[order], rows.item[order])

    asked = random.permutation(queries.n_rows)
    again = sweep(
        shuffled(queries, asked),
        shuffled(corpus, random.permutation(corpus.n_rows)),
        directions,
        LAMBDAS,
        compiled=compiled,
    )
    for name in ("own_share", "ndcg"):
        np.testing.assert_allclose(getattr(again, name), getattr(result, name)[:, asked])
    np.testing.assert_allclose(again.recall(5), result.recall(5)[:, asked])


@pytest.mark.slow
def test_tiles_do_not_show(monkeypatch):
    random = np.random.default_rng(8)
    queries, corpus = made_up_rows(random, 40), made_up_rows(random, 800, n_items=100)
    directions = made_up_directions(random)
    whole = [sweep(queries, corpus, directions, LAMBDAS, compiled=how) for how in (False, True)]
    monkeypatch.setattr("gapviz.retrieval.sweep.TILE_QUERIES", 7)
    tiled = [sweep(queries, corpus, directions, LAMBDAS, compiled=how) for how in (False, True)]
    for one, other in zip(whole, tiled, strict=True):
        assert_equal_sweeps(one, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lambdas": []}, "none"),
        ({"lambdas": [np.nan]}, "finite"),
        ({"k": 0}, "k is 0"),
        ({"directions": {"smell": np.zeros(16)}}, "smell"),
        ({"directions": {"text": np.zeros(3)}}, "dimensions"),
        ({"queries": made_up_rows(np.random.default_rng(0), 5, names=("a", "b"))}, "modalities"),
        ({"queries": made_up_rows(np.random.default_rng(0), 5, dim=8)}, "dimensions"),
    ],
)
def test_mistakes_are_told(change, message):
    rows = made_up_rows(np.random.default_rng(0), 30)
    arguments = {"queries": rows, "corpus": rows, "directions": {}, "lambdas": [0.0]} | change
    with pytest.raises(GapvizError, match=message):
        sweep(**arguments)
