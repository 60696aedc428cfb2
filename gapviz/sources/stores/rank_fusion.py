"""Reciprocal rank fusion of fetched lists, as the paper writes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gapviz.sources.stores.store import Nearest, ReciprocalFusion

DIGITS = 12
"""Sums of reciprocals that agree so far are equal, whatever the order of adding."""


def rank_fused(lists: Sequence[Nearest], k: int, fusion: ReciprocalFusion) -> Nearest:
    """The `k` first by Σ 1 / (k + rank), ranks from 1 (Cormack, Clarke & Büttcher 2009).

    Of equal sums the entry that stands first in the first list comes first.

    Args:
        lists: one a field, each of the same queries; no deeper than `fusion.depth` is read.
        k: how many.
        fusion: constant and depth.
    """
    ids, scores = [], []
    for ranked in zip(*(one.ids for one in lists), strict=True):
        total: dict[str, float] = {}
        for found in ranked:
            for rank, one in enumerate(found[: fusion.depth], 1):
                total[one] = total.get(one, 0.0) + 1 / (fusion.k + rank)
        best = sorted(total.items(), key=lambda entry: -round(entry[1], DIGITS))[:k]
        ids.append(tuple(one for one, _ in best))
        scores.append(np.array([score for _, score in best], dtype=np.float32))
    return Nearest(tuple(ids), tuple(scores))
