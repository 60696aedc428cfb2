"""The figures of a scoreboard as columns: what each is called, and which end of it is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import permutations
from math import isnan, nan
from typing import Any

from gapviz.analyses.scoreboard.scoreboard import ScoreRow
from gapviz.core.estimate import Estimate
from gapviz.core.table import Column
from gapviz.measures.retrieval.cross import RECALL_DEPTHS

GROUPS = {
    "bias": "Bias",
    "quality": "NDCG and MRR",
    "recall": "Recall across",
    "within": "Within a modality",
    "groups": "Groups",
    "cost": "Cost",
}
"""Of columns, with their titles."""


@dataclass(frozen=True, kw_only=True)
class BoardColumn(Column):
    """One figure of every row."""

    group: str
    """One of `GROUPS`."""
    path: Sequence[Any]
    """The field of a row, and of which modality or direction in it."""

    def read(self, row: ScoreRow) -> Estimate:
        """The figure of a row; NaN where it has none, with NaN ends where there is no interval."""
        field, *keys = self.path
        found = getattr(row, field)
        for key in keys:
            found = found.get(key, {})
        if isinstance(found, Estimate):
            return found
        return Estimate(nan if found == {} else float(found), nan, nan)

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
    mean, likeness = "mean |lift − 1|", "mean_average_precision"
    return (
        _column("bias", "imbalance", "Imbalance@10", mean, ["imbalance"], "lower"),
        *_of_queries("bias", "lift", "Lift@10", modalities, "nearer 1"),
        _column("quality", "ndcg", "NDCG@10", "mean", ["mean_ndcg"]),
        *_of_queries("quality", "ndcg", "NDCG@10", modalities),
        *_of_queries("quality", "mrr", "MRR", modalities),
        *(
            _column("recall", f"recall{k}-{a}-{b}", f"R@{k}", f"{a} → {b}", ["recall", (a, b), k])
            for a, b in permutations(modalities, 2)
            for k in RECALL_DEPTHS
        ),
        *(
            _column("within", f"map-{name}", "mAP", f"{name} → {name}", [likeness, name])
            for name in modalities
        ),
        *(
            _column("groups", f"v-{name}", "V-measure", f"to {name}", ["v_measure", name], better)
            for name, better in (("labels", "higher"), ("modality", "lower"))
        ),
        _column("cost", "bytes", "Bytes", "an item", ["bytes_per_item"], "lower", 0),
        _column("cost", "operations", "Multiply-adds", "a query", ["query_operations"], "lower", 0),
    )


def bias_columns(modalities: Sequence[str]) -> list[BoardColumn]:
    """Bias as a share, which the lift says better: it is neutral at the share of the index."""
    return _of_queries("bias", "bias", "bias@10", modalities, "nearer the share of the index")


def sorted_rows(
    rows: Sequence[ScoreRow], column: BoardColumn, *, worst_first: bool = False
) -> list[ScoreRow]:
    """Rows by one column, best first unless told; equals keep their order.

    Rows without the figure stand last either way.
    """
    known = [row for row in rows if not isnan(column.read(row).value)]
    unknown = [row for row in rows if isnan(column.read(row).value)]
    return sorted(known, key=column.worst_last, reverse=worst_first) + unknown


def _of_queries(
    group: str, figure: str, title: str, modalities: Sequence[str], better: str = "higher"
) -> list[BoardColumn]:
    return [
        _column(group, f"{figure}-{name}", title, f"{name} queries", [figure, name], better)
        for name in modalities
    ]


def _column(
    group: str,
    key: str,
    title: str,
    detail: str,
    path: Sequence[Any],
    better: str = "higher",
    decimals: int = 3,
) -> BoardColumn:
    return BoardColumn(key, title, detail, better=better, decimals=decimals, group=group, path=path)
