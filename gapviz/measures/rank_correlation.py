"""Spearman's rank correlation with an interval that few points allow."""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, isnan, nan, sqrt, tanh

import numpy as np

from gapviz.core.estimate import NORMAL_95, Estimate
from gapviz.core.vectors import Float64

FEWEST_POINTS = 5
"""Below which no rank correlation says anything: of four points even a perfect one is chance in
one case of twelve."""


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> Estimate:
    """Spearman's ρ of points (x, y) and its 95 % interval; equal values share their mean rank.

    Fisher's z with the variance (1 + ρ²/2)/(n − 3) of Bonett & Wright (2000). A perfect order
    would have no width there: the interval is then that of half a swap of two neighbours less.

    Args:
        x: one value a point; points with a NaN are left out.
        y: the other.

    Returns:
        NaN where fewer than `FEWEST_POINTS` points are left, or one of the two is constant.
    """
    points = np.array([x, y], dtype=np.float64)
    points = points[:, ~np.isnan(points).any(axis=0)]
    n = points.shape[1]
    if n < FEWEST_POINTS:
        return Estimate(nan, nan, nan)
    ranks = np.stack([_ranks(values) for values in points])
    spread = ranks.std(axis=1)
    if not spread.all():
        return Estimate(nan, nan, nan)
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    value = float(np.clip((centred[0] * centred[1]).mean() / spread.prod(), -1, 1))
    most = 1 - 6 / (n * (n**2 - 1))
    inner = float(np.clip(value, -most, most))
    half = NORMAL_95 * sqrt((1 + inner**2 / 2) / (n - 3))
    low, high = tanh(atanh(inner) - half), tanh(atanh(inner) + half)
    return Estimate(value, min(low, value), max(high, value))


def _ranks(values: Float64) -> Float64:
    """From 1, `(n,)`; equal values share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    mean = np.cumsum(count) - (count - 1) / 2
    return np.asarray(mean[place])


def is_settled(correlation: Estimate) -> bool:
    """Whether the interval keeps off 0."""
    return not isnan(correlation.low) and not correlation.low <= 0 <= correlation.high
