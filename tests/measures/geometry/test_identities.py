"""Identities that hold for any clouds, after Liang et al. 2022 and Wang & Isola 2020."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from sklearn.metrics import roc_auc_score

from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry.report import Geometry

quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def clouds(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, dim = draw(st.integers(2, 30)), draw(st.integers(2, 12))
    cone = draw(st.floats(0, 5))
    x = unit_rows(rng.standard_normal((n, dim)) + cone * rng.standard_normal(dim))
    y = unit_rows(rng.standard_normal((n, dim)) + cone * rng.standard_normal(dim))
    return x, y


def one_to_one(n):
    return Pairs(np.arange(n), np.arange(n))


def measured(x, y):
    return Geometry(x, y, one_to_one(len(x)))


def scalars(geometry):
    return {
        "gap": geometry.gap.gap,
        "low": geometry.gap.low,
        "floor": geometry.gap.noise_floor,
        "debiased": geometry.gap.debiased.value,
        "a": geometry.gap.separation,
        "b": geometry.gap.separation_b,
        "c": geometry.gap.separation_c,
        "rmg": geometry.relative_gap,
        "constancy": geometry.constancy.ratio,
        "constancy cosine": geometry.constancy.mean_cosine,
        "cone": geometry.x.cone,
        "norm": geometry.y.mean_norm,
        "matched": geometry.cosines.matched,
        "mismatched": geometry.cosines.mismatched,
        "alignment": geometry.alignment,
        "uniformity x": geometry.uniformity.x,
        "uniformity joint": geometry.uniformity.joint,
        "uniformity cross": geometry.uniformity.cross,
        "d'": geometry.d_prime,
        "threshold": geometry.threshold.threshold,
        "nce": geometry.info_nce,
        "pc1": geometry.principal_axis.variance_share,
        "squared gap of pairs": geometry.differences.squared_gap,
        "residual": geometry.differences.residual,
        "residual spread": geometry.residual_spectrum.participation_ratio,
        "cka": geometry.agreement.cka,
    }


@given(clouds())
@quick
def test_squared_gap_is_the_mean_of_the_cosine_blocks(pair):
    x, y = (rows.astype(float) for rows in pair)
    blocks = (x @ x.T).mean() + (y @ y.T).mean() - 2 * (x @ y.T).mean()
    assert measured(*pair).gap.gap ** 2 == pytest.approx(blocks, abs=1e-9)


@given(clouds())
@quick
def test_rms_distance_follows_from_the_norm_of_the_centroid(pair):
    cloud = measured(*pair).x
    assert cloud.rms_distance == pytest.approx(np.sqrt(max(0.0, 1 - cloud.mean_norm**2)), abs=1e-5)


@given(clouds())
@quick
def test_alignment_is_the_mean_squared_distance_of_matched_rows(pair):
    x, y = (rows.astype(float) for rows in pair)
    geometry = measured(*pair)
    assert geometry.alignment == pytest.approx(((x - y) ** 2).sum(axis=1).mean(), abs=1e-6)
    assert geometry.alignment == pytest.approx(2 - 2 * geometry.cosines.matched)


@given(clouds(), st.integers(0, 99))
@quick
def test_a_common_rotation_changes_only_the_dimension_shares(pair, seed):
    dim = pair[0].shape[1]
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))[0]
    turned = measured(*(unit_rows(rows.astype(float) @ rotation) for rows in pair))
    assert scalars(turned) == pytest.approx(
        scalars(measured(*pair)), rel=2e-4, abs=2e-4, nan_ok=True
    )


@given(clouds(), st.integers(0, 99))
@quick
def test_the_order_of_the_items_does_not_matter(pair, seed):
    shuffled = np.random.default_rng(seed).permutation(len(pair[0]))
    again = measured(*(rows[shuffled] for rows in pair))
    assert scalars(again) == pytest.approx(
        scalars(measured(*pair)), rel=1e-7, abs=1e-9, nan_ok=True
    )


@given(clouds())
@quick
def test_swapping_the_modalities_keeps_the_symmetric_figures(pair):
    one, other = measured(*pair), measured(*pair[::-1])
    for figure in ("gap", "separation", "separation_b", "separation_c", "noise_floor", "low"):
        assert getattr(one.gap, figure) == pytest.approx(getattr(other.gap, figure), nan_ok=True)
    assert one.relative_gap == pytest.approx(other.relative_gap)
    assert one.info_nce == pytest.approx(other.info_nce)


@given(clouds())
@quick
def test_distances_and_uniformity_agree_with_scipy(pair):
    x, y = (rows.astype(float) for rows in pair)
    geometry = measured(*pair)
    spread = (pdist(x).mean() + pdist(y).mean()) / 2
    assert geometry.gap.separation_c == pytest.approx(geometry.gap.gap / spread, rel=1e-4)
    pooled = np.exp(-2 * pdist(np.concatenate([x, y]), "sqeuclidean")).mean()
    assert geometry.uniformity.joint == pytest.approx(np.log(pooled), abs=1e-5)
    across = np.exp(-2 * cdist(x, y, "sqeuclidean")).mean()
    assert geometry.uniformity.cross == pytest.approx(np.log(across), abs=1e-5)
    within = np.exp(-2 * pdist(x, "sqeuclidean")).mean()
    assert geometry.uniformity.x == pytest.approx(np.log(within), abs=1e-5)


@given(clouds())
@quick
def test_auc_agrees_with_scikit_learn(pair):
    x, y = (rows.astype(float) for rows in pair)
    auc = roc_auc_score(np.eye(len(x)).ravel(), (x @ y.T).ravel())
    assert measured(*pair).auc_matched == pytest.approx(auc)


@given(clouds())
@quick
def test_shares_of_the_dimensions_sum_to_one_and_fall(pair):
    shares = measured(*pair).shares
    assert shares.shares.sum() == pytest.approx(1)
    assert (np.diff(shares.shares) <= 0).all()
    assert 1 <= shares.participation_ratio <= pair[0].shape[1] + 1e-9
    assert sorted(shares.order) == list(range(pair[0].shape[1]))


def test_a_pure_translation_has_constancy_one():
    rng = np.random.default_rng(0)
    flat = unit_rows(rng.standard_normal((20, 3)))
    x = np.concatenate([flat * 0.6, np.full((20, 1), 0.8)], axis=1)
    y = np.concatenate([flat * 0.6, np.full((20, 1), -0.8)], axis=1)
    geometry = measured(unit_rows(x), unit_rows(y))
    assert geometry.constancy.ratio == pytest.approx(1, abs=1e-6)
    assert geometry.constancy.mean_cosine == pytest.approx(1, abs=1e-6)
    assert geometry.shares.order[0] == 3
    assert geometry.shares.participation_ratio == pytest.approx(1, abs=1e-6)


def test_equal_clouds_have_no_gap_and_perfect_rmg():
    x = unit_rows(np.random.default_rng(0).standard_normal((20, 5)))
    geometry = measured(x, x)
    assert geometry.gap.gap == 0
    assert geometry.relative_gap == pytest.approx(0, abs=1e-7)
    assert geometry.auc_matched == pytest.approx(1)
    assert np.isnan(geometry.shares.participation_ratio)


def test_opposite_points_have_the_largest_gap():
    x = unit_rows(np.tile([1.0, 0.0], (5, 1)))
    assert measured(x, -x).gap.gap == pytest.approx(2)
