"""Offset subtraction in its four forms, after the guide and GR-CLIP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float64
from gapviz.strategies.alignment.base import ShiftAlignment


class Raw(ShiftAlignment):
    """Leave every vector where it is."""

    name: ClassVar[str] = "raw"

    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        return {modality: np.zeros_like(mu) for modality, mu in centroids.items()}


class OneSidedOffset(ShiftAlignment):
    """norm(x − λ(μ_moves − μ_anchor)) for one modality; the others stay.

    Of more than two modalities, the moving one goes to the mean of the others' centroids.
    """

    name: ClassVar[str] = "offset"

    def __init__(self, strength: float = 1.0, moves: str | None = None) -> None:
        """Take λ and the modality that moves (the first one unless told)."""
        super().__init__(strength)
        self.moves = moves
        self.moving_ = moves

    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        moves = self.moving_ = self.moves or next(iter(centroids))
        if moves not in centroids:
            raise GapvizError(
                f"there is no modality {moves!r} to move",
                hint=f"choose one of {', '.join(centroids)}",
            )
        others = [mu for modality, mu in centroids.items() if modality != moves]
        anchor = np.mean(others, axis=0) if others else centroids[moves]
        still = {modality: np.zeros_like(mu) for modality, mu in centroids.items()}
        return still | {moves: anchor - centroids[moves]}


class HalfOffset(ShiftAlignment):
    """norm(x − ½λΔ), norm(y + ½λΔ): every modality moves to the mean of the centroids."""

    name: ClassVar[str] = "half"

    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        middle = np.mean(list(centroids.values()), axis=0)
        return {modality: middle - mu for modality, mu in centroids.items()}


class CentreBoth(ShiftAlignment):
    """norm(x − λμx), norm(y − λμy): GR-CLIP, the same formula as I0T-post."""

    name: ClassVar[str] = "centre"

    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        return {modality: -mu for modality, mu in centroids.items()}
