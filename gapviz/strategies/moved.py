"""A collection with its vectors where a strategy puts them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.strategies.base import Strategy


def moved_collection(collection: Collection, strategy: Strategy) -> Collection:
    """The items with their vectors as a fitted strategy moved them, those that only ask as queries.

    Raises:
        GapvizError: a modality that the strategy has not seen, or a row that it leaves with no
            length.
    """
    modalities = {}
    for name, block in collection.modalities.items():
        vectors = strategy.transform(block.vectors, name)
        if strategy.spec.by_role and block.query_only.any():
            asking = strategy.transform_queries(block.vectors, name)
            vectors = np.where(block.query_only[:, None], asking, vectors)
        modalities[name] = ModalityVectors.of(vectors, block.item_index, block.query_only)
    return replace(collection, modalities=modalities)
