"""What each way of storing vectors loses, where every row is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.approximate.asked import (
    INTERVAL_RULE,
    RECALL_RULE,
    SAMPLE_RULE,
    shown_strategies,
    size_of,
)
from gapviz.analyses.approximate.found import StrategyLosses, cached_losses
from gapviz.analyses.approximate.tables import storage_tables, way_words
from gapviz.core.progress import Progress, share_of
from gapviz.measures.retrieval.approximate_recall import DEPTH
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.stored_recall import OVERFETCHED
from gapviz.retrieval.approximate import CODEWORDS

STORED_RULE = (
    "Every row is compared with the query, both as they are stored, so that the storage alone "
    "loses. int8: a byte a dimension, its range by dimension. Binary: the signs of query and row, "
    "by Hamming distance. PQ: a byte for every eight dimensions, trained on the rows that are "
    f"indexed ({CODEWORDS} words to a byte, or as many as there are rows). Ranked again: of "
    f"{OVERFETCHED} times {DEPTH} entries, those with the highest cosine of whole vectors."
)


def find_storage(request: Request, progress: Progress) -> Finding:
    """What each way of storing vectors loses, where every row is compared."""
    shown, notes = shown_strategies(request)
    found = []
    for place, options in enumerate(shown):
        work = cached_losses(
            request.collection, options, request.pair, size_of(request), seed=request.seed
        )
        losses = work.compute(share_of(progress, place, len(shown)))
        found.append(StrategyLosses(options, losses))
    return Finding(
        figures=storage_json(found, request.seed),
        title=f"Recall@{DEPTH} of stored vectors, every row compared",
        readings=[*notes, storage_reading(found)],
        tables=storage_tables(found, request.seed),
        protocol=f"{SAMPLE_RULE} {STORED_RULE} {RECALL_RULE} {INTERVAL_RULE}",
        result=found,
    )


def storage_reading(found: Sequence[StrategyLosses]) -> str:
    """What binary storage keeps under each strategy, across the modalities."""
    told = []
    for one in found:
        binary = [loss for loss in one.losses if loss.storage == "binary" and loss.crosses]
        kept = ", ".join(
            f"{way_words(loss.source, loss.target)} {loss.recall.mean():.0%} "
            f"({loss.ranked_again.mean():.0%} ranked again)"
            for loss in binary
        )
        told.append(f"{one.options.spec.title}: {kept}")
    return f"What signs alone keep of the exact {DEPTH} across the modalities: {'; '.join(told)}."


def storage_json(found: Sequence[StrategyLosses], seed: int) -> dict[str, Any]:
    """Everything of the storage, for JSON."""
    by_storage: dict[str, Any] = {}
    for one in found:
        told: dict[str, Any] = {}
        for loss in one.losses:
            told.setdefault(loss.storage, {"bytes_per_row": loss.bytes_per_row})[loss.way] = {
                f"recall_at_{DEPTH}": bootstrap_mean(loss.recall, loss.items, seed=seed),
                "ranked_again": bootstrap_mean(loss.ranked_again, loss.items, seed=seed),
            }
        by_storage[one.options.name] = told
    return {"fetched_for_each_place": OVERFETCHED, "strategies": by_storage}
