"""Routing by modality, merged by z-score."""

from __future__ import annotations

from typing import ClassVar

from gapviz.strategies.base import Strategy
from gapviz.strategies.fusion.by_score import ScoreFusion
from gapviz.strategies.spec import AdviceRule, StrategySpec


class RouteByZScore(Strategy):
    """Search each modality on its own and merge the lists by (s − mean) / σ."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="route-zscore",
        title="Route and merge by z-score",
        formula="one index per modality, (s − mean) / σ within each list",
        known=(
            "It needs the scores of the whole list, not of its top alone; on real CLIP the bias "
            "rate is .52 and .39 and NDCG@10 .65 and .69 (held out)."
        ),
        acts_on="lists",
        stores="one index a modality",
        query_cost="a mean and a σ of each list, O(N), then as any routing",
        aliases=("route-z-score", "route+z-score"),
        advice=(
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "One filtered query a modality, merged by how far a score stands out of its list.",
                "Wrong where the engine returns the top of a list only: it needs the whole list's "
                "scores.",
            ),
        ),
        place=42,
    )

    @property
    def fusion(self) -> ScoreFusion:
        return ScoreFusion("z-score")
