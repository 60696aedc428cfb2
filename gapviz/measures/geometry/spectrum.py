"""The spectrum of a cloud: over how many directions it spreads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gapviz.core.blocks import centroid, float64_blocks
from gapviz.core.vectors import Float32, Float64


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of one cloud's covariance."""

    shares: Float64
    """`(dim,)`, falling, of the total variance; NaN for a cloud without any."""
    effective_rank: float
    """exp of the entropy of the shares (Roy & Vetterli 2007)."""
    participation_ratio: float
    """1 / Σ shares²."""


def spectrum(vectors: Float32) -> Spectrum:
    """Eigenvalues of the covariance of unit rows `(n, dim)`, in float64."""
    return spectrum_of(float64_blocks(vectors), centroid(vectors), len(vectors))


def spectrum_of(blocks: Iterable[Float64], mean: Float64, n_rows: int) -> Spectrum:
    """Eigenvalues of the covariance of any rows.

    Args:
        blocks: the rows, some `(m, dim)` at a time.
        mean: of all of them, `(dim,)`.
        n_rows: how many they are.
    """
    dim = mean.size
    if n_rows < dim // 4:
        # A few rows in many dimensions: the products of the rows have the same eigenvalues.
        rows = np.concatenate([block - mean for block in blocks])
        second = rows @ rows.T
    else:
        second = np.zeros((dim, dim))
        for block in blocks:
            centred = block - mean
            second += centred.T @ centred
    return spectrum_of_covariance(second / n_rows, dim)


def spectrum_of_covariance(covariance: Float64, dim: int) -> Spectrum:
    """From a covariance `(dim, dim)`, or a smaller matrix of the same eigenvalues but for zeros."""
    found = np.maximum(np.linalg.eigvalsh(covariance)[::-1], 0.0)
    values = np.concatenate([found, np.zeros(dim - found.size)])
    total = values.sum()
    # Rows of float32 that are all equal leave squares of its rounding.
    if total <= dim * 1e-12:
        return no_spectrum(dim)
    shares = values / total
    some = shares[shares > 0]
    return Spectrum(
        shares=shares,
        effective_rank=float(np.exp(-(some * np.log(some)).sum())),
        participation_ratio=float(1 / (shares**2).sum()),
    )


def no_spectrum(dim: int) -> Spectrum:
    """Of a cloud that does not spread, or that there is none of."""
    nan = float("nan")
    return Spectrum(np.full(dim, nan), nan, nan)
