"""What a guided tour says of the current collection: a query that fails, and a decision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gapviz.core.vectors import Indices
from gapviz.core.wording import figure
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcomes import DEPTH

STOP_TITLES = (
    "Two cones",
    "The number",
    "A query that fails",
    "All queries",
    "Subtract",
    "Better and worse",
    "Route and fuse",
    "The decision",
)
FIGURES = {name: DIAGNOSTICS[name].title for name in ("gap", "separation", "bias", "ndcg")}
NO_MATCHES = "No item here has both modalities, so no query has a match to find."
JUDGES = {"ndcg": "The match ranks high", "bias": "No modality is favoured"}


def numbered_stops() -> dict[int, str]:
    """Number → what is on its button and in its link, from 1 on."""
    return {number: str(number) for number in range(1, len(STOP_TITLES) + 1)}


def has_matches(measurement: Measurement) -> bool:
    """Whether any query of the measured pair has a match in the other modality."""
    return measurement.cross[measurement.pair].items.size > 0


def failing_items(raw: Measurement, modality: str) -> Indices:
    """Positions, among the measured items, whose query fails in the mixed index alone.

    It fails where its match is not in the first 10. Those whose match stands first in an
    index of its own modality come first: there the encoder knows the answer. Of several
    queries of one item the first counts.

    Args:
        raw: a measurement of raw cosine.
        modality: of the queries, one of the measured pair.
    """
    outcome = raw.mixed[modality]
    items, first = np.unique(outcome.items, return_index=True)
    failed = items[outcome.match_rank[first] > DEPTH]
    other = next(name for name in raw.pair if name != modality)
    alone = raw.cross[modality, other]
    known, place = np.unique(alone.items, return_index=True)
    failed = failed[np.isin(failed, known)]
    ranks = alone.match_rank[place[np.searchsorted(known, failed)]]
    best_known: Indices = failed[np.argsort(ranks, kind="stable")]
    return best_known


def decision_reading(
    measurements: Mapping[str, Measurement], recommended: str | None, judge: str
) -> str:
    """What the advisor recommends for this data, and why, in a sentence or two.

    Args:
        measurements: by title; raw cosine first.
        recommended: one of the titles: the first of the advisor's ways that is a strategy and
            better, else raw cosine; None while that is not known.
        judge: `ndcg` (the match ranks high) or `bias` (nearest to neutral).
    """
    if not has_matches(next(iter(measurements.values()))):
        return f"{NO_MATCHES} Bias alone can be judged: {_fairest(measurements)}."
    if recommended is None:
        return "Decide is still measuring this collection; these are the figures so far."
    raw, best = next(iter(measurements.values())), measurements[recommended]
    if recommended == next(iter(measurements)):
        words = f"Change nothing: no way is better than {recommended} by more than chance."
    else:
        words = (
            f"Choose {recommended}: the match ranks higher (NDCG@10 "
            f"{figure(raw.mean_ndcg.value, 2)} → {figure(best.mean_ndcg.value, 2)}, mean of the "
            "query modalities), by more than chance."
        )
    return f"{words} By bias alone, {_fairest(measurements)}." if judge == "bias" else words


def _fairest(measurements: Mapping[str, Measurement]) -> str:
    imbalance = {title: one.imbalance.value for title, one in measurements.items()}
    title = min(imbalance, key=lambda one: imbalance[one])
    return f"nearest to neutral is {title} (imbalance {figure(imbalance[title], 2)}, neutral 0)"
