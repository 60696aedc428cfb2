"""The figures of a scoreboard as columns: what each is called, and which end of it is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import permutations
from math import isnan

from gapviz.analyses.scoreboard.scoreboard import ScoreRow
from gapviz.core.estimate import Estimate
from gapviz.core.table import Column
from gapviz.measures.measurement import RECALL_DEPTHS

GROUPS = {
    "bias": "Bias",
    "quality": "NDCG and MRR",
    "recall": "Recall across",
    "within": "Within a modality",
    "cost": "Cost",
}
"""Of columns, with their titles."""


@dataclass(frozen=True, kw_only=True)
class BoardColumn(Column):
    """One figure of every row."""

    group: str
    """One of `GROUPS`."""
    read: Callable[[ScoreRow], Estimate]
    """The figure of a row; NaN where it has none, with NaN ends where there is no interval."""

    def plain(self, *, brief: bool = True) -> Column:
        """The column of a neutral table."""
        known = {one.name: getattr(self, one.name) for one in fields(Column)}
        return Column(**known | {"brief": brief})

    def worst_last(self, row: ScoreRow) -> float:
        """A number to sort by: rises as the figure gets worse."""
        value = self.read(row).value
        return {"lower": value, "higher": -value, "nearer 1": abs(value - 1)}[self.better]


def board_columns(modalities: Sequence[str]) -> tuple[BoardColumn, ...]:
    """Every column of a scoreboard over these modalities, by group."""
    mean = "mean |lift − 1|"
    return (
        _column("imbalance", "bias", "Imbalance@10", mean, "lower", lambda row: row.imbalance),
        *(_of_queries("lift", "bias", "Lift@10", name, "nearer 1") for name in modalities),
        _column("ndcg", "quality", "NDCG@10", "mean", "higher", lambda row: row.mean_ndcg),
        *(_of_queries("ndcg", "quality", "NDCG@10", name, "higher") for name in modalities),
        *(_of_queries("mrr", "quality", "MRR", name, "higher") for name in modalities),
        *(
            _recall_column(source, target, k)
            for source, target in permutations(modalities, 2)
            for k in RECALL_DEPTHS
        ),
        *(_within_column(name) for name in modalities),
        _column("bytes", "cost", "Bytes", "an item", "lower", _bytes, 0),
        _column("operations", "cost", "Multiply-adds", "a query", "lower", _operations, 0),
    )


def bias_columns(modalities: Sequence[str]) -> tuple[BoardColumn, ...]:
    """Bias as a share, which the lift says better: it is neutral at the share of the index."""
    way = "nearer the share of the index"
    return tuple(_of_queries("bias", "bias", "bias@10", name, way) for name in modalities)


def sorted_rows(
    rows: Sequence[ScoreRow], column: BoardColumn, *, worst_first: bool = False
) -> list[ScoreRow]:
    """Rows by one column, best first unless told; equals keep their order.

    Rows without the figure stand last either way.
    """
    known = [row for row in rows if not isnan(column.read(row).value)]
    unknown = [row for row in rows if isnan(column.read(row).value)]
    return sorted(known, key=column.worst_last, reverse=worst_first) + unknown


def _column(
    key: str,
    group: str,
    title: str,
    detail: str,
    better: str,
    read: Callable[[ScoreRow], Estimate],
    decimals: int = 3,
) -> BoardColumn:
    return BoardColumn(
        key=key,
        group=group,
        title=title,
        detail=detail,
        better=better,
        read=read,
        decimals=decimals,
    )


def _of_queries(figure: str, group: str, title: str, modality: str, better: str) -> BoardColumn:
    def read(row: ScoreRow) -> Estimate:
        estimate: Estimate = getattr(row, figure).get(modality, _exact(float("nan")))
        return estimate

    return _column(f"{figure}-{modality}", group, title, f"{modality} queries", better, read)


def _recall_column(source: str, target: str, k: int) -> BoardColumn:
    def read(row: ScoreRow) -> Estimate:
        return row.recall.get((source, target), {}).get(k, _exact(float("nan")))

    key, detail = f"recall{k}-{source}-{target}", f"{source} → {target}"
    return _column(key, "recall", f"R@{k}", detail, "higher", read)


def _within_column(modality: str) -> BoardColumn:
    def read(row: ScoreRow) -> Estimate:
        return row.mean_average_precision.get(modality, _exact(float("nan")))

    detail = f"{modality} → {modality}"
    return _column(f"map-{modality}", "within", "mAP", detail, "higher", read)


def _bytes(row: ScoreRow) -> Estimate:
    return _exact(row.bytes_per_item)


def _operations(row: ScoreRow) -> Estimate:
    return _exact(row.query_operations)


def _exact(value: float) -> Estimate:
    nan = float("nan")
    return Estimate(float(value), nan, nan)
