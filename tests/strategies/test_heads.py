"""Which modalities the first k have, against every order of the equals."""

from itertools import permutations
from math import comb

import numpy as np
import pytest

from gapviz.core.rows import Rows
from gapviz.strategies.fusion import ONE_LIST, Asked, ItemFusion, RankFusion, ScoreFusion
from gapviz.strategies.fusion.base import Fusion
from gapviz.strategies.fusion.heads import chance_of_any, targets_of

OWN = 1
MODALITY = np.array([0, 0, 1, 1, 2, 2])
ROWS = Rows(("a", "b", "c"), np.eye(6, dtype=np.float32), MODALITY, np.arange(6))
SCORES = np.array(
    [
        [0.9, 0.5, 0.5, 0.5, 0.5, 0.1],
        [0.5, 0.5, -np.inf, 0.5, 0.5, 0.5],
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        [0.5, 0.3, 0.7, 0.5, 0.5, 0.5],
    ],
    dtype=np.float32,
)


def asked(scores=SCORES):
    nothing = np.zeros(0, dtype=np.int64)
    return Asked(
        ROWS, scores, np.arange(len(scores)), OWN, nothing, nothing, np.isinf(scores).sum(axis=1)
    )


def by_every_order(scores, k, key=lambda row: 0):
    """Share and hit of each modality, mean over all orders of equal scores and `key`."""
    open_rows = [row for row in range(6) if np.isfinite(scores[row])]
    shares, hits = [], []
    for order in permutations(open_rows):
        by_turn = sorted(order, key=lambda row: (-scores[row], key(row)))
        first = MODALITY[by_turn[:k]]
        counts = np.bincount(first, minlength=3)
        shares.append(counts / len(first))
        hits.append(counts > 0)
    return np.mean(shares, axis=0), np.mean(hits, axis=0)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("ties", "key"),
    [
        ("shared", lambda row: 0),
        ("own-first", lambda row: MODALITY[row] != OWN),
        ("other-first", lambda row: MODALITY[row] == OWN),
    ],
)
def test_of_one_list_they_are_means_over_every_order_of_the_equals(k, ties, key):
    found = targets_of(asked(), SCORES, k, ties)
    for query, scores in enumerate(SCORES):
        share, hit = by_every_order(scores, k, key)
        assert found.share[query] == pytest.approx(share), query
        assert found.hit[query] == pytest.approx(hit), query


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_fused_by_rank_they_are_means_over_every_order_of_equal_ranks(k):
    scores = SCORES[2:3]
    found = RankFusion().targets(asked(scores), k)
    # The lists of two entries each take turns: three entries of the first rank, then three.
    fused = np.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0])
    share, hit = by_every_order(fused, k)
    assert found.share[0] == pytest.approx(share) and found.hit[0] == pytest.approx(hit)


def test_a_list_of_more_weight_stands_first():
    found = RankFusion(weights=(("c", 2.0),)).targets(asked(), 2)
    assert found.share.tolist() == [[0, 0, 1]] * 4 and found.hit.tolist() == [[0, 0, 1]] * 4


def test_merged_by_score_the_scores_of_each_list_are_rescaled_first():
    # By min-max the best of every list ties at 1.
    found = ScoreFusion("min-max").targets(asked(SCORES[2:3]), 3)
    assert found.share[0] == pytest.approx([1 / 3] * 3) and found.hit[0] == pytest.approx([1] * 3)


def test_items_have_no_one_modality():
    found = ItemFusion("max").targets(asked(), 3)
    assert np.isnan(found.share).all() and np.isnan(found.hit).all()


@pytest.mark.parametrize("k", [2, 10])
def test_in_parts_of_the_corpus_they_are_those_of_the_part_alone(k):
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((6, 6)).astype(np.float32)
    scores[[2, 3], [2, 3]] = -np.inf
    kept = rng.random((6, 8)) < 0.7
    several = asked(scores)
    quick, slow = (
        which(ONE_LIST, several, k, kept)
        for which in (type(ONE_LIST).targets_of_parts, Fusion.targets_of_parts)
    )
    assert quick.share == pytest.approx(slow.share, nan_ok=True)
    assert quick.hit == pytest.approx(slow.hit, nan_ok=True)
    assert np.isnan(quick.share).any() and not np.isnan(quick.share).all()


def test_the_chance_of_any_is_hypergeometric():
    cases = [(5, 2, 2), (9, 3, 4), (4, 4, 1), (6, 0, 3), (3, 2, 0), (400, 7, 90)]
    expected = [1 - comb(n - wanted, drawn) / comb(n, drawn) for n, wanted, drawn in cases]
    n, wanted, drawn = np.array(cases).T
    assert chance_of_any(drawn, wanted, n) == pytest.approx(expected)
