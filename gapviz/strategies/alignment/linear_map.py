"""Linear maps from the other modalities onto one of them, learned from matched pairs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import centroid
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64
from gapviz.strategies.alignment.base import Alignment, Matching, moved_rows, refuse_unseen

MAX_RIDGE = 1e6


def refuse_bad_ridge(ridge: float) -> None:
    """Raise `GapvizError` unless the ridge lies above 0 and at most 1,000,000."""
    if not 0.0 < ridge <= MAX_RIDGE:
        raise GapvizError(
            f"the ridge λ = {ridge:g} is out of range",
            hint=f"choose a number above 0 (30 is a good start), at most {MAX_RIDGE:,.0f}",
        )


class LinearMap(Alignment):
    """Family norm((x − μx)W) for every modality but the anchor, norm(y − μy) for that one.

    Both sides are centred, so that the translation is part of the map. With one row an item
    A holds the centred rows of a modality, B those of the anchor that match them.
    """

    needs_pairs: ClassVar[bool] = True

    def __init__(self, anchor: str | None = None) -> None:
        """Take the modality that the others are mapped onto (the last one unless told)."""
        self.anchor = anchor
        self.anchor_ = anchor
        self.means_: dict[str, Float64] = {}
        self.maps_: dict[str, Float64] = {}

    @abstractmethod
    def learn(self, a: Float64, b: Float64) -> Float64:
        """The map W `(dim, dim)` that takes rows of A `(n_pairs, dim)` to those of B."""

    @abstractmethod
    def doubts(self, n_pairs: int, dim: int, modality: str) -> tuple[str, ...]:
        """What a map from so few pairs should be doubted for."""

    def fit(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        anchor = self.anchor_ = self.anchor or list(vectors)[-1]
        if anchor not in vectors:
            raise GapvizError(
                f"there is no modality {anchor!r} to map the others onto",
                hint=f"choose one of {', '.join(vectors)}",
            )
        self.means_ = {modality: centroid(rows) for modality, rows in vectors.items()}
        self.maps_ = {}
        warnings: tuple[str, ...] = ()
        others = [modality for modality in vectors if modality != anchor]
        if not others:
            raise GapvizError(
                f"{self.name} needs matched pairs of two modalities, and there is only {anchor}",
                hint="give vectors of a second modality",
            )
        for modality in others:
            matched = None if pairs is None else pairs(modality, anchor)
            if not matched:
                raise GapvizError(
                    f"{self.name} needs matched pairs, and no {modality} row has a {anchor} row "
                    "of the same item among the calibration items",
                    hint="give pairs, or choose a strategy that needs none",
                )
            a = vectors[modality][matched.rows_a].astype(np.float64) - self.means_[modality]
            b = vectors[anchor][matched.rows_b].astype(np.float64) - self.means_[anchor]
            self.maps_[modality] = self.learn(a, b)
            warnings += self.doubts(len(matched), a.shape[1], modality)
        self.warnings_ = warnings
        return self

    @property
    def n_stored(self) -> int:
        return sum(part.size for part in (*self.means_.values(), *self.maps_.values()))

    @property
    def query_operations(self) -> int:
        return max((linear.size for linear in self.maps_.values()), default=0)

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.means_)
        mean, linear = self.means_[modality], self.maps_.get(modality)
        return moved_rows(
            vectors,
            lambda rows: rows - mean if linear is None else (rows - mean) @ linear,
            where=f"{modality} after {self.name}",
        )


class Procrustes(LinearMap):
    """W = UVᵀ of the singular value decomposition of AᵀB: the best rotation (Schönemann 1966).

    With fewer pairs than dimensions AᵀB leaves directions free, and the rotation of those is
    whatever the decomposition happens to return: rounding alone then moves held-out recall by
    some hundredths.
    """

    name: ClassVar[str] = "procrustes"

    def learn(self, a: Float64, b: Float64) -> Float64:
        u, _, vt = np.linalg.svd(a.T @ b)
        return np.asarray(u @ vt, dtype=np.float64)

    def doubts(self, n_pairs: int, dim: int, modality: str) -> tuple[str, ...]:
        if n_pairs > dim:
            return ()
        return (
            f"{n_pairs} calibration pairs do not determine a rotation of {modality} in {dim} "
            "dimensions; it overfits, and ridge towards identity is the safer map.",
        )


class RidgeToIdentity(LinearMap):
    """W = (AᵀA + λI)⁻¹(AᵀB + λI): least squares, held back towards leaving rows as they are.

    It minimises ‖AW − B‖² + λ‖W − I‖². λ → ∞ is centring both; λ → 0 plain least squares.
    """

    name: ClassVar[str] = "ridge"

    def __init__(self, ridge: float = 30.0, anchor: str | None = None) -> None:
        """Take λ, the pull towards the identity, and the anchor.

        Raises:
            GapvizError: λ not above 0, or above 1,000,000.
        """
        super().__init__(anchor)
        refuse_bad_ridge(ridge)
        self.ridge = float(ridge)

    def learn(self, a: Float64, b: Float64) -> Float64:
        pull = self.ridge * np.eye(a.shape[1])
        return np.asarray(np.linalg.solve(a.T @ a + pull, a.T @ b + pull), dtype=np.float64)

    def doubts(self, n_pairs: int, dim: int, modality: str) -> tuple[str, ...]:
        if n_pairs > dim or self.ridge >= 10.0:
            return ()
        return (
            f"{n_pairs} calibration pairs in {dim} dimensions with a ridge of only "
            f"{self.ridge:g}: the map of {modality} may overfit.",
        )
