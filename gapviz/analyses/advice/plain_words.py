"""What the figures of the advisor count, in plain words."""

from __future__ import annotations

from gapviz.analyses.figure_words import kind_of
from gapviz.measures.retrieval.outcomes import DEPTH

AMONG_FIRST = f"among the first {DEPTH}"


def rank_words(figure: str) -> str:
    """What NDCG and MRR say."""
    return f"how high the right answer stands ({figure}: 1 is always first, 0 is never seen)"


def imbalance_words() -> str:
    """What the imbalance says."""
    return f"how far answers lean to the query's own kind or away (imbalance@{DEPTH}: 0 is even)"


def own_kind_words(modality: str) -> str:
    """What the bias rate of the queries of a modality counts."""
    kind = kind_of(modality, several=True)
    return f"answers to {modality} queries that are {kind}, {AMONG_FIRST}"


def direction_words(source: str, target: str) -> str:
    """What recall in an index of one modality alone counts."""
    return f"{source} queries that find their {kind_of(target)}"
