"""From unit rows of several modalities to one `Layout`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Indices
from gapviz.measures.projection.drawn import Drawn, Shift, ShiftedDrawn
from gapviz.measures.projection.layout import METHODS, Basis, Layout, Method
from gapviz.measures.projection.linear import gap_axis_basis, pca_basis
from gapviz.measures.projection.umap_layout import (
    FEWEST_ROWS,
    N_NEIGHBORS,
    changes_from_default,
    umap_points,
)

MOST_TRUSTED = 5_000
"""Rows whose trustworthiness is measured."""


def project(
    vectors_by_modality: Mapping[str, Float32],
    *,
    method: Method,
    rows: Mapping[str, Indices] | None = None,
    basis: Basis | None = None,
    between: tuple[str, str] | None = None,
    start: Layout | None = None,
    points: Float32 | None = None,
    seed: int = DEFAULT_SEED,
    shift: Shift | None = None,
    progress: Progress | None = None,
) -> Layout:
    """Draw all modalities in one plane, fitted once on the pooled rows.

    PCA and the gap axis are fitted on every row and draw those in `rows`; UMAP is fitted on
    the drawn rows. The same input and seed give the same bits. UMAP layouts are kept on
    disk, keyed by all they depend on.

    Args:
        vectors_by_modality: `(n, dim)` float32 unit rows per modality, one `dim` for all.
        method: `umap`, `pca` or `gap_axis`.
        rows: per modality the row numbers to draw; every row where left out.
        basis: axes of an earlier linear layout to draw on, instead of fitting new ones.
        between: the modalities (a, b) of the gap axis; the first two where left out.
        start: UMAP only: an earlier layout of the same rows to start from, so that what
            moves is what changed. The new layout is rotated or mirrored onto it.
        points: UMAP only: `(n_drawn, 2)` as an earlier fit of the same rows gave them, to
            use instead of fitting again.
        seed: of UMAP's optimiser.
        shift: moves the rows for a picture on an earlier basis.
        progress: told of each stage; may raise to cancel.

    Raises:
        GapvizError: an unknown method, nothing to draw, modalities of different dimension,
            row numbers out of range, a basis of another method or dimension, a start with
            other rows, or no gap to draw an axis along.
    """
    if method not in METHODS:
        raise GapvizError(
            f"there is no method {method!r}",
            where="projection",
            hint=f"choose one of {', '.join(METHODS)}",
        )
    wanted = _drawn_rows(vectors_by_modality, rows)
    drawn = Drawn(vectors_by_modality, wanted, seed)
    if shift is not None:
        drawn = ShiftedDrawn(vectors_by_modality, wanted, seed, shift)
    if method != "umap":
        return _linear(drawn, method, basis, between)
    if drawn.row.size < FEWEST_ROWS:
        note = f"{drawn.row.size} points are too few for UMAP, so this is PCA"
        return replace(_linear(drawn, "pca", None, None), note=note)
    return _umap(drawn, start, points, progress)


def trustworthiness(
    vectors_by_modality: Mapping[str, Float32], layout: Layout, *, seed: int = DEFAULT_SEED
) -> float:
    """Share of drawn neighbourhoods of 15 that are real ones, 0…1 (Venna & Kaski 2001).

    scikit-learn's `trustworthiness` under cosine. Its cost is quadratic, so above 5,000 rows
    it is taken on a random sample of that many.

    Raises:
        GapvizError: too few points, of which the neighbours must be under half.
    """
    from sklearn.manifold import trustworthiness as sklearn_trustworthiness

    pooled = np.concatenate(
        [vectors_by_modality[name][layout.rows_of(name)] for name in layout.modalities]
    )
    points = layout.points
    if pooled.shape[0] > MOST_TRUSTED:
        keep = np.sort(np.random.default_rng(seed).permutation(pooled.shape[0])[:MOST_TRUSTED])
        pooled, points = pooled[keep], points[keep]
    if pooled.shape[0] / 2 <= N_NEIGHBORS:
        raise GapvizError(
            f"{pooled.shape[0]} points are too few for {N_NEIGHBORS} neighbours",
            where="trustworthiness",
            hint=f"draw more than {2 * N_NEIGHBORS}",
        )
    share = sklearn_trustworthiness(pooled, points, n_neighbors=N_NEIGHBORS, metric="cosine")
    return float(share)


def _umap(
    drawn: Drawn, start: Layout | None, points: Float32 | None, progress: Progress | None
) -> Layout:
    n_drawn = drawn.row.size
    if points is not None and points.shape != (n_drawn, 2):
        raise GapvizError(
            f"points of shape {points.shape} for {n_drawn} drawn rows",
            where="projection",
            hint="give the points of a layout of the same rows",
        )
    if points is None:
        if start is not None and not (
            start.modalities == tuple(drawn.rows)
            and np.array_equal(start.row, drawn.row)
            and np.array_equal(start.modality_code, drawn.modality_code)
        ):
            raise GapvizError(
                "the layout to start from draws other rows",
                where="projection",
                hint="start from a layout of the same rows, or from none",
            )
        sizes = tuple(wanted.size for wanted in drawn.rows.values())
        before = None if start is None else start.points
        work = umap_points(drawn.pooled, sizes, start=before, seed=drawn.seed)
        points = work.compute(progress).points
    return drawn.layout(
        "umap",
        points,
        axis_titles=("UMAP 1 (no unit)", "UMAP 2 (no unit)"),
        can_show="Neighbourhoods: points drawn close together are close in the full space.",
        cannot_show=(
            "Not the size of the gap, nor spread or density: the distance drawn between two "
            "clouds means nothing."
        ),
        changes=changes_from_default(n_drawn, from_start=start is not None),
    )


def _linear(
    drawn: Drawn, method: Method, basis: Basis | None, between: tuple[str, str] | None
) -> Layout:
    if basis is not None and basis.method != method:
        raise GapvizError(
            f"the basis belongs to {basis.method}",
            where="projection",
            hint=f"give a basis of {method}, or none",
        )
    everything = drawn.vectors_by_modality
    if basis is None:
        filled = {name: block for name, block in everything.items() if block.shape[0]}
        basis = pca_basis(filled) if method == "pca" else gap_axis_basis(filled, between)
    points = drawn.points(basis)
    total = drawn.total_variance()
    along = points.var(axis=0, dtype=np.float64)
    share_x, share_y = (along / total).tolist() if total > 0 else (0.0, 0.0)
    if basis.between is None:
        titles = (
            f"principal component 1 ({share_x:.0%} of variance)",
            f"principal component 2 ({share_y:.0%} of variance)",
        )
        can_show = "The directions of greatest variance, at true scale and on fixed axes."
        what_is_lost = "Not neighbourhoods"
    else:
        first, second = basis.between
        apart = drawn.apart((first, second), basis)
        titles = (
            f"along the gap, {second} → {first} ({share_x:.0%} of variance)",
            f"top residual component ({share_y:.0%} of variance)",
        )
        can_show = (
            f"The gap at true scale: along x the centroids of {first} and {second}, of all items, "
            f"are {apart:.3f} apart."
        )
        what_is_lost = "Not neighbourhoods, nor any offset across the gap axis"
    return drawn.layout(
        method,
        points,
        axis_titles=titles,
        can_show=can_show,
        cannot_show=(
            f"{what_is_lost}: the two axes hold {share_x + share_y:.0%} of the variance, so "
            "points drawn together may lie far apart."
        ),
        basis=basis,
        variance_shares=(share_x, share_y),
    )


def _drawn_rows(
    vectors_by_modality: Mapping[str, Float32], rows: Mapping[str, Indices] | None
) -> Mapping[str, Indices]:
    """Per modality the row numbers to draw, checked."""
    dims = {block.shape[1] for block in vectors_by_modality.values()}
    if len(dims) > 1:
        raise GapvizError(
            f"the modalities have different dimensions ({', '.join(map(str, sorted(dims)))})",
            where="projection",
            hint="give vectors of one joint space",
        )
    chosen = {
        name: (
            np.arange(block.shape[0], dtype=np.int64)
            if rows is None
            else np.asarray(rows.get(name, ()), dtype=np.int64)
        )
        for name, block in vectors_by_modality.items()
    }
    for name, wanted in chosen.items():
        n_rows = vectors_by_modality[name].shape[0]
        if wanted.size and (wanted.min() < 0 or wanted.max() >= n_rows):
            raise GapvizError(
                f"a row to draw is not among the {n_rows} rows of {name}",
                where="projection",
                hint="number rows from 0",
            )
    if not sum(wanted.size for wanted in chosen.values()):
        raise GapvizError(
            "there is nothing to draw", where="projection", hint="give at least one row"
        )
    return chosen
