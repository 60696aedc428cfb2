"""Scores of pairs by pair type, under a fitted strategy."""

from __future__ import annotations

from collections.abc import Mapping

from gapviz.core.collection import Collection
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.measures.geometry.thresholds import PairType, TypedScores, typed_scores
from gapviz.strategies import Strategy


def typed_scores_of(
    strategy: Strategy, collection: Collection, x: str, y: str, seed: int = DEFAULT_SEED
) -> Mapping[PairType, TypedScores]:
    """Cosines of the moved rows of two modalities, by pair type; labels make pairs within relevant.

    Args:
        strategy: fitted.
        collection: its indexed rows are taken.
        x: the first modality.
        y: the second.
        seed: of the sample, where there are too many pairs.
    """
    blocks = [collection.modality(name).corpus for name in (x, y)]
    labelled = (collection.labels >= 0).any()
    labels = [collection.label_sets[block.item_index] if labelled else None for block in blocks]
    return typed_scores(
        strategy.transform(blocks[0].vectors, x),
        strategy.transform(blocks[1].vectors, y),
        collection.pairs(x, y),
        labels_x=labels[0],
        labels_y=labels[1],
        seed=seed,
    )
