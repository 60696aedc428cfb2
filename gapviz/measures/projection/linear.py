"""PCA and the gap axis: orthogonal projections, true to scale, with a reusable basis."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from gapviz.core.blocks import centroid, float64_blocks
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64, read_only
from gapviz.measures.projection.layout import ENTRIES_AT_ONCE, Basis

# Under this length the difference of two float32 centroids is rounding, not a direction.
SMALLEST_GAP = 1e-6

# Lanczos needs room for its subspace; small matrices are decomposed at once anyway.
FEWEST_FOR_LANCZOS = 64


def pca_basis(vectors_by_modality: Mapping[str, Float32]) -> Basis:
    """The two directions of greatest variance of all rows pooled.

    The sign of an axis is fixed by the data, so that the first modality's centroid lies on
    its positive side of the second's; where they coincide, by the largest loading.

    Args:
        vectors_by_modality: `(n, dim)` float32 unit rows per modality.
    """
    mean, covariance = _moments(vectors_by_modality)
    axes = _fixed_signs(_top_directions(covariance, 2), vectors_by_modality)
    return Basis("pca", read_only(mean), read_only(axes))


def gap_axis_basis(
    vectors_by_modality: Mapping[str, Float32], between: tuple[str, str] | None = None
) -> Basis:
    """Axes x along the gap Δ = μ_a − μ_b (Liang et al. 2022), y along the top residual.

    The origin is the midpoint of both centroids, so they stand at x = ±‖Δ‖/2. The residual
    is what is left of every row once its part along Δ is taken away; y is the direction of
    its greatest variance over all modalities pooled.

    Args:
        vectors_by_modality: `(n, dim)` float32 unit rows per modality.
        between: the modalities (a, b); the first two where left out.

    Raises:
        GapvizError: fewer than two modalities, a name that is not there, or no gap at all.
    """
    names = tuple(vectors_by_modality)
    if len(names) < 2:
        raise GapvizError(
            "a gap axis needs two modalities",
            where="projection",
            hint="give vectors of a second modality, or choose PCA",
        )
    first, second = between or names[:2]
    for name in (first, second):
        if name not in vectors_by_modality:
            raise GapvizError(
                f"there are no vectors of modality {name!r}",
                where="projection",
                hint=f"choose two of {', '.join(names)}",
            )
    mean_a, mean_b = (centroid(vectors_by_modality[name]) for name in (first, second))
    difference = mean_a - mean_b
    gap = float(np.linalg.norm(difference))
    if gap < SMALLEST_GAP:
        raise GapvizError(
            f"{first} and {second} have no gap, so there is no gap axis",
            where="projection",
            hint="reuse the basis of the vectors before alignment, or choose PCA",
        )
    direction = difference / gap
    _, covariance = _moments(vectors_by_modality)
    # (I − ggᵀ) C (I − ggᵀ), the covariance of the residual, without touching the rows again.
    away = np.eye(direction.size) - np.outer(direction, direction)
    residual = _top_directions(away @ covariance @ away, 1)
    # eigh may leave a trace of the gap direction where the residual has no variance at all.
    residual -= (residual @ direction)[:, None] * direction
    length = np.linalg.norm(residual)
    residual = residual / length if length > SMALLEST_GAP else np.zeros_like(residual)
    residual = _largest_loading_positive(residual)
    axes = np.vstack([direction[None, :], residual])
    return Basis(
        "gap_axis",
        read_only((mean_a + mean_b) / 2),
        read_only(axes),
        between=(first, second),
    )


def _moments(vectors_by_modality: Mapping[str, Float32]) -> tuple[Float64, Float64]:
    """Pooled mean `(dim,)` and covariance `(dim, dim)`, float64, block by block."""
    blocks = tuple(vectors_by_modality.values())
    n_rows = sum(block.shape[0] for block in blocks)
    mean = sum((block.sum(axis=0, dtype=np.float64) for block in blocks), 0.0) / n_rows
    dim = blocks[0].shape[1]
    scatter = np.zeros((dim, dim))
    for block in blocks:
        for rows in float64_blocks(block, max(1, ENTRIES_AT_ONCE // dim)):
            centred = rows - mean
            scatter += centred.T @ centred
    return np.asarray(mean), scatter / n_rows


def _top_directions(covariance: Float64, count: int) -> Float64:
    """`(count, dim)` eigenvectors, greatest eigenvalue first; zero rows where dim < count.

    Lanczos makes a hundred passes over the matrix where a full decomposition makes
    thousands of small threaded ones, each of which waits for all cores: on a busy machine
    that is the difference between 0.05 and 5 seconds at 512 dimensions.
    """
    dim = covariance.shape[0]
    vectors = None
    if dim >= FEWEST_FOR_LANCZOS:
        from scipy.sparse.linalg import ArpackError, eigsh

        # A fixed start makes it repeat; a random one is orthogonal to no eigenvector.
        start = np.random.default_rng(0).standard_normal(dim)
        # Not converged, or nothing to decompose: equal rows.
        with suppress(ArpackError):
            values, vectors = eigsh(covariance, k=count, v0=start, which="LA")
            vectors = vectors[:, np.argsort(values)]
    if vectors is None:
        _, vectors = np.linalg.eigh(covariance)
    found = vectors.T[::-1][:count]
    directions = np.zeros((count, dim))
    directions[: found.shape[0]] = found
    return directions


def _largest_loading_positive(axes: Float64) -> Float64:
    largest = np.abs(axes).argmax(axis=1)
    signs = np.where(axes[np.arange(axes.shape[0]), largest] < 0, -1.0, 1.0)
    flipped: Float64 = axes * signs[:, None]
    return flipped


def _fixed_signs(axes: Float64, vectors_by_modality: Mapping[str, Float32]) -> Float64:
    axes = _largest_loading_positive(axes)
    blocks = tuple(vectors_by_modality.values())
    if len(blocks) < 2:
        return axes
    along = axes @ (centroid(blocks[0]) - centroid(blocks[1]))
    flipped: Float64 = axes * np.where(along < -SMALLEST_GAP, -1.0, 1.0)[:, None]
    return flipped
