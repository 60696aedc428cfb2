"""Cross-modal retrieval: queries of one modality over an index of another alone.

Relevant: the rows of the query's own item. Any of several counts (five captions of one
image). Equal scores: every figure is its mean over all their orders. Where the modality that asks
is the one that is searched, rows of one item find each other, and the row that asks is left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.pairs import matching_rows
from gapviz.core.rows import rows_of_one
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Mask
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.outcome import CrossOutcome
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.base import ndcg_of
from gapviz.strategies.fusion.counting import resampled_groups
from gapviz.strategies.fusion.ties import TOLERANCE, joined, joined_groups, tie_groups

RECALL_DEPTHS = (1, 5, 10)
NDCG_DEPTH = 10


def evaluate_cross(
    collection: Collection,
    strategy: Strategy,
    source: str,
    target: str,
    *,
    max_queries: int = MAX_QUERIES,
    seed: int = DEFAULT_SEED,
    kept: Mask | None = None,
) -> CrossOutcome:
    """Rank the match of each `source` query among the indexed rows of `target`.

    Beyond `max_queries` queries a seeded sample asks. Queries whose item has no (other) row of
    `target` are left out. Routing changes nothing here: there is one list. `kept` as for
    `evaluate_mixed`.

    Raises:
        GapvizError: the collection has no such modality.
    """
    indexed, asked = collection.modality(target).corpus, collection.modality(source).queries
    gallery_item = indexed.item_index
    # Which row of the gallery each query is; −1 for none.
    itself = np.full(asked.n_rows, -1, dtype=np.int64)
    if source == target:
        itself = collection.modality(source).indexed_queries
    n_found = np.bincount(gallery_item, minlength=collection.n_items)[asked.item_index]
    asking = np.flatnonzero(n_found > (itself >= 0))
    asking = seeded_sample(asking, max_queries, seed)
    items, itself = asked.item_index[asking], itself[asking]
    gallery = strategy.transform(indexed.vectors, target)
    vectors = asked.vectors[asking]
    if items.size:
        vectors = strategy.transform_queries(vectors, source)
    corpus = rows_of_one(target, gallery, gallery_item)
    scoring = strategy.prepare(corpus, rows_of_one(source, vectors, items)) if items.size else None
    tolerance = TOLERANCE * (1.0 if scoring is None else scoring.slope(source))
    weight = None if kept is None else kept[gallery_item].astype(np.float32)
    groups, best_of_parts, all_of_parts = [], [], []
    step = max(1, BLOCK_SCORES // max(gallery_item.size, 1))
    for start in range(0, max(items.size, 1), step):
        block = slice(start, start + step)
        scores = vectors[block] @ gallery.T
        own = itself[block]
        scores[own >= 0, own[own >= 0]] = -np.inf
        if scoring is not None:
            scores = scoring.adjust(scores, source)
        match = matching_rows(items[block], gallery_item, by_item_b=corpus.by_item)
        others = match.rows_b != own[match.rows_a]
        relevant = (match.rows_a[others], match.rows_b[others])
        groups.append(tie_groups(scores, *relevant, tolerance))
        if weight is not None:
            resampled = resampled_groups(scores, *relevant, tolerance, weight)
            best_of_parts.append(resampled.best)
            all_of_parts.append(resampled.all)
    best = joined([one.best for one in groups])
    n_entries = gallery_item.size - (itself >= 0)
    found = CrossOutcome(items, joined_groups(groups), best, n_entries)
    if kept is None or not items.size:
        return found
    asks, best = kept[items], joined(best_of_parts)
    figures = {f"recall@{k}": best.hit(k) for k in RECALL_DEPTHS} | {
        "mrr": best.reciprocal_rank,
        "ndcg": ndcg_of(joined(all_of_parts), found.groups.n_relevant, NDCG_DEPTH),
    }
    means = {
        name: np.where(asks, value, 0).sum(axis=0) / np.maximum(asks.sum(axis=0), 1)
        for name, value in figures.items()
    }
    return replace(found, parts=means)
