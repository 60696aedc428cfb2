"""The family of offsets: every vector of a modality is moved along one direction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import kept_centroid
from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.strategies.base import Matching, VectorStrategy, refuse_unseen

MAX_STRENGTH = 2.0

SURELY_LEFT = 1e-3
"""Squared length of a moved row above which rounding cannot have made it of nothing."""

STRENGTH = Parameter(
    "strength",
    "Strength",
    "number",
    1.0,
    "how much of the offset is subtracted: 0 = nothing (raw), 1 = all of it, above 1 = past it",
    symbol="λ",
    low=0.0,
    high=MAX_STRENGTH,
    step=0.05,
)

STORES = "one vector a modality that moves"
QUERY_COST = "nothing more: the query is shifted once, O(d)"

_MOVE = '''

STRENGTH = {strength}


def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    shift = STRENGTH * STORED[f"direction.{{modality}}"]
    return unit(unit(vectors) + shift)
'''


class ShiftStrategy(VectorStrategy):
    """Family x ↦ norm(x + λ·v), with one direction v per modality.

    Every member differs only in its directions, so a sweep over λ needs no second index.
    """

    learned: ClassVar[Mapping[str, str]] = {"direction": "directions_"}
    move_code: ClassVar[str] = _MOVE
    directions_: Mapping[str, Float64]
    """`(dim,)` by modality."""

    @abstractmethod
    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        """The direction `(dim,)` of each modality, from the calibration centroids."""

    def fit_vectors(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        self.directions_ = self.directions(
            {name: kept_centroid(rows) for name, rows in vectors.items()}
        )
        return self

    @property
    def shift(self) -> Mapping[str, Float64]:
        return self.directions_

    def subtracted(self, pair: tuple[str, str]) -> float:
        a, b = (self.directions_[name] for name in pair)
        return float(self.value("strength")) if (a != b).any() else 0.0

    def n_stored(self, corpus: Rows) -> int:
        return sum(v.size for v in self.directions_.values() if v.any())

    def query_operations(self, corpus: Rows) -> int:
        return max((v.size for v in self.directions_.values() if v.any()), default=0)

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.directions_)
        shift = self.value("strength") * self.directions_[modality]
        if not shift.any():
            return vectors
        return unit_rows(vectors, shift=shift, where=f"{modality} after {self.spec.name}")

    def refuse_undefined(self, vectors: Float32, modality: str) -> None:
        refuse_unseen(modality, self.directions_)
        shift = self.value("strength") * self.directions_[modality]
        length = float(np.linalg.norm(shift))
        # ‖x + s‖ ≥ |‖x‖ − ‖s‖|, whichever way x points.
        if (1 - length) ** 2 > SURELY_LEFT:
            return
        along = vectors @ (shift / length).astype(np.float32)
        if (1 + 2 * length * along + length**2).min(initial=1) < SURELY_LEFT:
            self.transform(vectors, modality)
