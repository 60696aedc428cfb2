"""A row of a scoreboard as plain values, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapviz.analyses.scoreboard.scoreboard import ScoreRow
from gapviz.core.estimate import Estimate


def row_json(row: ScoreRow) -> dict[str, Any]:
    """One row of a scoreboard as plain values."""
    return {
        "model": row.model,
        "strategy": row.options.name,
        "title": row.title,
        "bias_at_10": _plain_all(row.bias),
        "bias_lift_at_10": _plain_all(row.lift),
        "mixed_ndcg_at_10": _plain_all(row.ndcg),
        "mixed_mrr": _plain_all(row.mrr),
        "recall": {
            f"{a}->{b}": {str(k): estimate.to_json() for k, estimate in depths.items()}
            for (a, b), depths in row.recall.items()
        },
        "mean_average_precision": _plain_all(row.mean_average_precision),
        "bias_imbalance": row.imbalance.to_json(),
        "mean_ndcg": row.mean_ndcg.to_json(),
        "bytes_per_item": row.bytes_per_item,
        "query_operations": row.query_operations,
        "transductive": row.transductive,
        "pareto": row.pareto,
        "warnings": list(row.warnings),
    }


def _plain_all(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, float | None]]:
    return {name: estimate.to_json() for name, estimate in estimates.items()}
