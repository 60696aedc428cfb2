"""Cross-modal retrieval: queries of one modality over an index of another alone.

Relevant: the rows of the query's own item. Any of several counts (five captions of one
image). Rank: 1 + the number of entries that score strictly higher.
"""

from __future__ import annotations

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.rows import rows_of_one
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.outcome import CrossOutcome
from gapviz.strategies import Strategy


def evaluate_cross(
    collection: Collection,
    strategy: Strategy,
    source: str,
    target: str,
    *,
    max_queries: int = MAX_QUERIES,
    seed: int = DEFAULT_SEED,
) -> CrossOutcome:
    """Rank the match of each `source` query among the indexed rows of `target`.

    Beyond `max_queries` queries a seeded sample asks. Queries whose item has no row of
    `target` are left out. Routing changes nothing here: there is one list.

    Raises:
        GapvizError: the collection has no such modality.
    """
    indexed, asked = collection.modality(target).corpus, collection.modality(source).queries
    gallery_item = indexed.item_index
    asking = np.flatnonzero(np.isin(asked.item_index, gallery_item))
    asking = seeded_sample(asking, max_queries, seed)
    asking_item = asked.item_index[asking]
    if not asking.size:
        return CrossOutcome(asking_item, asking_item, np.zeros(0, dtype=np.bool_))
    gallery = strategy.transform(indexed.vectors, target)
    asking_vectors = strategy.transform(asked.vectors[asking], source)
    scoring = strategy.prepare(
        rows_of_one(target, gallery, gallery_item),
        rows_of_one(source, asking_vectors, asking_item),
    )
    ranks = np.zeros(asking.size, dtype=np.int64)
    tied = np.zeros(asking.size, dtype=np.bool_)
    step = max(1, BLOCK_SCORES // max(gallery_item.size, 1))
    for start in range(0, asking.size, step):
        scores = asking_vectors[start : start + step] @ gallery.T
        if scoring is not None:
            scores = scoring.adjust(scores, source)
        match = asking_item[start : start + step, None] == gallery_item[None, :]
        best = np.where(match, scores, -np.inf).max(axis=1)[:, None]
        ranks[start : start + step] = 1 + (scores > best).sum(axis=1)
        tied[start : start + step] = ((scores == best) & ~match).any(axis=1)
    return CrossOutcome(asking_item, ranks, tied)
