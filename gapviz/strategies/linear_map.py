"""The family of linear maps from the other modalities onto one, learned from matched pairs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from gapviz.core.blocks import centroid
from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose
from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64
from gapviz.strategies.base import Matching, VectorStrategy, moved_rows, refuse_unseen

ANCHOR = Parameter(
    "anchor",
    "Mapped onto",
    "modality",
    None,
    "the modality that stays, the last one unless given; the others are mapped onto it",
    usually_last=True,
    phrase="onto {}",
)

STORES = "one d × d matrix a mapped modality and one centroid a modality"
QUERY_COST = "the query is mapped once, O(d²)"

_MOVE = '''

ANCHOR = {anchor}


def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    centred = unit(vectors) - STORED[f"mean.{{modality}}"]
    return unit(centred if modality == ANCHOR else centred @ STORED[f"matrix.{{modality}}"])
'''


class LinearMap(VectorStrategy):
    """Family norm((x − μx)W) for every modality but the anchor, norm(y − μy) for that one.

    Both sides are centred, so that the translation is part of the map. With one row an item
    A holds the centred rows of a modality, B those of the anchor that match them.
    """

    learned: ClassVar[Mapping[str, str]] = {"mean": "means_", "matrix": "maps_"}
    move_code: ClassVar[str] = _MOVE
    means_: dict[str, Float64]
    maps_: dict[str, Float64]
    """`(dim, dim)` of every modality but the anchor."""
    anchor_: str | None = None

    @abstractmethod
    def learn(self, a: Float64, b: Float64) -> Float64:
        """The map W `(dim, dim)` that takes rows of A `(n_pairs, dim)` to those of B."""

    @abstractmethod
    def fit_warnings(self, n_pairs: int, dim: int, modality: str) -> tuple[str, ...]:
        """What speaks against a map from so few pairs."""

    def fit_vectors(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        name = self.spec.name
        anchor = self.anchor_ = self.options.value("anchor") or list(vectors)[-1]
        if anchor not in vectors:
            raise GapvizError(
                f"there is no modality {anchor!r} to map the others onto",
                hint=choose(str(anchor), vectors),
            )
        self.means_ = {modality: centroid(rows) for modality, rows in vectors.items()}
        self.maps_ = {}
        warnings: tuple[str, ...] = ()
        others = [modality for modality in vectors if modality != anchor]
        if not others:
            raise GapvizError(
                f"{name} needs matched pairs of two modalities, and there is only {anchor}",
                hint="give vectors of a second modality",
            )
        for modality in others:
            matched = None if pairs is None else pairs(modality, anchor)
            if not matched:
                raise GapvizError(
                    f"{name} needs matched pairs, and no {modality} row has a {anchor} row "
                    "of the same item among the calibration items",
                    hint="give pairs, or choose a strategy that needs none",
                )
            a = vectors[modality][matched.rows_a].astype(np.float64) - self.means_[modality]
            b = vectors[anchor][matched.rows_b].astype(np.float64) - self.means_[anchor]
            self.maps_[modality] = self.learn(a, b)
            warnings += self.fit_warnings(len(matched), a.shape[1], modality)
        self.warnings_ = warnings
        return self

    @property
    def settled(self) -> dict[str, Any]:
        return super().settled | ({"anchor": self.anchor_} if self.anchor_ else {})

    def subtracted(self, pair: tuple[str, str]) -> float:
        return 1.0  # both modalities are centred

    def n_stored(self, corpus: Rows) -> int:
        return sum(part.size for part in (*self.means_.values(), *self.maps_.values()))

    def query_operations(self, corpus: Rows) -> int:
        return max((linear.size for linear in self.maps_.values()), default=0)

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.means_)
        mean, linear = self.means_[modality], self.maps_.get(modality)
        return moved_rows(
            vectors,
            lambda rows: rows - mean if linear is None else (rows - mean) @ linear,
            where=f"{modality} after {self.spec.name}",
        )
