"""Several vectors per item, by best cosine."""

from __future__ import annotations

from typing import ClassVar

from gapviz.strategies.base import Strategy
from gapviz.strategies.fusion.by_item import ItemFusion
from gapviz.strategies.spec import StrategySpec


class ItemsByBest(Strategy):
    """One vector a modality that an item has; an item scores what its best vector does."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="items-max",
        title="Several vectors per item, by best cosine",
        formula="max over the vectors of an item of x · y",
        known=(
            "No item is listed twice, but the gap stays: the best vector of an item is nearly "
            "always the one of the query's modality."
        ),
        acts_on="items",
        stores="the item of every row",
        query_cost="one comparison a row, O(N)",
        place=51,
    )

    @property
    def fusion(self) -> ItemFusion:
        return ItemFusion("max")
