"""The one protocol of everything that moves vectors to close the gap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from gapviz.errors import GapvizError
from gapviz.geometry.blocks import centroid
from gapviz.vectors import Float32, Float64, unit_rows

MAX_STRENGTH = 2.0


def refuse_bad_strength(strength: float) -> None:
    """Raise `GapvizError` unless λ lies in 0…2; NaN does not."""
    if not 0.0 <= strength <= MAX_STRENGTH:
        raise GapvizError(
            f"the strength λ = {strength:g} is out of range",
            mend=f"choose a number from 0 (raw) to {MAX_STRENGTH:g}",
        )


class Alignment(ABC):
    """Learns from calibration vectors, then moves any vectors of the same modalities.

    Parameters are given to the constructor; what `fit` learns ends in an underscore.
    """

    name: ClassVar[str]
    """Stable name, as it stands in URLs and on the command line."""
    needs_pairs: ClassVar[bool] = False
    """True where `fit` reads which rows match, so that rows must come in pairs."""

    @abstractmethod
    def fit(self, vectors: Mapping[str, Float32]) -> Self:
        """Learn from unit rows `(n, dim)` per modality, and return self."""

    @abstractmethod
    def transform(self, vectors: Float32, modality: str) -> Float32:
        """New unit rows `(n, dim)` in place of those of one modality.

        Raises:
            GapvizError: a modality that `fit` never saw, or a row that the move leaves
                with no length.
        """


class ShiftAlignment(Alignment):
    """Family x ↦ norm(x + λ·v), with one direction v per modality.

    Every member differs only in its directions, so a sweep over λ needs no second index.
    """

    def __init__(self, strength: float = 1.0) -> None:
        """Take λ, the share of the direction to move: 0 = raw, 1 = all of it.

        Raises:
            GapvizError: λ outside 0…2.
        """
        refuse_bad_strength(strength)
        self.strength = float(strength)
        self.directions_: dict[str, Float64] = {}

    @abstractmethod
    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        """The direction `(dim,)` of each modality, from the calibration centroids."""

    def fit(self, vectors: Mapping[str, Float32]) -> Self:
        centroids = {modality: centroid(rows) for modality, rows in vectors.items()}
        self.directions_ = self.directions(centroids)
        return self

    def transform(self, vectors: Float32, modality: str) -> Float32:
        if modality not in self.directions_:
            raise GapvizError(
                f"the alignment has not seen the modality {modality!r}",
                mend=f"use one of {', '.join(self.directions_) or 'those it was fitted on'}",
            )
        shift = self.strength * self.directions_[modality]
        if not shift.any():
            return vectors
        return unit_rows(vectors, shift=shift, where=f"{modality} after {self.name}")
