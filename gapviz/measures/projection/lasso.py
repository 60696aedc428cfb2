"""Which points of a picture lie within a line that was drawn around them."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float32, Float64, Mask


def points_within(outline: Float64, points: Float32) -> Mask:
    """`(n,)` whether each point lies within a closed outline, by the even–odd rule.

    Each edge turns the points that see it on their right (Shimrat 1962, Algorithm 112). With the
    points in the order of their height an edge only meets those between its ends, so that the
    work is that of the points that an outline passes by, not points times edges.

    Args:
        outline: `(n_corners, 2)`; the last corner is joined to the first. Under three corners
            nothing is within.
        points: `(n, 2)`.
    """
    within = np.zeros(len(points), dtype=bool)
    if len(outline) < 3:
        return within
    (left, low), (right, high) = outline.min(axis=0), outline.max(axis=0)
    x, y = points.T.astype(np.float64)
    near = np.flatnonzero((x >= left) & (x <= right) & (y >= low) & (y <= high))
    near = near[np.argsort(y[near], kind="stable")]
    x, y = x[near], y[near]
    turned = np.zeros(near.size, dtype=bool)
    for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        (x_low, y_low), (x_high, y_high) = sorted((start, end), key=lambda corner: corner[1])
        # From y_low on and under y_high: a corner belongs to one of its two edges.
        first, last = np.searchsorted(y, (y_low, y_high), side="left")
        if first < last:
            slope = (x_high - x_low) / (y_high - y_low)
            turned[first:last] ^= x[first:last] < x_low + (y[first:last] - y_low) * slope
    within[near] = turned
    return within
