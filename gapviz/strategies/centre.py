"""Centring both modalities: GR-CLIP, the same formula as I0T-post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from gapviz.core.vectors import Float64
from gapviz.strategies.shift import QUERY_COST, STORES, STRENGTH, ShiftStrategy
from gapviz.strategies.spec import AdviceRule, StrategySpec


class CentreBoth(ShiftStrategy):
    """norm(x − λμx), norm(y − λμy): GR-CLIP, the same formula as I0T-post."""

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="centre",
        title="Centre both",
        formula="norm(x − λμx), norm(y − λμy)",
        known=(
            "On real CLIP it keeps or lifts cross-modal recall, yet a gap near zero is not "
            "bias zero: the bias rate stays near .89, since same-modality scores spread wider."
        ),
        acts_on="vectors",
        stores=STORES,
        query_cost=QUERY_COST,
        parameters=(STRENGTH,),
        aliases=("center", "centre-both", "center-both", "gr-clip", "i0t-post"),
        advice=(
            AdviceRule(
                "one-way",
                "index",
                "no change",
                "Centring both keeps cross-modal recall, and has nothing to fix here.",
                "Wrong where new items drift away from the centroids that were fitted.",
            ),
            AdviceRule(
                "mixed",
                "index",
                "helps",
                "Centring both closes the gap at the price of one vector a modality.",
                "Wrong where it is taken for a cure: a gap near zero is not bias zero.",
            ),
            AdviceRule(
                "within",
                "index",
                "no change",
                "Centring moves query and candidates alike, and changes little within one "
                "modality.",
                "Wrong where it is done for the gap: here there is none.",
            ),
            AdviceRule(
                "scores",
                "index",
                "helps",
                "Centring both brings the scores of all pairs nearer to one scale.",
                "Wrong where it is taken for a cure: pairs within a modality still spread wider.",
            ),
        ),
        place=12,
    )

    def directions(self, centroids: Mapping[str, Float64]) -> dict[str, Float64]:
        return {modality: -mu for modality, mu in centroids.items()}
