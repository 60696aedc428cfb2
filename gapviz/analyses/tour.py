"""What a guided tour says of the current collection: a query that fails, and a decision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gapviz.core.vectors import Indices
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.measurement import DEPTH, Measurement
from gapviz.measures.retrieval.bootstrap import mean_value

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


def decision_reading(measurements: Mapping[str, Measurement], judge: str) -> str:
    """Which of some measurements is best on this data, in one sentence.

    Args:
        measurements: by title; raw cosine first.
        judge: `ndcg` (the match ranks high) or `bias` (nearest to neutral).
    """
    imbalance = {title: one.imbalance.value for title, one in measurements.items()}
    ndcg = {title: mean_value(one.ndcg) for title, one in measurements.items()}
    fairest = min(imbalance, key=lambda title: imbalance[title])
    if not has_matches(next(iter(measurements.values()))):
        return (
            f"{NO_MATCHES} Bias alone can be judged: nearest to neutral is {fairest} (imbalance "
            f"{imbalance[fairest]:.2f}, neutral 0)."
        )
    if judge == "ndcg":
        best = max(ndcg, key=lambda title: ndcg[title])
        reason = f"the match ranks highest (NDCG@10 {ndcg[best]:.2f})"
    else:
        best = fairest
        reason = f"bias is nearest to neutral (imbalance {imbalance[best]:.2f}, neutral 0)"
    raw = next(iter(measurements))
    if best == raw:
        return f"Change nothing: with {raw} {reason} on this data."
    return (
        f"Choose {best}: {reason}; with {raw} NDCG@10 is {ndcg[raw]:.2f} and the imbalance "
        f"{imbalance[raw]:.2f}."
    )
