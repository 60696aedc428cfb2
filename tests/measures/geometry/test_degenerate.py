import numpy as np
import pytest

from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry.report import Geometry

pytestmark = pytest.mark.filterwarnings("error")
NO_PAIRS = Pairs(np.arange(0), np.arange(0))


def test_one_item_has_a_gap_but_neither_floor_nor_interval():
    x, y = unit_rows([[1.0, 0.0]]), unit_rows([[0.0, 1.0]])
    geometry = Geometry(x, y, Pairs(np.arange(1), np.arange(1)))
    assert geometry.gap.gap == pytest.approx(np.sqrt(2))
    for unknown in (geometry.gap.noise_floor, geometry.gap.low, geometry.gap.high):
        assert np.isnan(unknown)
    assert np.isnan(geometry.gap.separation)
    assert np.isnan(geometry.x.cone)
    assert np.isnan(geometry.auc_matched)


def test_collapsed_clouds_have_no_separation():
    rows = np.random.default_rng(0).standard_normal((2, 1, 7))
    scale = np.arange(1, 8)[:, None]
    x, y = unit_rows(rows[0] * scale), unit_rows(rows[1] * scale)
    geometry = Geometry(x, y, Pairs(np.arange(7), np.arange(7)))
    gap = geometry.gap
    assert all(np.isnan(v) for v in (gap.separation, gap.separation_b, gap.separation_c))
    assert geometry.x.cone == pytest.approx(1)
    assert geometry.constancy.ratio == pytest.approx(1)


def test_without_pairs_the_figures_of_pairs_are_unknown_and_the_rest_is_not():
    rng = np.random.default_rng(0)
    x, y = unit_rows(rng.standard_normal((9, 4))), unit_rows(rng.standard_normal((5, 4)))
    geometry = Geometry(x, y, NO_PAIRS)
    for unknown in (geometry.relative_gap, geometry.alignment, geometry.constancy.ratio):
        assert np.isnan(unknown)
    assert np.isfinite(geometry.gap.low)
    assert geometry.cosines.mismatched == pytest.approx(
        (x.astype(float) @ y.astype(float).T).mean()
    )


def test_sampling_is_told_and_stays_close():
    rng = np.random.default_rng(0)
    x = unit_rows(rng.standard_normal((4200, 6)) + 1)
    y = unit_rows(rng.standard_normal((4200, 6)) - 1)
    rows = np.arange(4200)
    geometry = Geometry(x, y, Pairs(rows, rows))
    assert set(geometry.sampled) == {
        "separation_c", "uniformity", "auc_matched", "d_prime", "threshold", "info_nce",
        "linear_cka", "mutual_knn",
    }  # fmt: skip
    assert geometry.scores.mismatched.mean() == pytest.approx(geometry.cosines.mismatched, abs=3e-3)
    assert geometry.scores.within_x.mean() == pytest.approx(geometry.x.cone, abs=3e-3)
    small = Geometry(x[:50], y[:50], Pairs(rows[:50], rows[:50]))
    assert small.sampled == ()


def test_the_sample_follows_the_seed():
    rng = np.random.default_rng(0)
    x, y = (unit_rows(rng.standard_normal((3000, 4))) for _ in range(2))
    first, again, other = (
        Geometry(x, y, NO_PAIRS, seed=seed).gap.separation_c for seed in (0, 0, 1)
    )
    assert first == again != other
