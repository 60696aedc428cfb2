"""Nine bytes a point, in an order that hides no modality under another."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.figures import point_cloud
from gapviz.figures.point_cloud import BYTES_A_POINT, PointCloud
from gapviz.measures.projection.project import project


@pytest.fixture(scope="module")
def vectors():
    random = np.random.default_rng(0)
    shift = np.eye(8)[0]
    return {
        "image": unit_rows(random.standard_normal((60, 8)) * 0.3 + shift),
        "text": unit_rows(random.standard_normal((90, 8)) * 0.3 - shift),
    }


@pytest.fixture(scope="module")
def item_index():
    """Items 0 to 29 have two captions; the last thirty have none."""
    return {
        "image": np.arange(60),
        "text": np.concatenate([np.repeat(np.arange(30), 2), np.arange(60, 90)]),
    }


@pytest.fixture(scope="module")
def cloud(vectors, item_index):
    return PointCloud.of(project(vectors, method="gap_axis"), item_index)


def test_a_point_knows_which_row_of_its_item_it_is(cloud):
    code = cloud.layout.modalities.index("text")
    points = cloud.points_of_items([7])
    texts = [point for point in points if cloud.modality_code[point] == code]
    assert sorted(cloud.place_in_item(point) for point in texts) == [0, 1]
    assert [int(cloud.row[point]) - 14 for point in texts] == [
        cloud.place_in_item(point) for point in texts
    ]
    (image,) = [point for point in points if cloud.modality_code[point] != code]
    assert cloud.place_in_item(image) == 0


def test_the_file_holds_x_y_and_modality_of_every_point(cloud):
    n = 150
    assert len(cloud.content) == BYTES_A_POINT * n
    x, y = (np.frombuffer(cloud.content, "<f4", n, offset) for offset in (0, 4 * n))
    code = np.frombuffer(cloud.content, np.uint8, n, 8 * n)
    assert_array_equal(np.column_stack([x, y]), cloud.points)
    for place, name in enumerate(("image", "text")):
        drawn = cloud.layout.points_of(name)
        found = cloud.points[code == place]
        assert_array_equal(found[np.lexsort(found.T)], drawn[np.lexsort(drawn.T)])
    assert cloud.counts == {"image": 60, "text": 90}


def test_each_point_belongs_to_its_item(cloud, item_index):
    layout = cloud.layout
    of_point = {
        tuple(point): item
        for name in layout.modalities
        for point, item in zip(
            layout.points_of(name).tolist(), item_index[name][layout.rows_of(name)], strict=True
        )
    }
    assert [of_point[tuple(point)] for point in cloud.points.tolist()] == cloud.item.tolist()


def test_no_modality_is_drawn_over_another(cloud):
    first_half = cloud.modality_code[:75]
    assert 15 < (first_half == 0).sum() < 45


def test_points_of_two_layouts_of_the_same_rows_correspond(cloud, vectors, item_index):
    moved = {name: unit_rows(block - block.mean(axis=0)) for name, block in vectors.items()}
    after = project(moved, method="gap_axis", basis=cloud.layout.basis)
    other = PointCloud.of(after, item_index)
    assert_array_equal(other.item, cloud.item)
    assert_array_equal(other.modality_code, cloud.modality_code)
    assert other.content_hash != cloud.content_hash
    assert PointCloud.of(cloud.layout, item_index).content_hash == cloud.content_hash


def test_the_hash_tells_whose_the_points_are(cloud, item_index):
    others = {name: items[::-1] for name, items in item_index.items()}
    assert PointCloud.of(cloud.layout, others).content_hash != cloud.content_hash


def test_points_of_items_are_those_of_all_modalities(cloud):
    found = cloud.points_of_items([3, 75, 10_000, -1])
    assert_array_equal(found, np.flatnonzero(np.isin(cloud.item, [3, 75])))
    assert found.size == 4
    assert not cloud.points_of_items([]).size


def test_lines_join_every_row_of_one_item_and_no_other(cloud):
    lines = cloud.pair_lines(("image", "text"))
    assert len(lines.ends) == lines.n_pairs == 60
    image, text = lines.ends.T
    assert_array_equal(cloud.item[image], cloud.item[text])
    assert set(cloud.modality_code[image]) == {0} and set(cloud.modality_code[text]) == {1}
    assert_array_equal(np.frombuffer(lines.content, "<u4").reshape(-1, 2), lines.ends)


def test_of_very_many_pairs_a_part_is_joined(cloud, monkeypatch):
    monkeypatch.setattr(point_cloud, "MOST_LINES", 20)
    lines = cloud.pair_lines(("image", "text"))
    assert (len(lines.ends), lines.n_pairs) == (20, 60)
    assert len({tuple(ends) for ends in lines.ends.tolist()}) == 20


def test_centroids_are_those_of_the_drawn_points_and_a_umap_has_none(cloud, vectors, item_index):
    image = cloud.points[cloud.modality_code == 0]
    np.testing.assert_allclose(cloud.centroids["image"], image.mean(axis=0), atol=1e-6)
    few = {name: block[:20] for name, block in vectors.items()}
    umap = project(few, method="umap", points=np.zeros((40, 2), np.float32))
    assert PointCloud.of(umap, item_index).centroids == {}


def test_rows_without_an_item_are_refused(cloud):
    with pytest.raises(GapvizError, match="0 rows of text have an item"):
        PointCloud.of(cloud.layout, {"image": np.arange(60)})
