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
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, share_of
from gapviz.core.wording import interval
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
        readings=[*notes, storage_reading(found, request.seed)],
        tables=storage_tables(found, request.seed),
        protocol=f"{SAMPLE_RULE} {STORED_RULE} {RECALL_RULE} {INTERVAL_RULE}",
        result=found,
    )


def storage_reading(found: Sequence[StrategyLosses], seed: int) -> str:
    """What signs keep across the modalities, and what each strategy changes of it."""
    raw, *others = found
    ways = [
        (one.source, one.target) for one in raw.losses if one.storage == "binary" and one.crosses
    ]
    kept, again = (
        " and ".join(f"{getattr(raw.loss('binary', way), name).mean():.0%}" for way in ways)
        for name in ("recall", "ranked_again")
    )
    named = " and ".join(way_words(*way) for way in ways)
    told = [
        f"Of the exact {DEPTH} across the modalities, {named}, signs keep {kept} under raw cosine; "
        f"where {OVERFETCHED * DEPTH} entries are ranked again by whole vectors, {again}."
    ]
    for one in others:
        changes = [one.change_from(raw, "binary", way, seed) for way in ways]
        told.append(f"{one.options.spec.title}: {' and '.join(map(_points, changes))}.")
    return " ".join(told)


def _points(change: Estimate) -> str:
    """A difference of two shares, in points of a hundred."""
    if change.low <= 0 <= change.high:
        return "no change beyond chance"
    low, high = sorted((100 * abs(change.low), 100 * abs(change.high)))
    ends = interval(low, high, 0)
    more = "more" if change.value > 0 else "fewer"
    return f"{abs(100 * change.value):.0f} points {more} ({ends})"


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
            if one is not found[0]:
                way = (loss.source, loss.target)
                change = one.change_from(found[0], loss.storage, way, seed)
                told[loss.storage][loss.way]["change"] = change
        by_storage[one.options.name] = told
    return {"fetched_for_each_place": OVERFETCHED, "strategies": by_storage}
