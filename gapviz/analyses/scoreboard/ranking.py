"""A scoreboard read for one task: which figure decides, its rows best first, five columns first."""

from __future__ import annotations

from collections.abc import Collection as Members
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan

from gapviz.analyses.advice.rules import TASKS
from gapviz.analyses.judged import UNJUDGED_MARK
from gapviz.analyses.measure import TIES_MARK
from gapviz.analyses.scoreboard.columns import BoardColumn, columns_of, sorted_rows
from gapviz.analyses.scoreboard.rows import SELDOM, Scoreboard, ScoreRow
from gapviz.core.lazy import cached_property
from gapviz.core.table import Column, Table
from gapviz.core.wording import figure
from gapviz.measures.judged_measurement import UNJUDGED_DOUBTS
from gapviz.strategies.spec import Task

FIRST_COLUMNS = 5
"""Columns that are shown at first, names and labels among them."""
ALWAYS = ("ndcg", "imbalance", "bytes", "operations")
"""Figures that stand beside the one that decides, as many as there is room for."""
BY_ITEM = "Another protocol: these rank items, so their figures compare with each other only."
"""They must not be read as the best of the other rows."""
LEADING = (
    Column("strategy", "Strategy", text=True),
    Column("model", "Encoder", text=True),
    Column("labels", "Labels", text=True),
)


@dataclass(frozen=True, slots=True)
class Label:
    """A word or two on a row, and what they say in a clause."""

    words: str
    why: str


@dataclass(frozen=True, eq=False)
class Ranking:
    """The rows of a scoreboard for those who have one task."""

    board: Scoreboard
    task: Task
    pair: tuple[str, str]
    """What is found, and what asks, for a task of one direction or within a modality."""
    titles: Mapping[str, str]
    """Of the models, for people."""

    @cached_property
    def columns(self) -> dict[str, BoardColumn]:
        """Every column that there is, by key."""
        return {column.key: column for column in columns_of(self.board)}

    @cached_property
    def deciding(self) -> BoardColumn:
        """The figure to sort by: that of the task, or NDCG in the mixed index where it has none."""
        found, asking = self.pair
        paired = self.board.protocol == "paired"
        key = {
            "one-way": f"recall10-{asking}-{found}" if paired else f"ndcg-{asking}",
            "mixed": "ndcg",
            "within": f"map-{found}",
            "scores": "imbalance",
        }[self.task]
        column = self.columns.get(key)
        if column is None or all(isnan(column.read(row).value) for row in self.board.rows):
            return self.columns["ndcg"]
        return column

    @property
    def sentence(self) -> str:
        """What is sorted by and why."""
        column = self.deciding
        words = f"Sorted for “{TASKS[self.task]}” by {column.name}; {column.better} is better."
        if self.task == "scores":
            return (
                f"{words} No column tells whether one threshold serves all pairs: that is on the "
                "page of thresholds. Imbalance tells whether scores of the modalities can be "
                "held against each other."
            )
        if self.task != "mixed" and column.key == "ndcg":
            return f"{words} There is no figure here for that task."
        return words

    @cached_property
    def rows(self) -> list[ScoreRow]:
        """Best first."""
        return sorted_rows([row for row in self.board.rows if not row.by_item], self.deciding)

    @cached_property
    def by_item(self) -> list[ScoreRow]:
        """The same of those of another protocol, which compare with each other only."""
        return sorted_rows([row for row in self.board.rows if row.by_item], self.deciding)

    def shown(self, groups: Members[str]) -> list[BoardColumn]:
        """The columns of figures: as many as `FIRST_COLUMNS` leaves room for, and some groups."""
        first = list(dict.fromkeys([self.deciding.key, *ALWAYS]))
        first = first[: FIRST_COLUMNS - len(self._leading)]
        more = [one.key for one in self.columns.values() if one.group in groups]
        return [self.columns[key] for key in dict.fromkeys([*first, *more])]

    def of(self, model: str) -> Ranking:
        """The rows of one model alone."""
        rows = tuple(row for row in self.board.rows if row.model == model)
        board = replace(self.board, rows=rows, n_items={model: self.board.n_items[model]})
        return replace(self, board=board)

    def tables(self, columns: Sequence[BoardColumn]) -> list[Table]:
        """The rows best first, and apart those of another protocol, if any."""
        apart = [self.table(self.by_item, columns, title=BY_ITEM)] if self.by_item else []
        return [self.table(self.rows, columns), *apart]

    def table(
        self, rows: Sequence[ScoreRow], columns: Sequence[BoardColumn], title: str = ""
    ) -> Table:
        """Some rows under some columns, behind their names and labels."""
        several = len(self._leading) == len(LEADING)
        return Table(
            title,
            [*self._leading, *(one.plain() for one in columns)],
            [
                [
                    row.title,
                    *([self.title_of(row)] * several),
                    ", ".join(label.words for label in labels_of(row, self.board)),
                    *(column.read(row) for column in columns),
                ]
                for row in rows
            ],
        )

    def title_of(self, row: ScoreRow) -> str:
        """Of its model; empty of a run, whose model is not known."""
        return "" if row.options is None else self.titles.get(row.model, row.model)

    @property
    def _leading(self) -> list[Column]:
        return [one for one in LEADING if one.key != "model" or len(self.board.n_items) > 1]


def labels_of(row: ScoreRow, board: Scoreboard) -> list[Label]:
    """What marks a row, the most important first."""
    sure = "" if isnan(row.on_front) else f" {row.on_front:.0%}"
    ends = (
        f"{name}: {figure(lost)} to {figure(won)}" for name, (lost, won) in row.ties_carry.items()
    )
    told = [
        (
            row.pareto,
            f"front{sure}",
            "no other row is both nearer to neutral and higher in NDCG"
            + f"; so in{sure} of samples like this one" * bool(sure),
        ),
        (
            not row.pareto and row.on_front >= SELDOM,
            f"front?{sure}",
            f"on the Pareto front in{sure} of samples like this one",
        ),
        *(
            (warning in row.own_warnings, f"⚠ {number}", warning)
            for number, warning in enumerate(board.own_warnings, start=1)
        ),
        (row.options is None, "run", "a ranking that another system made"),
        (row.transductive, "reads all queries", "before it answers one (transductive)"),
        (row.by_item, "ranks items", "another protocol: items are ranked, not rows"),
        (
            row.unjudged > UNJUDGED_DOUBTS,
            f"{UNJUDGED_MARK} {row.unjudged:.0%}",
            "so many of the first 10 results were judged by nobody, and count as wrong",
        ),
        (
            row.carried_by_ties,
            TIES_MARK,
            f"with every tie lost, and with every tie won: {'; '.join(ends)}",
        ),
    ]
    return [Label(words, why) for carried, words, why in told if carried]
