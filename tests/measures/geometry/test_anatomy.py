import numpy as np
import pytest
from scipy.stats import skew
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from gapviz import GapvizError
from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry.anatomy import (
    ablation_curve,
    clustered_heat_map,
    hubness,
    plane_point,
)
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.spectrum import spectrum
from gapviz.retrieval.exact import top_k, top_k_of_scores
from gapviz.sources.files import read


def clouds(n=80, dim=10, seed=0):
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n, dim))
    shift = np.zeros(dim)
    shift[[2, 7]] = 3.0, 1.0
    x, y = (unit_rows(meaning + 0.3 * rng.standard_normal((n, dim)) + s * shift) for s in (1, -1))
    return x, y, Pairs(np.arange(n), np.arange(n))


def test_nothing_removed_is_the_gap_itself_and_the_order_is_by_size():
    x, y, pairs = clouds()
    curve = ablation_curve(x, y, pairs, counts=(0, 1, 2))
    geometry = Geometry(x, y, pairs)
    assert curve.gap[0] == curve.control_gap[0] == pytest.approx(geometry.gap.gap)
    assert curve.share == pytest.approx([0, geometry.shares.top(1), geometry.shares.top(2)])


def test_removing_the_two_dimensions_that_hold_the_gap_closes_it():
    x, y, pairs = clouds()
    curve = ablation_curve(x, y, pairs, counts=(0, 1, 2))
    assert curve.gap[2] < 0.2 * curve.gap[0]
    assert curve.control_gap[2] > 0.5 * curve.gap[0]
    kept = np.delete(np.arange(10), [2, 7])
    left, right = unit_rows(x[:, kept]), unit_rows(y[:, kept])
    assert curve.gap[2] == pytest.approx(np.linalg.norm(left.mean(0) - right.mean(0)), abs=1e-6)
    scores = left @ right.T
    assert curve.recall_x_to_y[2] == (scores.argmax(axis=1) == np.arange(80)).mean()
    assert curve.recall_y_to_x[2] == (scores.argmax(axis=0) == np.arange(80)).mean()


def test_an_order_fitted_elsewhere_is_used():
    x, y, pairs = clouds()
    delta = np.arange(10.0)
    curve = ablation_curve(x, y, pairs, delta=delta, counts=(1,))
    own = x.astype(float).mean(axis=0) - y.astype(float).mean(axis=0)
    assert curve.share[0] == pytest.approx(own[9] ** 2 / (own @ own))


def test_without_pairs_there_is_no_recall_and_not_all_dimensions_can_go():
    x, y, _ = clouds()
    none = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    curve = ablation_curve(x, y, none, counts=(0, 3, 10, 50))
    assert curve.removed.tolist() == [0, 3]
    assert np.isnan(curve.recall_x_to_y).all()
    with pytest.raises(GapvizError, match="fewer dimensions"):
        axes = np.eye(4, dtype=np.float32)
        ablation_curve(axes, axes[::-1], none, counts=(3,))


def test_the_heat_map_puts_like_beside_like():
    rng = np.random.default_rng(1)
    kind = rng.permutation(np.repeat([0, 1, 2], 12))
    rows = unit_rows(np.eye(6)[kind] + 0.1 * rng.standard_normal((36, 6)))
    pairs = Pairs(np.arange(36), np.arange(36))
    shown = clustered_heat_map(rows, rows[:, ::-1].copy(), pairs)
    assert sorted(shown.pairs.tolist()) == list(range(36))
    assert np.count_nonzero(np.diff(kind[shown.pairs])) == 2
    stacked = np.concatenate([rows[shown.pairs], rows[shown.pairs][:, ::-1]])
    np.testing.assert_allclose(shown.cosines, stacked @ stacked.T, atol=1e-6)
    assert not shown.sampled


