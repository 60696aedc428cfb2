import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gapviz import GapvizError
from gapviz.core.vectors import unit_rows


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
        elements=st.floats(-1e300, 1e300).filter(lambda value: abs(value) > 1e-10),
    )
)
def test_every_row_comes_out_with_length_one(matrix):
    unit = unit_rows(matrix)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(unit.astype(float), axis=1), 1, atol=2e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint16])
def test_any_numeric_dtype_gives_the_same_directions(dtype):
    matrix = np.array([[3, 4], [8, 6]], dtype=dtype)
    np.testing.assert_allclose(unit_rows(matrix), [[0.6, 0.8], [0.8, 0.6]], atol=1e-7)


@pytest.mark.parametrize("scale", [1e-11, 1e-3, 1e30, 1.7e308])
def test_the_scale_of_a_row_does_not_matter(scale):
    matrix = np.array([[1.0, 1.0, -1.0]])
    np.testing.assert_allclose(unit_rows(matrix * scale), unit_rows(matrix), atol=1e-7)


def test_unit_rows_of_unit_rows_are_the_same_bits():
    once = unit_rows(np.random.default_rng(0).standard_normal((500, 33)))
    assert unit_rows(once).tobytes() == once.tobytes()


def test_blocks_do_not_show():
    matrix = np.random.default_rng(0).standard_normal((5000, 128))
    one_by_one = np.concatenate([unit_rows(row[None]) for row in matrix[::499]])
    np.testing.assert_array_equal(unit_rows(matrix)[::499], one_by_one)


def test_the_callers_array_is_left_alone():
    matrix = np.full((3, 4), 2.0, dtype=np.float32)
    unit_rows(matrix, shift=np.ones(4))
    assert (matrix == 2).all()


def test_a_shift_is_added_before_scaling():
    moved = unit_rows(np.array([[1.0, 0.0]]), shift=np.array([2.0, 4.0]))
    np.testing.assert_allclose(moved, [[0.6, 0.8]], atol=1e-7)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.ones(3), "shape"),
        (np.ones((2, 2, 2)), "shape"),
        (np.ones((0, 3)), "empty"),
        (np.ones((3, 0)), "empty"),
        (np.array([["a", "b"]]), "instead of numbers"),
        (np.array([[1 + 2j]]), "instead of numbers"),
        (np.array([[{}]], dtype=object), "instead of numbers"),
        (np.array([[1.0, 0.0], [np.nan, 1.0]]), "row 1"),
        (np.array([[1.0, 0.0], [np.inf, 1.0]]), "NaN or infinite"),
        (np.array([[1.0, 0.0], [0.0, 0.0]]), "length zero"),
    ],
)
def test_what_has_no_direction_is_refused_with_its_place(matrix, words):
    with pytest.raises(GapvizError, match=words):
        unit_rows(matrix, where="mine")
