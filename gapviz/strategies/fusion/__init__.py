"""How the lists of the modalities become one: a single list, by rank, by score, by item."""

from gapviz.strategies.fusion.base import Asked, Fusion, QueryFigures, Ranked, Standing
from gapviz.strategies.fusion.by_item import ItemFusion
from gapviz.strategies.fusion.by_rank import RankFusion
from gapviz.strategies.fusion.by_score import ScoreFusion, rescaled
from gapviz.strategies.fusion.one_list import ONE_LIST, OneList
from gapviz.strategies.fusion.ties import TieRule

__all__ = [
    "ONE_LIST",
    "Asked",
    "Fusion",
    "ItemFusion",
    "OneList",
    "QueryFigures",
    "RankFusion",
    "Ranked",
    "ScoreFusion",
    "Standing",
    "TieRule",
    "rescaled",
]
