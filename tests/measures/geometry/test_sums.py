"""Sums of shards, merged in any order, are those of the whole."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.core.pairs import Pairs
from gapviz.core.vectors import unit_rows
from gapviz.measures.geometry.centroids import cloud_of
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.spectrum import spectrum_of_covariance
from gapviz.measures.geometry.sums import EXACT_ROWS, RowSums, Sums

LAST_DIGIT = 12
"""Digits that JSON readers hold figures to; a terminal shows four."""


@st.composite
def sharded_clouds(draw):
    """Two clouds, where they are cut, and the order in which the shards arrive."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, dim = draw(st.integers(2, 60)), draw(st.integers(2, 12))
    cone = draw(st.sampled_from([0.0, 1.0, 30.0, 1e4]))
    x = unit_rows(rng.standard_normal((n, dim)) + cone * rng.standard_normal(dim))
    y = unit_rows(x + draw(st.sampled_from([0.0, 1e-5, 0.5])) * rng.standard_normal((n, dim)))
    cuts = sorted(draw(st.sets(st.integers(1, n - 1), max_size=6)))
    return x, y, draw(st.permutations([*zip([0, *cuts], [*cuts, n], strict=True)]))


def exact_parts(sums):
    pairs = sums.pairs
    return (sums.x, sums.y, pairs.n, pairs.difference, pairs.excess, pairs.product,
            pairs.histogram.tolist(), sums.pooled.total, sums.differences.total)  # fmt: skip


def figures(sums):
    """Every closed form, as it is read from sums."""
    spectrum = spectrum_of_covariance(sums.differences.covariance, len(sums.x.total))
    return np.array([
        *(getattr(cloud_of(side, 0.0), name)
          for side in (sums.x, sums.y) for name in ("mean_norm", "cone", "rms_distance")),
        np.linalg.norm(sums.x.mean - sums.y.mean), sums.pairs.mean_product,
        sums.pairs.mean_square, *np.linalg.eigvalsh(sums.pooled.covariance)[-2:],
        spectrum.participation_ratio,
    ])  # fmt: skip


@given(sharded_clouds())
@settings(max_examples=60)
def test_merged_shards_are_the_whole_bit_for_bit(clouds):
    x, y, spans = clouds
    whole = Sums.of(x, y)
    merged = reduce(Sums.merge, (Sums.of(x[a:b], y[a:b]) for a, b in spans))
    assert exact_parts(merged) == exact_parts(whole)


@given(sharded_clouds())
@settings(max_examples=60)
def test_merged_shards_give_every_figure_to_the_last_digit(clouds):
    x, y, spans = clouds
    merged = reduce(Sums.merge, (Sums.of(x[a:b], y[a:b]) for a, b in spans))
    np.testing.assert_array_equal(
        figures(merged).round(LAST_DIGIT), figures(Sums.of(x, y)).round(LAST_DIGIT)
    )


@given(sharded_clouds())
@settings(max_examples=30)
def test_figures_are_those_of_the_plain_formulas(clouds):
    x, y, _ = clouds
    sums, wide = Sums.of(x, y), [rows.astype(np.longdouble) for rows in (x, y)]
    np.testing.assert_allclose(sums.x.mean, wide[0].mean(axis=0), atol=1e-12)
    square = ((wide[0] - wide[1]) ** 2).sum(axis=1).mean()
    assert sums.pairs.mean_square == pytest.approx(float(square), abs=1e-13)
    pooled = np.cov(np.concatenate(wide).astype(np.float64).T, bias=True)
    np.testing.assert_allclose(sums.pooled.covariance, pooled, atol=1e-13)


def test_sums_longer_than_a_block_are_exact():
    rows = np.zeros((3 * EXACT_ROWS + 1, 2), dtype=np.float32)
    rows[:, 0] = 1
    assert RowSums.of(rows).mean.tolist() == [1.0, 0.0]
    assert RowSums.of(rows).mean_square == 1.0


def test_the_histogram_holds_every_pair_at_its_cosine():
    rows = unit_rows(np.random.default_rng(0).standard_normal((50, 8)))
    counts = Sums.of(rows, -rows).pairs.histogram
    assert counts.sum() == counts[0] == 50
    assert Sums.of(rows, rows).pairs.histogram[-1] == 50


def test_what_is_in_memory_is_read_from_the_same_sums():
    rng = np.random.default_rng(0)
    x, y = (unit_rows(rng.standard_normal((40, 6)) + side) for side in (0.5, -0.5))
    geometry, sums = Geometry(x, y, Pairs(np.arange(40), np.arange(40))), Sums.of(x, y)
    assert geometry.x.centroid.tolist() == sums.x.mean.tolist()
    assert geometry.pair_sums.product == sums.pairs.product
    assert geometry.alignment == pytest.approx(sums.pairs.mean_square, abs=1e-6)
