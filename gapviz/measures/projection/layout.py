"""What a projection gives back, and what may be read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np

from gapviz.core.blocks import float64_blocks
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Array, Float32, Float64, Indices

Method = Literal["umap", "pca", "gap_axis"]
ENTRIES_AT_ONCE = 8_388_608
"""Entries of float32 rows that are turned into float64 at once."""
METHODS: tuple[Method, ...] = get_args(Method)
METHOD_TITLES: Mapping[str, str] = {"umap": "UMAP", "pca": "PCA", "gap_axis": "Gap axis"}


@dataclass(frozen=True, eq=False)
class Basis:
    """Two orthonormal directions and the point they are measured from.

    A layout made before an alignment hands its basis to the one made after it, so that
    both stand on the same axes.
    """

    method: Method
    origin: Float64
    """`(dim,)`, drawn at (0, 0)."""
    axes: Float64
    """`(2, dim)`, orthonormal rows; a row is zero where the space has no such direction."""
    between: tuple[str, str] | None = None
    """The two modalities whose gap direction is the x axis."""

    def coordinates(self, vectors: Float32) -> Float32:
        """`(n, 2)` float32: the exact orthogonal projection of `(n, dim)` vectors.

        Raises:
            GapvizError: vectors of another dimension than the basis.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.origin.size:
            raise GapvizError(
                f"has shape {vectors.shape}, but the basis has {self.origin.size} dimensions",
                where="vectors",
                hint="use a basis made from vectors of the same encoder",
            )
        blocks = float64_blocks(vectors, max(1, ENTRIES_AT_ONCE // vectors.shape[1]))
        points = [(rows - self.origin) @ self.axes.T for rows in blocks]
        return np.concatenate(points).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows of several modalities drawn in one plane.

    Points stand modality by modality, in the order of `modalities`, and within a modality
    in the order of its drawn rows.
    """

    method: Method
    """What made the points; PCA where UMAP had too few rows (then `note` says so)."""
    points: Float32
    """`(n_drawn, 2)`, read-only."""
    modalities: tuple[str, ...]
    modality_code: Indices
    """`(n_drawn,)`, position in `modalities`."""
    row: Indices
    """`(n_drawn,)`, row number within its modality's vectors as given."""
    axis_titles: tuple[str, str]
    can_show: str
    """One line: what may be read from the picture."""
    cannot_show: str
    """One line: what must not be read from it."""
    seed: int
    changes: tuple[str, ...] = ()
    """What was set differently from umap-learn's defaults; empty for the linear methods."""
    basis: Basis | None = None
    """The axes of a linear layout, to reuse; None for UMAP, which has none."""
    variance_shares: tuple[float, float] | None = None
    """Of the drawn rows' variance, along x and along y; None for UMAP, whose axes have none."""
    note: str = ""
    """One line where the result is not quite what was asked for."""

    @property
    def linear(self) -> bool:
        """Whether positions, and so centroids, are true to the full space."""
        return self.basis is not None

    @cached_property
    def extent(self) -> tuple[Float32, Float32]:
        """`(2,)` each: the lowest and the highest coordinates of any point."""
        return self.points.min(axis=0), self.points.max(axis=0)

    @cached_property
    def middles(self) -> dict[str, tuple[float, float]]:
        """The mean of the drawn points of each modality that has any."""
        found = {}
        for name in self.modalities:
            points = self.points_of(name)
            if points.size:
                x, y = points.mean(axis=0, dtype=np.float64).tolist()
                found[name] = (x, y)
        return found

    def points_of(self, modality: str) -> Float32:
        """`(n_drawn of the modality, 2)`, in the order of its drawn rows.

        Raises:
            GapvizError: no modality of that name in the layout.
        """
        return self._of(self.points, modality)

    def rows_of(self, modality: str) -> Indices:
        """`(n_drawn of the modality,)` row numbers, in the order of `points_of`.

        Raises:
            GapvizError: no modality of that name in the layout.
        """
        return self._of(self.row, modality)

    def _of(self, values: Array, modality: str) -> Array:
        if modality not in self.modalities:
            raise GapvizError(
                f"draws no modality {modality!r}",
                where="layout",
                hint=f"choose one of {', '.join(self.modalities)}",
            )
        return cast(Array, values[self.modality_code == self.modalities.index(modality)])
