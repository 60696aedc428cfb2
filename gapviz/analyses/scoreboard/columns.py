"""The figures of a scoreboard as columns: what each is called, and which end of it is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import permutations
from math import isnan, nan
from typing import Any

from gapviz.analyses.scoreboard.rows import Scoreboard, ScoreRow
from gapviz.core.estimate import Estimate
from gapviz.core.table import Column
from gapviz.core.wording import UNKNOWN
from gapviz.measures.retrieval.cross import RECALL_DEPTHS

NOT_COUNTED = "–"
"""Of the cost of a run, which nobody can see."""

GROUPS = {
    "bias": "Bias",
    "quality": "NDCG and MRR",
    "recall": "Recall across",
    "within": "Within a modality",
    "groups": "Groups",
    "found": "Recall and MAP",
    "judgments": "Judgments",
    "cost": "Cost",
}
"""Of columns, with their titles; by judgments there are none across or within modalities, nor of
groups."""


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


def judged_columns(modalities: Sequence[str]) -> tuple[BoardColumn, ...]:
    """Every column of a scoreboard by judgments, by group."""

    def by(group: str, figure: str, title: str, better: str = "higher") -> list[BoardColumn]:
        key = "average-precision" if figure == "map" else figure.replace("@", "")
        return [
            _column(group, f"{key}-{name}", title, f"{name} queries", path, better)
            for name in modalities
            for path in [["judged", figure, name]]
        ]

    shared = board_columns(modalities)
    columns = [
        *(one for one in shared if one.group == "bias"),
        *by("bias", "target_hit", "Asked modality@10"),
        *(one for one in shared if one.group == "quality"),
        *by("found", "recall@10", "R@10"),
        *by("found", "recall@100", "R@100"),
        *by("found", "map", "MAP"),
        *by("judgments", "unjudged", "Unjudged@10", "lower"),
        *(one for one in shared if one.group == "cost"),
    ]
    return tuple(columns)


def columns_of(board: Scoreboard, modalities: Sequence[str] = ()) -> tuple[BoardColumn, ...]:
    """The columns of a scoreboard by its protocol.

    By judgments those that no row has a figure for are left out, such as of asked modalities where
    no query asks for one.

    Args:
        board: the scoreboard.
        modalities: that ask; those of its rows unless given.
    """
    names = modalities or board.modalities
    if board.protocol == "paired":
        return board_columns(names)
    return tuple(
        column
        for column in judged_columns(board.modalities)
        if not all(isnan(column.read(row).value) for row in board.rows)
    )


def bias_columns(modalities: Sequence[str]) -> list[BoardColumn]:
    """Bias as a share, which the lift says better: it is neutral at the share of the index."""
    return _of_queries("bias", "bias", "bias rate", modalities, "nearer the share of the index")


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
    return BoardColumn(
        key,
        title,
        detail,
        better=better,
        decimals=decimals,
        missing=NOT_COUNTED if group == "cost" else UNKNOWN,
        group=group,
        path=path,
    )
