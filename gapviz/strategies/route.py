"""Routing by modality: one index a modality, fused by rank."""

from __future__ import annotations

from typing import ClassVar

from gapviz.strategies.base import Strategy
from gapviz.strategies.fusion.by_rank import RANK_BASE, RRF_K, WEIGHTS, RankFusion
from gapviz.strategies.fusion.merged_lists import TIES
from gapviz.strategies.spec import AdviceRule, StrategySpec


class Route(Strategy):
    """Search each modality on its own and fuse the lists by rank (Cormack et al. 2009)."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="route",
        title="Route and fuse by rank",
        formula="one index per modality, Σ weight / (k + rank)",
        known=(
            "Over disjoint lists this is interleaving: bias is .5 by construction with two "
            "equal weights, k does not matter then, and quality turns on how ties break."
        ),
        acts_on="lists",
        stores="one index a modality",
        query_cost="N·log k to sort the lists apart, then O(k) to merge them",
        parameters=(RRF_K, WEIGHTS, RANK_BASE, TIES),
        aliases=("rrf", "route-rrf", "route+rrf", "routing", "routed"),
        advice=(
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "One filtered query a modality, fused by rank, cannot sort by modality.",
                "Wrong where one modality holds most of the answers: each gets the same share of "
                "the list, whatever was asked.",
            ),
            AdviceRule(
                "scores",
                "neither",
                "helps",
                "Fuse ranks, not cosines: a rank has no offset.",
                "Wrong where a score must say that nothing fits: ranks always have a best.",
            ),
        ),
        place=40,
    )

    @property
    def fusion(self) -> RankFusion:
        return RankFusion(
            k=self.value("rrf_k"),
            weights=self.value("weights"),
            rank_base=self.value("rank_base"),
            ties=self.value("ties"),
        )
