"""Per-dimension standardisation of each modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import centroid, float64_blocks
from gapviz.core.rows import Rows
from gapviz.core.vectors import NO_SPREAD, Float32, Float64
from gapviz.strategies.base import Matching, VectorStrategy, moved_rows, refuse_unseen
from gapviz.strategies.spec import AdviceRule, StrategySpec


class StandardiseDimensions(VectorStrategy):
    """norm((x − μ) / σ), with μ and σ of each dimension of each modality.

    σ is the root-mean-square deviation. A dimension that does not vary is centred only, since
    dividing by a σ of rounding errors would make noise of it.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="zscore",
        title="Per-dimension z-score",
        formula="norm((x − μx) / σx), norm((y − μy) / σy), by dimension",
        known=(
            "On real CLIP it keeps recall (R@1 .63 and .60, held out) and lowers the bias rate a "
            "little more than centring does, to .79 for images and .88 for texts."
        ),
        acts_on="vectors",
        stores="a mean and a spread vector a modality",
        query_cost="nothing more: the query is rescaled once, O(d)",
        by_dimension=True,
        aliases=("z-score", "standardise", "standardize"),
        advice=(
            AdviceRule(
                "one-way",
                "index",
                "no change",
                "Rescaling each dimension keeps cross-modal recall, and has nothing to fix here.",
                "Wrong where few items were there to fit a spread for every dimension.",
            ),
            AdviceRule(
                "mixed",
                "index",
                "helps",
                "Rescaling each dimension closes the gap and evens the spread.",
                "Wrong where few items were there to fit a spread for every dimension.",
            ),
        ),
        place=20,
    )
    learned: ClassVar[Mapping[str, str]] = {"mean": "means_", "spread": "scales_"}
    move_code: ClassVar[str] = '''

def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    return unit((unit(vectors) - STORED[f"mean.{{modality}}"]) / STORED[f"spread.{{modality}}"])
'''
    means_: dict[str, Float64]
    scales_: dict[str, Float64]

    def fit_vectors(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        constant: dict[str, int] = {}
        self.means_, self.scales_ = {}, {}
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

    def subtracted(self, pair: tuple[str, str]) -> float:
        return 1.0  # both modalities are centred

    def n_stored(self, corpus: Rows) -> int:
        return 2 * sum(mean.size for mean in self.means_.values())

    def query_operations(self, corpus: Rows) -> int:
        return max((mean.size for mean in self.means_.values()), default=0)

    def transform(self, vectors: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.means_)
        mean, scale = self.means_[modality], self.scales_[modality]
        return moved_rows(
            vectors, lambda rows: (rows - mean) / scale, where=f"{modality} after {self.spec.name}"
        )
