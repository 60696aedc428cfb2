"""The one protocol of everything that moves vectors to close the gap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import centroid
from gapviz.core.errors import GapvizError
from gapviz.core.pairs import Pairs
from gapviz.core.vectors import Float32, Float64, unit_rows

MAX_STRENGTH = 2.0

# Rows moved at once; the float64 copy of a block is small beside the matrix.
BLOCK_ROWS = 4_096

Matching = Callable[[str, str], Pairs]
"""The matched rows of two modalities by their names, as `Collection.pairs` gives them."""


def refuse_bad_strength(strength: float) -> None:
    """Raise `GapvizError` unless λ lies in 0…2; NaN does not."""
    if not 0.0 <= strength <= MAX_STRENGTH:
        raise GapvizError(
            f"the strength λ = {strength:g} is out of range",
            hint=f"choose a number from 0 (raw) to {MAX_STRENGTH:g}",
        )


def refuse_unseen(modality: str, seen: Mapping[str, object]) -> None:
    """Raise `GapvizError` unless the modality is among those that a fit has `seen`."""
    if modality not in seen:
        raise GapvizError(
            f"the alignment has not seen the modality {modality!r}",
            hint=f"use one of {', '.join(seen) or 'those it was fitted on'}",
        )


class Alignment(ABC):
    """Learns from calibration vectors, then moves any vectors of the same modalities.

    Parameters are given to the constructor; what `fit` learns ends in an underscore.
    """

    name: ClassVar[str]
    """Stable name, as it stands in URLs and on the command line."""
    needs_pairs: ClassVar[bool] = False
    """True where `fit` reads which rows match, so that rows must come in pairs."""
    warnings_: tuple[str, ...] = ()
    """What the fit should be doubted for, one sentence each."""

    @abstractmethod
    def fit(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        """Learn from unit rows `(n, dim)` per modality, and return self.

        Args:
            vectors: the rows, by modality.
            pairs: which of those rows match; read only where `needs_pairs`.

        Raises:
            GapvizError: a modality named in the parameters is not there, or pairs are
                needed and there are none.
        """

    @property
    @abstractmethod
    def n_stored(self) -> int:
        """Numbers that must be kept to move further rows."""

    @property
    @abstractmethod
    def query_operations(self) -> int:
        """Multiply-adds that moving one query costs, in the dearest modality."""

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

    def fit(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        centroids = {modality: centroid(rows) for modality, rows in vectors.items()}
        self.directions_ = self.directions(centroids)
        return self

    @property
    def n_stored(self) -> int:
        return sum(v.size for v in self.directions_.values() if v.any())

    @property
    def query_operations(self) -> int:
        return max((v.size for v in self.directions_.values() if v.any()), default=0)

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.directions_)
        shift = self.strength * self.directions_[modality]
        if not shift.any():
            return vectors
        return unit_rows(vectors, shift=shift, where=f"{modality} after {self.name}")


def moved_rows(vectors: Float32, move: Callable[[Float64], Float64], *, where: str) -> Float32:
    """Unit rows `(n, dim)` of `move(rows)`, in float64 block by block.

    Raises:
        GapvizError: a row that is left no longer than the rounding of float32.
    """
    moved = np.empty_like(vectors)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS].astype(np.float64)
        moved[start : start + BLOCK_ROWS] = move(block)
    # A shift of zero, because a moved row is refused sooner than a loaded one.
    return unit_rows(moved, shift=np.zeros(moved.shape[1]), where=where)
