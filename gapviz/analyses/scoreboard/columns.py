"""The figures of a scoreboard as columns: what each is called, and which end of it is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import isnan
from typing import Literal

from gapviz.analyses.scoreboard.scoreboard import DEPTHS, ScoreRow
from gapviz.core.estimate import Estimate

Better = Literal["lower", "higher", "nearer 1"]

GROUPS = {
    "bias": "Bias",
    "quality": "NDCG and MRR",
    "recall": "Recall across",
    "within": "Within a modality",
    "cost": "Cost",
}
"""Of columns, with their titles."""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One figure of every row."""

    key: str
    group: str
    """One of `GROUPS`."""
    title: str
    detail: str
    """Of which queries or direction."""
    better: Better
    read: Callable[[ScoreRow], Estimate]
    """The figure of a row; NaN where it has none, with NaN ends where there is no interval."""
    decimals: int = 3

    @property
    def name(self) -> str:
        """Title and detail in one line."""
        return f"{self.title}, {self.detail}"

    def worst_last(self, row: ScoreRow) -> float:
        """A number to sort by: rises as the figure gets worse."""
        value = self.read(row).value
        return {"lower": value, "higher": -value, "nearer 1": abs(value - 1)}[self.better]


def board_columns(modalities: Sequence[str]) -> tuple[BoardColumn, ...]:
    """Every column of a scoreboard over these modalities, by group."""
    return (
        BoardColumn(
            "imbalance",
            "bias",
            "Imbalance@10",
            "mean |lift − 1|",
            "lower",
            lambda row: row.imbalance,
        ),
        *(_column("lift", "bias", "Lift@10", name, "nearer 1") for name in modalities),
        BoardColumn("ndcg", "quality", "NDCG@10", "mean", "higher", lambda row: row.mean_ndcg),
        *(_column("ndcg", "quality", "NDCG@10", name, "higher") for name in modalities),
        *(_column("mrr", "quality", "MRR", name, "higher") for name in modalities),
        *(
            _recall_column(source, target, k)
            for source, target in permutations(modalities, 2)
            for k in DEPTHS
        ),
        *(_within_column(name) for name in modalities),
        BoardColumn("bytes", "cost", "Bytes", "an item", "lower", _bytes, 0),
        BoardColumn("operations", "cost", "Multiply-adds", "a query", "lower", _operations, 0),
    )


def sorted_rows(
    rows: Sequence[ScoreRow], column: BoardColumn, *, worst_first: bool = False
) -> list[ScoreRow]:
    """Rows by one column, best first unless told; equals keep their order.

    Rows without the figure stand last either way.
    """
    known = [row for row in rows if not isnan(column.read(row).value)]
    unknown = [row for row in rows if isnan(column.read(row).value)]
    return sorted(known, key=column.worst_last, reverse=worst_first) + unknown


def _column(figure: str, group: str, title: str, modality: str, better: Better) -> BoardColumn:
    def read(row: ScoreRow) -> Estimate:
        estimate: Estimate = getattr(row, figure).get(modality, _exact(float("nan")))
        return estimate

    return BoardColumn(f"{figure}-{modality}", group, title, f"{modality} queries", better, read)


def _recall_column(source: str, target: str, k: int) -> BoardColumn:
    def read(row: ScoreRow) -> Estimate:
        return row.recall.get((source, target), {}).get(k, _exact(float("nan")))

    key, detail = f"recall{k}-{source}-{target}", f"{source} → {target}"
    return BoardColumn(key, "recall", f"R@{k}", detail, "higher", read)


def _within_column(modality: str) -> BoardColumn:
    def read(row: ScoreRow) -> Estimate:
        return row.mean_average_precision.get(modality, _exact(float("nan")))

    detail = f"{modality} → {modality}"
    return BoardColumn(f"map-{modality}", "within", "mAP", detail, "higher", read)


def _bytes(row: ScoreRow) -> Estimate:
    return _exact(row.bytes_per_item)


def _operations(row: ScoreRow) -> Estimate:
    return _exact(row.query_operations)


def _exact(value: float) -> Estimate:
    nan = float("nan")
    return Estimate(float(value), nan, nan)
