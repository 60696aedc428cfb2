"""The Pareto front: what nothing beats in both of two figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pareto_front(points: Sequence[tuple[float, float]], competes: Sequence[bool]) -> list[bool]:
    """Which points (cost, worth) no other one that `competes` beats in both, or in one at a tie.

    A point with a NaN, or one that does not compete, is not on the front.
    """
    contest = [point for point, yes in zip(points, competes, strict=True) if yes]
    return [
        yes
        and not np.isnan(point).any()
        and not any(
            other[0] <= point[0] and other[1] >= point[1] and other != point for other in contest
        )
        for point, yes in zip(points, competes, strict=True)
    ]
