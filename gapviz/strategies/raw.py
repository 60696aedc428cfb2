"""Raw cosine: the baseline."""

from __future__ import annotations

from typing import ClassVar

from gapviz.strategies.base import Strategy
from gapviz.strategies.spec import StrategySpec


class Raw(Strategy):
    """Leave every vector where it is."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="raw",
        title="Raw cosine",
        formula="x · y",
        known="The baseline: a mixed index sorts by modality before it sorts by meaning.",
        acts_on="nothing",
        stores="nothing",
        query_cost="nothing more",
        place=0,
    )
