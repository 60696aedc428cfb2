"""Routing by modality, merged by min-max."""

from __future__ import annotations

from typing import ClassVar

from gapviz.strategies.base import Strategy
from gapviz.strategies.fusion.by_score import ScoreFusion
from gapviz.strategies.fusion.merged_lists import TIES
from gapviz.strategies.spec import AdviceRule, StrategySpec


class RouteByMinMax(Strategy):
    """Search each modality on its own and merge the lists by (s − min) / (max − min)."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="minmax",
        title="Route and merge by min-max",
        formula="one index per modality, (s − min) / (max − min) within each list",
        known=(
            "The best of every list ties at 1, so that quality turns on how ties break: on real "
            "CLIP the bias rate is .59 and .63, and NDCG@10 .49 and .49 where the query's modality "
            "wins them, .72 and .70 where the other does (held out)."
        ),
        acts_on="lists",
        stores="one index a modality",
        query_cost="N·log k to sort the lists apart, then O(k) to merge them",
        parameters=(TIES,),
        aliases=("min-max", "route-minmax", "route-min-max", "route+min-max"),
        advice=(
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "One filtered query a modality, merged by rescaled score.",
                "Wrong where a list has no good answer: its best still gets the full score, and "
                "those bests tie.",
            ),
        ),
        place=41,
    )

    @property
    def fusion(self) -> ScoreFusion:
        return ScoreFusion("min-max", self.value("ties"))
