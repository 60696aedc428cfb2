"""The clouds of the tour: what is called out, and where."""

import numpy as np
import pytest

from gapviz.figures.cones import shared_ranges
from gapviz.figures.tour import CALLED_OUT, across_height, called_out_cones
from gapviz.measures.projection.project import project


@pytest.fixture(scope="module")
def layout():
    rng = np.random.default_rng(3)
    apart = np.eye(8)[0] * 3

    def rows(middle):
        made = rng.standard_normal((40, 8)) + middle
        return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)

    return project({"image": rows(apart), "text": rows(-apart)}, method="gap_axis")


def drawn(layout):
    return called_out_cones(
        layout,
        {name: np.arange(40) for name in layout.modalities},
        lambda modality, item: (
            (f"/thumb/{item}.png", "") if modality == "image" else (None, f"<b>word {item}")
        ),
        ranges=shared_ranges(layout),
        webgl=False,
    )


def test_pictures_and_captions_stand_on_the_side_of_their_cloud(layout):
    figure = drawn(layout)
    assert len(figure.layout.images) == CALLED_OUT
    captions = [note for note in figure.layout.annotations if note.text]
    assert len(captions) == CALLED_OUT
    middles = {name: float(layout.points_of(name)[:, 0].mean()) for name in layout.modalities}
    images_right = middles["image"] > middles["text"]
    for image in figure.layout.images:
        assert (image.x > middles["image"]) == images_right
    for note in captions:
        assert (note.ax > middles["text"]) != images_right
        low, high = figure.layout.xaxis.range
        assert low < note.ax < high


def test_a_line_leads_from_each_to_its_point(layout):
    places = {tuple(np.round(point, 5)) for point in layout.points.astype(float)}
    for note in drawn(layout).layout.annotations:
        assert tuple(np.round([note.x, note.y], 5)) in places


def test_captions_are_no_markup(layout):
    assert all("<b>" not in note.text for note in drawn(layout).layout.annotations)


def test_called_out_points_go_from_the_lowest_to_the_highest():
    points = np.column_stack([np.zeros(50), np.random.default_rng(1).permutation(50)])
    heights = points[across_height(points, 5), 1]
    assert list(heights) == sorted(heights) and len(heights) == 5
    assert list(across_height(points[:3], 5)) == list(np.argsort(points[:3, 1]))
