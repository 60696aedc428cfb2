"""What lies within a line, against the definition of within."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from gapviz.measures.projection.lasso import points_within

POINTS = np.random.default_rng(0).uniform(-1, 1, (3_000, 2)).astype(np.float32)


def by_definition(outline, point):
    """Whether a ray to the right crosses the outline an odd number of times."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


corner = st.tuples(*2 * [st.floats(-1.2, 1.2, allow_nan=False)])


@given(st.lists(corner, min_size=3, max_size=12))
def test_every_point_is_within_or_not_by_the_even_odd_rule(corners):
    outline, some = np.array(corners), POINTS[:60]
    expected = [by_definition(outline, point) for point in some.astype(np.float64)]
    assert_array_equal(points_within(outline, some), expected)


def test_a_star_holds_its_arms_and_not_what_is_between_them():
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    lengths = np.where(np.arange(24) % 2, 0.35, 0.95)
    star = np.column_stack([np.cos(turns), np.sin(turns)]) * lengths[:, None]
    found = points_within(star, POINTS)
    expected = [by_definition(star, point) for point in POINTS.astype(np.float64)]
    assert_array_equal(found, expected)
    assert found[np.linalg.norm(POINTS, axis=1) < 0.3].all()
    assert 0 < found.sum() < (np.linalg.norm(POINTS, axis=1) < 0.95).sum()


def test_the_direction_and_the_first_corner_of_a_line_do_not_matter():
    outline = np.array([(-0.8, -0.8), (0.9, -0.5), (0.1, 0.9), (0.0, -0.2)])
    found = points_within(outline, POINTS)
    assert 0 < found.sum() < len(POINTS)
    assert_array_equal(points_within(outline[::-1], POINTS), found)
    assert_array_equal(points_within(np.roll(outline, 2, axis=0), POINTS), found)


def test_where_a_line_crosses_itself_the_middle_is_outside():
    turns = np.array([0, 2, 4, 1, 3]) * 2 * np.pi / 5
    pentagram = np.column_stack([np.sin(turns), np.cos(turns)])
    middle, tip = np.array([[0.0, 0.0], [0.0, 0.8]], dtype=np.float32)
    assert points_within(pentagram, np.array([middle, tip])).tolist() == [False, True]


@pytest.mark.parametrize("n_corners", [0, 1, 2])
def test_no_line_around_anything_holds_nothing(n_corners):
    assert not points_within(np.zeros((n_corners, 2)), POINTS).any()
