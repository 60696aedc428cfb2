"""How much of what exact search finds an index finds, on a sample of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate, wilson
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32
from gapviz.retrieval.index import Index
from gapviz.strategies.fusion.ties import TOLERANCE

SAMPLE = 200
"""Queries of a modality that are asked twice."""
SPARE = 20
"""How far behind place k equals of it are looked for."""


@dataclass(frozen=True, slots=True)
class RecallAgainstExact:
    """Share of the exact top k that an index finds, for queries of one modality."""

    modality: str
    k: int
    n_queries: int
    """Of the sample."""
    recall: Estimate
    """Mean over queries; Wilson's interval (1927), which takes no query to vary more than a share
    that is 0 or 1. What varies is which queries are drawn."""

    def __str__(self) -> str:
        """As `recall@10 0.990 [0.960, 0.998] of exact search (200 queries of image)`."""
        return (
            f"recall@{self.k} {self.recall} of exact search "
            f"({self.n_queries:,} queries of {self.modality})"
        )


def recall_against_exact(
    index: Index,
    exact: Index,
    queries: Mapping[str, Float32],
    k: int = 10,
    *,
    n_sample: int = SAMPLE,
    seed: int = DEFAULT_SEED,
) -> tuple[RecallAgainstExact, ...]:
    """Recall@k of an index against one that scores every row, by query modality.

    A row that scores as the k-th of the exact list does counts as found, since either could stand
    there.

    Args:
        index: that may approximate.
        exact: over the same rows.
        queries: `(n_queries, dim)` unit rows by modality, not moved yet.
        k: depth.
        n_sample: how many of each modality are asked.
        seed: of the sample.

    Raises:
        GapvizError: no queries, or as `Index.search_many`.
    """
    found = []
    for modality, vectors in queries.items():
        if not len(vectors):
            raise GapvizError(f"there are no queries of {modality}")
        drawn = vectors[seeded_sample(np.arange(len(vectors)), n_sample, seed)]
        got = index.search_many(drawn, modality, k)
        best = exact.search_many(drawn, modality, k + SPARE)
        depth = min(k, best.rows.shape[1])
        enough = best.scores >= best.scores[:, depth - 1 : depth] - TOLERANCE
        shares = [
            min(np.isin(mine[mine >= 0], rows[those]).sum() / depth, 1.0)
            for mine, rows, those in zip(got.rows, best.rows, enough, strict=True)
        ]
        recall = wilson(float(np.mean(shares)), len(shares))
        found.append(RecallAgainstExact(modality, k, len(shares), recall))
    return tuple(found)
