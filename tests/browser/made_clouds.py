"""Clouds of as many made points as are asked for."""

from functools import lru_cache

import numpy as np

from gapviz.core.vectors import read_only
from gapviz.figures.point_cloud import PointCloud
from gapviz.measures.projection.layout import Basis, Layout

MODALITIES = ("image", "text")
BASIS = Basis("pca", np.zeros(2), np.eye(2))


@lru_cache(maxsize=8)
def cloud(n: int, apart: float) -> PointCloud:
    """`n` points, half of them images, whose middles lie `apart`."""
    random = np.random.default_rng(n)
    half = n // 2
    points = random.normal(0, (0.25, 0.5), (2 * half, 2))
    points[:half, 0] += apart / 2
    points[half:, 0] -= apart / 2
    layout = Layout(
        method="pca",
        points=read_only(points.astype(np.float32)),
        modalities=MODALITIES,
        modality_code=np.repeat((0, 1), half),
        row=np.tile(np.arange(half), 2),
        axis_titles=("first", "second"),
        can_show="",
        cannot_show="",
        seed=0,
        basis=BASIS,
    )
    return PointCloud.of(layout, {name: np.arange(half) for name in MODALITIES})