def test_a_large_heat_map_is_sampled_by_the_seed():
    x, y, pairs = clouds()
    one, again, other = (
        clustered_heat_map(x, y, pairs, n_items=20, seed=seed) for seed in (0, 0, 1)
    )
    assert one.sampled and one.cosines.shape == (40, 40)
    np.testing.assert_array_equal(one.pairs, again.pairs)
    assert set(one.pairs.tolist()) != set(other.pairs.tolist())


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_pairs_is_drawn(n):
    x, y, _ = clouds()
    few = Pairs(np.arange(n), np.arange(n))
    assert clustered_heat_map(x, y, few).cosines.shape == (2 * n, 2 * n)
    with pytest.raises(GapvizError, match="no matched pairs"):
        clustered_heat_map(x, y, Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64)))


def test_the_spectrum_is_that_of_scikit_learns_components():
    x, _, _ = clouds()
    found = spectrum(x)
    expected = PCA().fit(x.astype(np.float64)).explained_variance_ratio_
    np.testing.assert_allclose(found.shares, expected, atol=1e-9)
    assert 1 <= found.participation_ratio <= found.effective_rank <= 10


def test_an_even_cloud_has_full_rank_and_a_point_has_none():
    axes = np.concatenate([np.eye(5), -np.eye(5)]).astype(np.float32)
    assert spectrum(axes).effective_rank == pytest.approx(5)
    assert spectrum(axes).participation_ratio == pytest.approx(5)
    assert np.isnan(spectrum(np.repeat(axes[:1], 4, axis=0)).effective_rank)


@pytest.mark.parametrize("itself", [False, True])
def test_occurrences_are_those_of_scikit_learns_neighbours(itself):
    x, y, _ = clouds()
    gallery = x if itself else y
    near = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(gallery)
    lists = near.kneighbors(None if itself else x, return_distance=False)[:, :5]
    expected = np.bincount(lists.ravel(), minlength=80)
    scores = x @ gallery.T
    if itself:
        np.fill_diagonal(scores, -np.inf)
    found = hubness(top_k_of_scores(scores, 5).rows, 80, 5)
    np.testing.assert_array_equal(found.occurrences, expected)
    assert found.skew == pytest.approx(skew(expected))
    assert found.anti_hub_share == (expected == 0).mean()
    assert found.largest_share == pytest.approx(expected.max() / expected.sum())


def test_one_row_that_is_near_to_all_is_a_hub():
    rng = np.random.default_rng(0)
    queries = unit_rows(rng.standard_normal((100, 20)) + 2)
    gallery = unit_rows(rng.standard_normal((200, 20)))
    gallery[0] = unit_rows(np.ones((1, 20)))[0]
    found = hubness(top_k(queries, gallery, 1).rows, 200, 1)
    assert found.occurrences[0] > 90
    assert found.skew > 5


def test_the_point_of_the_plane_agrees_with_the_geometry():
    x, y, pairs = clouds()
    point, geometry = plane_point(x, y, pairs), Geometry(x, y, pairs)
    assert point.alignment == pytest.approx(geometry.alignment)
    assert point.uniformity == pytest.approx(geometry.uniformity.joint)


@pytest.mark.reference
def test_two_dimensions_hold_the_gap_of_clip(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    x, y = (collection.modality(name).vectors for name in ("image", "text"))
    curve = ablation_curve(x, y, collection.pairs("image", "text"), counts=(0, 2))
    assert curve.share[1] == pytest.approx(0.6858, abs=5.1e-5)
    assert curve.recall_x_to_y[0] == pytest.approx(0.552)
    assert curve.gap[1] < 0.75 * curve.gap[0]


def test_few_rows_in_many_dimensions_have_the_spectrum_of_their_covariance():
    rows = unit_rows(np.random.default_rng(0).standard_normal((12, 60)))
    centred = rows.astype(np.float64) - rows.astype(np.float64).mean(axis=0)
    values = np.linalg.eigvalsh(centred.T @ centred / 12)[::-1]
    found = spectrum(rows)
    np.testing.assert_allclose(found.shares, np.maximum(values, 0) / values.sum(), atol=1e-12)
    assert found.shares.shape == (60,)
