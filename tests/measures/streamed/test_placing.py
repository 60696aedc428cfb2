"""Rows that are not drawn are placed among those that are."""

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import unit_rows
from gapviz.measures.projection.layout import Layout
from gapviz.measures.projection.project import project
from gapviz.measures.streamed.measurement import spread_rows
from gapviz.measures.streamed.placing import place_rows
from gapviz.sources.on_disk import npy
from gapviz.sources.on_disk.opened import open_vectors
from gapviz.strategies.raw import Raw

N, DIM, NAMES = 400, 8, ("image", "text")


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(npy, "BLOCK_ROWS", 90)
    rng = np.random.default_rng(0)
    return {n: unit_rows(rng.standard_normal((N, DIM)) + k) for k, n in enumerate(NAMES)}


@pytest.fixture
def on_disk(tmp_path, rows):
    for name, one in rows.items():
        np.save(tmp_path / f"{name}.npy", one)
    return open_vectors(str(tmp_path))


@pytest.fixture
def raw():
    raw = Raw()
    raw.modalities_ = NAMES
    return raw


def test_linear_places_are_the_projections_on_the_axes_of_the_sample(tmp_path, on_disk, rows, raw):
    numbers = spread_rows(N, 60, seed=1)
    sample = {name: one[numbers] for name, one in rows.items()}
    layout = project(sample, method="pca")
    place_rows(on_disk, layout, sample, raw, tmp_path / "placed")
    for name, one in rows.items():
        placed = np.load(tmp_path / "placed" / f"{name}.npy")
        np.testing.assert_allclose(placed, layout.basis.coordinates(one), atol=1e-6)
        np.testing.assert_allclose(placed[numbers], layout.points_of(name), atol=1e-6)


def test_in_a_umap_a_row_stands_among_its_nearest_drawn_rows(tmp_path, on_disk, rows, raw):
    sample = {name: one[::2] for name, one in rows.items()}
    n = N // 2
    points = np.random.default_rng(1).standard_normal((2 * n, 2)).astype(np.float32)
    codes = np.repeat([0, 1], n)
    drawn = np.concatenate([np.arange(n)] * 2)
    layout = Layout("umap", points, NAMES, codes, drawn, ("", ""), "", "", 0)
    place_rows(on_disk, layout, sample, raw, tmp_path / "placed")
    pooled = np.concatenate([*sample.values()])
    nearest = np.argsort(-(rows["text"] @ pooled.T), axis=1)[:, :15]
    np.testing.assert_allclose(
        np.load(tmp_path / "placed" / "text.npy"), points[nearest].mean(axis=1), atol=1e-5
    )


def test_a_folder_of_something_else_is_left_alone(tmp_path, on_disk, rows, raw):
    layout = project(rows, method="pca")
    with pytest.raises(GapvizError, match="not a folder of placed rows"):
        place_rows(on_disk, layout, rows, raw, tmp_path)
    assert (tmp_path / "image.npy").exists()
