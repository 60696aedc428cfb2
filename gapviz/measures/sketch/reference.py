"""What the scores of a row are taken against: the calibration rows, as their moments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float32, Float64
from gapviz.measures.geometry.sums import SecondMoments

FULL_DIM = 1_024
"""Up to so many dimensions all second moments are kept: 1.1 MB a modality at 512, 4.2 at 1,024."""
DIRECTIONS = 128
"""Of more dimensions, along how many directions: at 3,072, 3.2 MB instead of 38."""
_ROWS_OF_BASIS = 2_048


@dataclass(frozen=True, eq=False)
class Reference:
    """Means and second moments of the calibration rows by modality.

    The mean score of a row x with all rows of a modality is x·μ, and its mean squared score
    xᵀMx, M the mean of yyᵀ: no row of the calibration items is needed.
    """

    counts: Mapping[str, int]
    means: Mapping[str, Float64]
    """`(dim,)`."""
    seconds: Mapping[str, Float64]
    """Mean of yyᵀ in the coordinates of `basis`, `(dim, dim)` or `(DIRECTIONS, DIRECTIONS)`."""
    basis: Float32 | None = None
    """`(DIRECTIONS, dim)`, orthonormal rows; None where all dimensions are kept."""

    @classmethod
    def of(cls, moments: Mapping[str, SecondMoments], basis: Float32 | None = None) -> Reference:
        """Of the sums over the calibration rows of each modality."""
        return cls(
            {name: one.n for name, one in moments.items()},
            {name: one.mean for name, one in moments.items()},
            {name: (one.products + one.lost) / one.n for name, one in moments.items()},
            basis,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities."""
        return tuple(self.means)

    @property
    def dim(self) -> int:
        return next(iter(self.means.values())).size

    @cached_property
    def digest(self) -> str:
        """What tells it from others: sketches merge only if they were made against the same."""
        told = hashlib.sha256()
        for name in self.names:
            told.update(f"{name} {self.counts[name]} {self.dim}".encode())
            told.update(self.means[name].tobytes())
            told.update(self.seconds[name].tobytes())
        return told.hexdigest()

    def direction(self, a: str, b: str) -> Float64:
        """The unit vector `(dim,)` from the centroid of b to that of a; zeros without a gap."""
        difference = self.means[a] - self.means[b]
        length = float(np.linalg.norm(difference))
        return difference / length if length else difference

    def gap(self, a: str, b: str) -> float:
        """Distance of the two centroids."""
        return float(np.linalg.norm(self.means[a] - self.means[b]))

    def coordinates(self, rows: Float64) -> Float64:
        """The rows `(n, dim)` in the coordinates of second moments."""
        return coordinates(rows, self.basis)

    def mean_squares(self, rows: Float64, coordinates: Float64, name: str) -> Float64:
        """Mean squared score `(n,)` of each row with all rows of a modality.

        Beyond the kept directions the second moments are taken as equal in every direction.
        """
        second = self.seconds[name]
        squares: Float64 = np.asarray(np.einsum("ij,ij->i", coordinates @ second, coordinates))
        if self.basis is None:
            return squares
        beyond = max(1 - float(np.trace(second)), 0.0) / (self.dim - len(second))
        left = np.einsum("ij,ij->i", rows, rows) - np.einsum("ij,ij->i", coordinates, coordinates)
        whole: Float64 = squares + beyond * left
        return whole


def coordinates(rows: Float64, basis: Float32 | None) -> Float64:
    """The rows along the kept directions; as they are where all are kept."""
    return rows if basis is None else rows @ basis.T.astype(np.float64)


def basis_of(vectors: Mapping[str, Float32], seed: int = 0) -> Float32 | None:
    """The directions that are kept of many dimensions: the centroids, and what varies most.

    Args:
        vectors: unit rows `(n, dim)` by modality; of each a seeded sample is looked at.
        seed: of the samples, and of what fills up where there are too few rows.

    Returns:
        `(DIRECTIONS, dim)` orthonormal rows; None up to `FULL_DIM` dimensions.
    """
    dim = next(iter(vectors.values())).shape[1]
    if dim <= FULL_DIM:
        return None
    rng = np.random.default_rng(seed)
    centred, means = [], []
    for rows in vectors.values():
        some = rng.choice(len(rows), min(len(rows), _ROWS_OF_BASIS), replace=False)
        part = rows[np.sort(some)].astype(np.float64)
        means.append(part.mean(axis=0))
        centred.append(part - means[-1])
    _, _, leading = np.linalg.svd(np.concatenate(centred), full_matrices=False)
    every = np.concatenate([means, leading[:DIRECTIONS], rng.standard_normal((DIRECTIONS, dim))])
    # QR takes them in order: each adds what those before it leave.
    kept, sizes = np.linalg.qr(every[: 2 * DIRECTIONS].T)
    strong = np.abs(np.diag(sizes)) > 1e-9
    basis: Float32 = kept[:, strong].T[:DIRECTIONS].astype(np.float32)
    return basis


def random_basis(dim: int) -> Float32 | None:
    """Directions that know nothing of the rows, for a sketch without a reference."""
    if dim <= FULL_DIM:
        return None
    drawn = np.random.default_rng(dim).standard_normal((dim, DIRECTIONS))
    basis: Float32 = np.linalg.qr(drawn)[0].T.astype(np.float32)
    return basis
