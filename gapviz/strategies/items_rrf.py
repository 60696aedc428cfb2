"""Several vectors per item, fused by rank."""

from __future__ import annotations

from typing import ClassVar

from gapviz.strategies.base import Strategy
from gapviz.strategies.fusion.by_item import ItemFusion
from gapviz.strategies.fusion.by_rank import RANK_BASE, RRF_K, WEIGHTS, RankFusion
from gapviz.strategies.spec import AdviceRule, StrategySpec


class ItemsByRank(Strategy):
    """One vector a modality that an item has, fused by item by the best rank in each list."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="items-rrf",
        title="Several vectors per item, by rank",
        formula="one index per modality, Σ weight / (k + rank) over the vectors of an item",
        known=(
            "Here k and the weights do matter, since an item stands in several lists; an item "
            "that lacks a modality is outvoted by those that have it, and so is the query's own "
            "where its entry of the query's modality is left out."
        ),
        acts_on="items",
        stores="one index a modality and the item of every row",
        query_cost="N·log N to rank both lists whole, then O(items) to add them up",
        parameters=(RRF_K, WEIGHTS, RANK_BASE),
        aliases=("items",),
        advice=(
            AdviceRule(
                "mixed",
                "index",
                "helps",
                "Where an item has several vectors, list the item once and fuse its lists by rank.",
                "Wrong where most items have one vector: those that have several outvote them.",
            ),
        ),
        place=50,
    )

    @property
    def fusion(self) -> ItemFusion:
        return ItemFusion(
            "rrf",
            RankFusion(
                k=self.value("rrf_k"),
                weights=self.value("weights"),
                rank_base=self.value("rank_base"),
            ),
        )
