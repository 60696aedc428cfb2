"""Half/half offset: both clouds meet in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from gapviz.core.vectors import Float64
from gapviz.strategies.shift import QUERY_COST, STORES, STRENGTH, ShiftStrategy
from gapviz.strategies.spec import StrategySpec


class HalfOffset(ShiftStrategy):
    """norm(x − ½λΔ), norm(y + ½λΔ): every modality moves to the mean of the centroids."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="half",
        title="Half/half offset",
        formula="norm(x − ½λΔ), norm(y + ½λΔ)",
        known="Both clouds meet in the middle; on real CLIP it costs recall like one-sided.",
        acts_on="vectors",
        stores=STORES,
        query_cost=QUERY_COST,
        parameters=(STRENGTH,),
        across_modalities=True,
        aliases=("half-half", "half/half"),
        place=11,
    )

    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        middle = np.mean(list(centroids.values()), axis=0)
        return {modality: middle - mu for modality, mu in centroids.items()}
