"""A picture of moved rows, with and without moving them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gapviz.core.unmoved import RawRows
from gapviz.core.vectors import unit_rows
from gapviz.measures.projection.drawn import Drawn, Shift, ShiftedDrawn
from gapviz.measures.projection.project import project


@pytest.fixture(scope="module")
def vectors():
    random = np.random.default_rng(0)
    shift = np.eye(16)[0]
    return {
        "image": unit_rows(random.standard_normal((200, 16)) * 0.3 + shift),
        "text": unit_rows(random.standard_normal((150, 16)) * 0.3 - shift),
    }


@pytest.fixture(scope="module")
def raw(vectors):
    return RawRows(tuple(vectors), tuple(vectors.values()))


def steps(strength):
    random = np.random.default_rng(1)
    return {name: strength * random.normal(0, 0.1, 16) for name in ("image", "text")}


@pytest.mark.parametrize("method", ["pca", "gap_axis"])
@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("rows", [None, {"image": [5, 2, 9], "text": [8]}])
def test_a_shift_is_drawn_as_if_every_row_had_been_moved(vectors, raw, method, strength, rows):
    basis, by = project(vectors, method=method).basis, steps(strength)
    moved = {name: unit_rows(block + by[name]) for name, block in vectors.items()}
    expected = project(moved, method=method, basis=basis, rows=rows)
    found = project(vectors, method=method, basis=basis, rows=rows, shift=Shift(raw, by))
    assert_allclose(found.points, expected.points, atol=2e-6)
    assert found.axis_titles == expected.axis_titles
    assert found.can_show == expected.can_show
    assert_array_equal(found.row, expected.row)


def test_the_variance_is_that_of_the_drawn_rows(vectors):
    for rows in ({"image": np.arange(200), "text": np.arange(150)},
                 {"image": np.array([1, 7]), "text": np.array([3])}):  # fmt: skip
        drawn = Drawn(vectors, rows, 0)
        exact = drawn.pooled.astype(np.float64).var(axis=0).sum()
        assert drawn.total_variance() == pytest.approx(exact, rel=1e-9)
    same = {name: np.tile(block[:1], (5, 1)) for name, block in vectors.items()}
    alike = Drawn({"image": same["image"]}, {"image": np.arange(5)}, 0)
    assert alike.total_variance() == pytest.approx(0, abs=1e-6)


def test_a_row_that_hardly_keeps_any_length_is_not_trusted_to_products(vectors, raw):
    towards = {name: -block[0].astype(np.float64) for name, block in vectors.items()}
    assert not Shift(raw, towards).is_exact
    assert Shift(raw, steps(1.0)).is_exact


def test_no_row_is_moved_for_it(vectors, raw, monkeypatch):
    rows = {name: np.arange(len(block)) for name, block in vectors.items()}
    basis = project(vectors, method="pca").basis
    drawn = ShiftedDrawn(vectors, rows, 0, Shift(raw, steps(0.5)))
    drawn.points(basis)
    # Another strength takes no product with the rows again.
    monkeypatch.setattr(RawRows, "blocks", None, raising=False)
    again = ShiftedDrawn(vectors, rows, 0, Shift(raw, steps(0.7)))
    assert again.points(basis).shape == (350, 2)
