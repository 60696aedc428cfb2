"""NDCG of ranked lists from the ranks of the relevant entries, under binary relevance."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float64, Indices


def ndcg_at(ranks: Indices, n_relevant: Indices, k: int) -> Float64:
    """NDCG@k per query, `(n_queries,)`, with the ideal over *all* relevant entries.

    DCG = Σ 1/log2(1 + rank) over relevant entries with rank ≤ k; the ideal puts all
    `n_relevant` entries first (Järvelin & Kekäläinen 2002).

    Args:
        ranks: `(n_queries, most_relevant)` from 1; 0 pads queries with fewer.
        n_relevant: `(n_queries,)`; a query with none gets NaN.
        k: depth.
    """
    counted = (ranks > 0) & (ranks <= k)
    gain = np.where(counted, 1 / np.log2(1 + np.where(counted, ranks, 1)), 0.0).sum(axis=1)
    ideal_by_count = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    ndcg: Float64 = gain / ideal_by_count[np.minimum(n_relevant, k)]
    return ndcg
