"""A line with a band around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.vectors import Float64


@dataclass(frozen=True, eq=False)
class Band:
    """A value and its lower and upper end at every point of a curve, `(n_points,)` each."""

    value: Float64
    low: Float64
    high: Float64


def band_over(repeats: Float64) -> Band:
    """Mean and extremes over repeats `(n_repeats, n_points)`: a band over seeds.

    NaN where no repeat has a value.
    """
    known = ~np.isnan(repeats)
    count = known.sum(axis=0)
    some = count > 0
    mean = np.full(repeats.shape[1], np.nan)
    np.divide(np.where(known, repeats, 0).sum(axis=0), count, out=mean, where=some)
    low = np.where(some, np.where(known, repeats, np.inf).min(axis=0), np.nan)
    high = np.where(some, np.where(known, repeats, -np.inf).max(axis=0), np.nan)
    return Band(mean, low, high)


def band_of(estimates: Sequence[Estimate]) -> Band:
    """The estimates of all points with their bootstrap intervals."""
    return Band(
        np.array([estimate.value for estimate in estimates]),
        np.array([estimate.low for estimate in estimates]),
        np.array([estimate.high for estimate in estimates]),
    )
