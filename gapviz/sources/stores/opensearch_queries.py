"""The requests that an index of OpenSearch is searched by, and what its scores mean.

Shapes and formulas: docs.opensearch.org, "k-NN query", "Vector spaces", "Painless extensions",
"Score ranker processor".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gapviz.core.vectors import Float32
from gapviz.sources.stores.opensearch_mapping import KnnField
from gapviz.sources.stores.store import Metric

SCRIPTS: dict[Metric, str] = {
    "cosine": "1.0 + cosineSimilarity(params.query, doc[params.field])",
    "dot": "double d = innerProduct(params.query, doc[params.field]);"
    " return d < 0 ? 1.0 / (1.0 - d) : 1.0 + d;",
    "euclidean": "1.0 / (1.0 + l2Squared(params.query, doc[params.field]))",
}
"""Scores that are never negative, since Lucene takes no others."""
EFFORTS = {"hnsw": "ef_search", "ivf": "nprobes"}


def by_index(
    known: KnnField, query: Float32, k: int, filters: Sequence[Any], effort: int | None
) -> dict[str, Any]:
    """The k nearest by the index of a field."""
    asked: dict[str, Any] = {"vector": query.tolist(), "k": k}
    if filters:
        asked["filter"] = {"bool": {"filter": list(filters)}}
    if effort is not None and known.method in EFFORTS:
        asked["method_parameters"] = {EFFORTS[known.method]: effort}
    found: dict[str, Any] = {"knn": {known.field.name: asked}}
    if known.nested:
        found = {"nested": {"path": known.nested, "query": found, "score_mode": "max"}}
    return found


def by_script(known: KnnField, query: Float32, filters: Sequence[Any]) -> dict[str, Any]:
    """Every document that has a vector, scored by a formula that no version changes."""
    held = [{"exists": {"field": known.field.name}}, *filters]
    return {
        "script_score": {
            "query": {"bool": {"filter": held}},
            "script": {
                "lang": "painless",
                "source": SCRIPTS[known.field.metric],
                "params": {"query": query.tolist(), "field": known.field.name},
            },
        }
    }


def fused(queries: Sequence[Any], size: int, constant: int) -> dict[str, Any]:
    """Rank fusion of queries.

    Args:
        queries: one a list.
        size: how deep every list is ranked.
        constant: k of the formula.
    """
    combination = {"technique": "rrf", "rank_constant": constant}
    ranker = {"score-ranker-processor": {"combination": combination}}
    return {
        "size": size,
        "_source": False,
        "query": {"hybrid": {"queries": list(queries)}},
        "search_pipeline": {"phase_results_processors": [ranker]},
    }


def similarity(known: KnnField, score: float, *, by_script: bool) -> float:
    """The similarity that a score stands for."""
    if known.field.metric == "cosine":
        return score - 1 if by_script else 2 * score - 1
    if known.field.metric == "dot":
        return score - 1 if score >= 1 else 1 - 1 / score
    return -math.sqrt(max(0.0, 1 / score - 1))
