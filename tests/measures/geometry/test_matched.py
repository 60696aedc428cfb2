"""The distance of matched pairs taken apart, and whether both clouds are arranged alike."""

from importlib import import_module
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from gapviz.core.pairs import Pairs, matching_rows
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry import matched
from gapviz.measures.geometry.matched import linear_cka, mutual_neighbours
from gapviz.measures.geometry.report import Geometry


def rows_with_captions(seed, n_items, dim, most):
    """Images, and one to `most` captions each, in any order; the last image has none."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(
        np.repeat(np.arange(n_items - 1), rng.integers(1, most + 1, n_items - 1))
    )
    x = unit_rows(rng.standard_normal((n_items, dim)) + 1)
    y = unit_rows(x[owner] + rng.standard_normal((owner.size, dim)) - 1)
    return x, y, matching_rows(np.arange(n_items), owner)


def clouds(n=60, dim=12, seed=0):
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n, dim))
    return tuple(unit_rows(meaning + rng.standard_normal((n, dim)) + s) for s in (1, -1))


def one_to_one(n):
    return Pairs(np.arange(n), np.arange(n))


@given(st.integers(0, 9_999), st.integers(3, 30), st.integers(2, 12), st.integers(1, 5))
@settings(max_examples=40)
def test_squared_gap_and_residual_add_up_to_the_alignment(seed, n_items, dim, most):
    x, y, pairs = rows_with_captions(seed, n_items, dim, most)
    geometry = Geometry(x, y, pairs)
    a, b = x[pairs.rows_a].astype(float), y[pairs.rows_b].astype(float)
    residual = (((a - a.mean(axis=0)) - (b - b.mean(axis=0))) ** 2).sum(axis=1).mean()
    found = geometry.differences
    assert found.squared_gap == pytest.approx(((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum())
    assert found.residual == pytest.approx(residual, abs=1e-12)
    total = ((a - b) ** 2).sum(axis=1).mean()
    assert found.squared_gap + found.residual == pytest.approx(total, rel=1e-12)
    assert geometry.alignment == pytest.approx(total, abs=1e-5)


def test_over_rows_instead_of_pairs_the_sum_would_not_hold():
    x, y, pairs = rows_with_captions(0, 20, 6, 5)
    geometry = Geometry(x, y, pairs)
    assert geometry.gap.gap**2 != pytest.approx(geometry.differences.squared_gap, rel=1e-3)
    alone = Geometry(*clouds(), one_to_one(60))
    assert alone.gap.gap**2 == pytest.approx(alone.differences.squared_gap)


@pytest.mark.parametrize(("n", "dim"), [(60, 12), (10, 64)])
def test_the_spectrum_of_the_residual_is_that_of_the_differences(n, dim):
    x, y = clouds(n, dim)
    geometry = Geometry(x, y, one_to_one(n))
    pca = PCA().fit(x.astype(float) - y.astype(float))
    found = geometry.residual_spectrum
    shares = pca.explained_variance_ratio_
    np.testing.assert_allclose(found.shares[: shares.size], shares, atol=1e-9)
    assert pca.explained_variance_.sum() * (n - 1) / n == pytest.approx(
        geometry.differences.residual
    )
    assert found.participation_ratio == pytest.approx(1 / (shares**2).sum())


def by_gram(x, y):
    """Kornblith et al. 2019: HSIC(K, L) / √(HSIC(K, K) · HSIC(L, L)) with the centring matrix."""
    h = np.eye(len(x)) - 1 / len(x)
    k, l = (h @ (rows.astype(float) @ rows.T.astype(float)) @ h for rows in (x, y))  # noqa: E741
    return np.trace(k @ l) / np.sqrt(np.trace(k @ k) * np.trace(l @ l))


@pytest.mark.parametrize(("n", "dim"), [(60, 12), (10, 64)])
def test_cka_agrees_with_the_gram_matrices(n, dim):
    x, y = clouds(n, dim)
    assert linear_cka(x, y)[0] == pytest.approx(by_gram(x, y))


def test_chance_is_the_mean_over_all_ways_to_pair_the_rows():
    x, y = clouds(6, 4)
    shuffled = [linear_cka(x, y[list(order)])[0] for order in permutations(range(6))]
    assert linear_cka(x, y)[1] == pytest.approx(np.mean(shuffled))
    overlaps = [mutual_neighbours(x, y[list(order)], 2)[0] for order in permutations(range(6))]
    assert mutual_neighbours(x, y, 2)[1] == pytest.approx(np.mean(overlaps)) == 2 / 5


def test_a_rotation_of_one_cloud_changes_neither_cka_nor_neighbours():
    x, y = clouds(n=80)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((12, 12)))[0]
    turned = (y.astype(float) @ turn).astype(np.float32)
    assert linear_cka(x, turned) == pytest.approx(linear_cka(x, y), abs=1e-5)
    assert mutual_neighbours(x, turned) == pytest.approx(mutual_neighbours(x, y))
    assert linear_cka(y, turned)[0] == pytest.approx(1, abs=1e-6)
    assert mutual_neighbours(y, turned)[0] == pytest.approx(1)


@pytest.mark.parametrize("block", [7, 512])
def test_mutual_neighbours_are_counted_as_by_hand(block, monkeypatch):
    monkeypatch.setattr(matched, "_BLOCK", block)
    x, y = clouds(n=50)

    def lists(rows):
        scores = rows @ rows.T
        np.fill_diagonal(scores, -2)
        return [set(row) for row in np.argsort(-scores, axis=1)[:, :10]]

    shared = [len(a & b) for a, b in zip(lists(x), lists(y), strict=True)]
    assert mutual_neighbours(x, y)[0] == pytest.approx(np.mean(shared) / 10)


def test_equally_near_neighbours_count_as_every_order_of_them():
    circle = np.array([[np.cos(a), np.sin(a)] for a in (0.0, 0.0, 0.0, 1.0, 2.0)])
    x, y = unit_rows(circle), unit_rows(circle[[0, 3, 1, 2, 4]])

    def lists(rows, i):
        """Every list of two that some order of equal scores gives."""
        scores = (rows @ rows[i]).round(6)
        others = [j for j in range(5) if j != i]
        orders = [sorted(order, key=lambda j: -scores[j]) for order in permutations(others)]
        return [set(order[:2]) for order in orders]

    means = [np.mean([len(a & b) for a, b in product(lists(x, i), lists(y, i))]) for i in range(5)]
    assert mutual_neighbours(x, y, 2)[0] == pytest.approx(np.mean(means) / 2)


def test_only_the_first_pair_of_an_item_says_whether_clouds_agree():
    x, y = clouds(n=40)
    once = Geometry(x, y, one_to_one(40))
    owner = np.concatenate([np.arange(40), np.repeat(np.arange(40), 3)])
    captions = np.concatenate([y, np.repeat(y, 3, axis=0)[::-1]])
    again = Geometry(x, captions, matching_rows(np.arange(40), owner))
    assert again.agreement == once.agreement


def test_of_many_items_a_seeded_sample_is_compared(monkeypatch):
    module = import_module("gapviz.measures.geometry.matched")
    monkeypatch.setattr(module, "MOST_PAIRS", 30)
    x, y = clouds(n=200)
    one, again, other = (Geometry(x, y, one_to_one(200), seed=seed).agreement for seed in (0, 0, 1))
    assert one == again != other
    assert one.chance_mutual_knn == 10 / 29


def test_what_cannot_be_compared_is_unknown():
    x, y = clouds(n=11)
    few = Geometry(x, y, one_to_one(11)).agreement
    assert np.isnan(few.mutual_knn) and few.cka > 0  # each list would hold all others
    assert np.isnan(Geometry(x[:1], y[:1], one_to_one(1)).agreement.cka)
    nothing = Geometry(x, y, Pairs(np.arange(0), np.arange(0)))
    assert np.isnan([nothing.differences.residual, nothing.residual_spectrum.shares[0]]).all()
    point = unit_rows(np.ones((20, 3)))
    assert np.isnan(linear_cka(point, clouds(20, 3)[0])[0])
