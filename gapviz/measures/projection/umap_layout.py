"""UMAP of pooled rows: exact neighbours, a start that is no accident, one seed.

umap-learn's optimiser is left as it is; what is fed to it changes. Under 4,096 rows its
cosine metric runs a Python callable per pair, and above that its neighbour descent compiles
for most of a minute in every process. Both are spared by handing it exact neighbours.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass

import numpy as np

from gapviz.core.libraries import LIBRARIES, needed
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32, Float64, read_only
from gapviz.measures.projection.linear import pca_basis
from gapviz.measures.projection.neighbours import nearest_neighbours
from gapviz.storage.background import acquired
from gapviz.storage.cache import cached

UMAP_VERSION = LIBRARIES["umap"].version or "not installed"
N_NEIGHBORS = 15
N_EPOCHS = 200
N_EPOCHS_FROM_START = 50
MIN_DIST = 0.1

# At umap-learn's rate of 1, fifty epochs shake a finished layout apart and end before it has
# settled again. Of 1, 1/2, 1/4 and 1/10 on 1,000 CLIP rows: with both modalities centred a
# quarter moves points .41 of the radius against .62 at rate 1, trustworthiness .945 and .943;
# a tenth moves them less there (.32), but more where little has changed (.24 against .18).
LEARNING_RATE_FROM_START = 0.25

FEWEST_ROWS = 4
"""Under this many rows UMAP has no neighbourhoods to keep."""


@dataclass(frozen=True, eq=False)
class Points:
    """A layout as it is cached."""

    points: Float32
    """`(n, 2)`."""


# numba's parallel kernels may abort the process when two threads enter them at once, which
# two browser sessions would do.
_one_fit_at_a_time = threading.Lock()


def neighbours_for(n_rows: int) -> int:
    """umap-learn's `n_neighbors` (which counts the row itself), within what there is."""
    return min(N_NEIGHBORS, n_rows - 1)


def changes_from_default(n_rows: int, *, from_start: bool) -> tuple[str, ...]:
    """What this layout sets differently from `umap.UMAP()`, one short phrase each."""
    default_epochs = 500 if n_rows <= 10_000 else 200
    epochs = N_EPOCHS_FROM_START if from_start else N_EPOCHS
    changes = ["metric='cosine'", "exact neighbours instead of approximate ones"]
    changes.append(
        "starts from the layout before instead of the spectral one"
        if from_start
        else "starts from PCA instead of the spectral layout"
    )
    if epochs != default_epochs:
        changes.append(f"n_epochs={epochs} instead of {default_epochs}")
    if from_start:
        changes.append(f"learning_rate={LEARNING_RATE_FROM_START} instead of 1")
    if neighbours_for(n_rows) != N_NEIGHBORS:
        changes.append(f"n_neighbors={neighbours_for(n_rows)} instead of {N_NEIGHBORS}")
    changes.append("centred, scaled to radius 1 and turned, never stretched")
    return tuple(changes)


@cached("umap", revision=5)
def umap_points(
    pooled: Float32,
    sizes: tuple[int, ...],
    *,
    start: Float32 | None,
    seed: int,
    umap_version: str = UMAP_VERSION,
    progress: Progress = no_progress,
) -> Points:
    """`(n, 2)` float32 layout of `(n, dim)` unit rows; the same bits for the same input.

    Args:
        pooled: rows of all modalities, at least `FEWEST_ROWS`.
        sizes: how many each modality has; the first fixes which way round a fresh layout is
            drawn.
        start: `(n, 2)`, the layout before: start there, run fewer epochs, and turn the
            result onto it. None lays out afresh, from the first two principal components.
        seed: of the optimiser.
        umap_version: part of what a cached layout is found by.
        progress: told of each stage.
    """
    if start is not None:
        unit = unit_radius(
            _fit(pooled, start, N_EPOCHS_FROM_START, LEARNING_RATE_FROM_START, seed, progress)
        )
        turned = turned_onto(unit, unit_radius(start).astype(np.float32))
    else:
        blocks = np.split(pooled, np.cumsum(sizes)[:-1])
        basis = pca_basis({str(code): block for code, block in enumerate(blocks) if len(block)})
        unit = unit_radius(_fit(pooled, basis.coordinates(pooled), N_EPOCHS, 1.0, seed, progress))
        turned = _standing(unit, sizes[0])
    return Points(read_only(turned.astype(np.float32)))


def unit_radius(points: Float32) -> Float64:
    """The points centred on (0, 0) and scaled to root-mean-square radius 1."""
    centred: Float64 = points.astype(np.float64)
    centred -= centred.mean(axis=0)
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return centred / radius if radius > 0 else centred


def turned_onto(points: Float64, target: Float32) -> Float64:
    """`points` rotated or mirrored to lie nearest to `target`: orthogonal Procrustes.

    Schönemann 1966: R = UVᵀ from the SVD of PᵀT. Distances within `points` do not change.
    """
    left, _, right = np.linalg.svd(points.T @ (target - target.mean(axis=0)))
    turned: Float64 = points @ (left @ right) + target.mean(axis=0)
    return turned


def _standing(points: Float64, first_modality: int) -> Float64:
    """Turned so that the widest spread is x and the rows of the first modality, which
    come first, lie to the right.
    """
    _, axes = np.linalg.eigh(points.T @ points)
    turned: Float64 = points @ axes[:, ::-1]
    signs = np.where(turned[:first_modality].mean(axis=0) < 0, -1.0, 1.0)
    return turned * signs


def _fit(
    pooled: Float32, start: Float32, n_epochs: int, learning_rate: float, seed: int, tell: Progress
) -> Float32:
    n_neighbors = neighbours_for(pooled.shape[0])
    nearest = nearest_neighbours(
        pooled, n_neighbors, check=lambda share: tell(0.3 * share, "finding neighbours")
    )
    with acquired(_one_fit_at_a_time, lambda: tell(0.3, "waiting for another layout")):
        tell(0.3, "loading UMAP")
        umap = needed("umap", instead="draw by PCA (--by pca)")

        tell(0.4, "laying out")
        reducer = umap.UMAP(
            n_neighbors=n_neighbors,
            min_dist=MIN_DIST,
            metric="cosine",
            n_epochs=n_epochs,
            learning_rate=learning_rate,
            init=_with_some_span(start, seed),
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(nearest.indices, nearest.distances),
        )
        with warnings.catch_warnings():
            # It warns that transform() is not available, which is not used.
            warnings.filterwarnings("ignore", message="precomputed_knn", category=UserWarning)
            points: Float32 = reducer.fit_transform(pooled)
    tell(1.0, "laid out")
    return points


def _with_some_span(start: Float32, seed: int) -> Float32:
    """`start`, with noise along an axis on which all points coincide.

    umap-learn divides by the span of each axis, and equal rows would come out as NaN.
    """
    span = start.max(axis=0) - start.min(axis=0)
    flat = span <= 1e-6 * max(1.0, float(np.abs(start).max()))
    if not flat.any():
        return start
    noise = np.random.default_rng(seed).standard_normal(start.shape).astype(np.float32)
    spread: Float32 = np.where(flat, noise, start)
    return spread
