"""Per-dimension standardisation of each modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import centroid, float64_blocks
from gapviz.core.vectors import NO_SPREAD, Float32, Float64
from gapviz.strategies.alignment.base import Alignment, Matching, moved_rows, refuse_unseen


class StandardiseDimensions(Alignment):
    """norm((x − μ) / σ), with μ and σ of each dimension of each modality.

    σ is the root-mean-square deviation. A dimension that does not vary is centred only, since
    dividing by a σ of rounding errors would make noise of it.
    """

    name: ClassVar[str] = "zscore"

    def __init__(self) -> None:
        """Start unfitted; there is nothing to choose."""
        self.means_: dict[str, Float64] = {}
        self.scales_: dict[str, Float64] = {}

    def fit(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        constant = {}
        for modality, rows in vectors.items():
            mean = centroid(rows)
            squares = np.zeros_like(mean)
            for block in float64_blocks(rows):
                squares += ((block - mean) ** 2).sum(axis=0)
            spread = np.sqrt(squares / len(rows))
            still = spread <= NO_SPREAD
            constant[modality] = int(still.sum())
            self.means_[modality] = mean
            self.scales_[modality] = np.where(still, 1.0, spread)
        self.warnings_ = tuple(
            f"{count} of the {len(self.means_[modality])} dimensions of {modality} do not vary "
            "in the calibration rows; they are centred only."
            for modality, count in constant.items()
            if count
        )
        return self

    @property
    def n_stored(self) -> int:
        return 2 * sum(mean.size for mean in self.means_.values())

    @property
    def query_operations(self) -> int:
        return max((mean.size for mean in self.means_.values()), default=0)

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.means_)
        mean, scale = self.means_[modality], self.scales_[modality]
        return moved_rows(
            vectors, lambda rows: (rows - mean) / scale, where=f"{modality} after {self.name}"
        )
