"""Several vectors per item: items ranked by the fused lists of their modalities."""

from __future__ import annotations

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.measures.retrieval.outcome import MixedOutcome, ratio
from gapviz.measures.retrieval.ranking import ndcg_at
from gapviz.strategies.fusion import SAME_SCORE, ItemFusion


def outcome_by_item(
    corpus: Rows, scores: Float32, items: Indices, own: int, fusion: ItemFusion, k: int
) -> MixedOutcome:
    """What queries of modality number `own` get where items are ranked, not rows.

    Args:
        corpus: the rows that are searched.
        scores: `(n_queries, n_rows)`; −∞ marks a row that a query must not find.
        items: `(n_queries,)` the query's own item, which is the one relevant item as long as
            a row of it is left.
        own: position of the queries' modality in `corpus.names`.
        fusion: how the lists become one.
        k: depth of bias and NDCG.
    """
    worth = _worth(corpus, scores, fusion)
    best = worth.max(axis=0)
    present = best > -np.inf
    fused = best
    if fusion.method == "rrf":
        fused = np.where(present, np.where(worth > -np.inf, worth, 0).sum(axis=0), -np.inf)
    other = np.delete(worth, own, axis=0).max(axis=0, initial=-np.inf)
    by_other = present & (other >= worth[own])
    best_other = np.where(by_other, fused, -np.inf).max(axis=1, keepdims=True)
    before, _ = _above_and_level(np.where(by_other, -np.inf, fused), best_other)
    queries = np.arange(items.size)
    indexed = np.unique(corpus.item)
    place = np.minimum(np.searchsorted(indexed, items), indexed.size - 1)
    has_match = (indexed[place] == items) & present[queries, place]
    lost = np.isneginf(scores[:, corpus.spans[own]]).sum(axis=1)
    own_score = np.where(has_match, fused[queries, place], 0.0)[:, None]
    above, level = _above_and_level(fused, own_score)
    rank = np.where(has_match, 1 + above.sum(axis=1), 0)
    return MixedOutcome(
        k=k,
        items=items,
        own_share=_own_share(fused, present & ~by_other, k),
        expected_share=_chance(corpus, place, lost, own),
        first_other_rank=np.where(by_other.any(axis=1), 1 + before.sum(axis=1), 0),
        match_rank=rank,
        ndcg=ndcg_at(rank[:, None], has_match.astype(np.int64), k),
        tied=has_match & (level.sum(axis=1) > 1),
        n_available=items.size,
    )


def _above_and_level(fused: Float64, at: Float64) -> tuple[Mask, Mask]:
    """Which scores `(n_queries, n_items)` exceed, and which equal, `at` `(n_queries, 1)`.

    Equal is relative: fused scores are sums whose order of adding must not matter.
    """
    level = np.isclose(fused, at, rtol=SAME_SCORE, atol=0)
    return (fused > at) & ~level, level & np.isfinite(fused)


def _own_share(fused: Float64, is_own: Mask, k: int) -> Float64:
    """Share of the top k that is `is_own`; items that tie at place k share the room there."""
    taken = np.minimum(np.isfinite(fused).sum(axis=1), k)
    falling = -np.sort(-fused, axis=1)
    last = np.take_along_axis(falling, np.maximum(taken - 1, 0)[:, None], axis=1)
    above, level = _above_and_level(fused, last)
    room = taken - above.sum(axis=1)
    level_share = ratio((level & is_own).sum(axis=1), level.sum(axis=1))
    return ratio((above & is_own).sum(axis=1) + np.where(room > 0, room * level_share, 0), taken)


def _worth(corpus: Rows, scores: Float32, fusion: ItemFusion) -> Float64:
    """`(n_modalities, n_queries, n_items)`: what each list gives an item, −∞ for nothing.

    Its best score under `max`, weight / (k + rank) under `rrf`. Items are those of the
    corpus, in rising order.
    """
    indexed, column = np.unique(corpus.item, return_inverse=True)
    worth = np.full((len(corpus.names), len(scores), indexed.size), -np.inf)
    for code, (name, span) in enumerate(zip(corpus.names, corpus.spans, strict=True)):
        if span.stop == span.start:
            continue
        by_item = np.argsort(column[span], kind="stable")
        owners, first = np.unique(column[span][by_item], return_index=True)
        best = np.maximum.reduceat(scores[:, span][:, by_item], first, axis=1)
        if fusion.method == "max":
            worth[code][:, owners] = best
            continue
        order = np.argsort(-best, axis=1, kind="stable")
        rank = np.empty(order.shape, dtype=np.int64)
        np.put_along_axis(rank, order, np.arange(owners.size)[None, :], axis=1)
        gain = fusion.ranks.weight(name) / (fusion.ranks.k + fusion.ranks.rank_base + rank)
        worth[code][:, owners] = np.where(best > -np.inf, gain, -np.inf)
    return worth


def _chance(corpus: Rows, place: Indices, lost: Indices, own: int) -> Float64:
    """Share of own rows among the open rows of an item, mean over the items that have any.

    Args:
        corpus: the rows that are searched.
        place: `(n_queries,)` the query's item among the items of the corpus.
        lost: `(n_queries,)` how many rows of its own modality that item has lost.
        own: position of the queries' modality.
    """
    indexed, column = np.unique(corpus.item, return_inverse=True)
    total = np.bincount(column, minlength=indexed.size)
    rows = np.bincount(column[corpus.spans[own]], minlength=indexed.size)
    shares = rows / total
    left = total[place] - lost
    of_own_item = np.divide(rows[place] - lost, left, out=np.zeros(left.size), where=left > 0)
    return ratio(shares.sum() - shares[place] + of_own_item, indexed.size - (left == 0))
