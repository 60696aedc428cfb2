"""Ways of judging scores anew without moving a vector, one file a family."""

from gapviz.strategies.scoring.base import PreparedScores, Scoring
from gapviz.strategies.scoring.neighbours import (
    MAX_ALPHA,
    MAX_NEIGHBOURS,
    CrossDomainLocalScaling,
    NearestNeighbourNormalisation,
    refuse_bad_neighbourhood,
)
from gapviz.strategies.scoring.pair_norm import PairNormalisation

__all__ = [
    "MAX_ALPHA",
    "MAX_NEIGHBOURS",
    "CrossDomainLocalScaling",
    "NearestNeighbourNormalisation",
    "PairNormalisation",
    "PreparedScores",
    "Scoring",
    "refuse_bad_neighbourhood",
]
