"""The scoreboard's table: a row a strategy and model, best first, five columns first."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gapviz.analyses.judged import Protocol
from gapviz.analyses.scoreboard.columns import GROUPS, board_columns, judged_columns
from gapviz.analyses.scoreboard.ranking import BY_ITEM, Ranking, labels_of
from gapviz.analyses.scoreboard.rows import Scoreboard, ScoreRow
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Table
from gapviz.dashboard.decide import FOUND, TASK
from gapviz.dashboard.page_head import address_of, ways_on
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.table_grid import show_grid
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.widgets import modality_of, segments_of
from gapviz.strategies import strategy_spec
from gapviz.strategies.spec import Task

HELPS = {
    "labels": "“front”: no other row is both nearer to neutral and higher in NDCG, and in how many "
    "samples like this one. “⚠” with a number: a warning below. Choose a row to read all of them.",
    "imbalance": "Mean over the query modalities of |lift − 1|: 0 is neutral.",
    "ndcg": "Of the match in the mixed index, mean over the query modalities.",
    "bytes": "Float32 bytes kept for one item with its share of everything else.",
    "operations": "Multiply-adds of one query by exact search: a count, not a time.",
}
"""On columns, by key."""

MODELS = url_choice(
    "models",
    "Models",
    {"all": "All encoders", "one": "The chosen one"},
    help="Changing the model stands beside changing the index: each encoder of this collection is "
    "measured under every strategy.",
)
FIGURES = url_choice("figures", "More figures", GROUPS)


def task_choice(chosen: Settings) -> tuple[Task, tuple[str, str]]:
    """Draw the choice of the task, which is that of Decide; and what is found, and what asks."""
    task: Task = segments_of(TASK)
    first, second = chosen.pair
    found = modality_of(FOUND, chosen.pair) if task in ("one-way", "within") else first
    return task, (found, second if found == first else first)


def figure_choice(protocol: Protocol, modalities: tuple[str, ...]) -> list[str]:
    """Draw the choice of further columns."""
    columns = (board_columns if protocol == "paired" else judged_columns)(modalities)
    groups = dict.fromkeys(column.group for column in columns)
    chosen: list[str] = st.pills(
        FIGURES.title,
        list(groups),
        selection_mode="multi",
        format_func=lambda name: GROUPS[name],
        key=FIGURES.name,
        bind="query-params",
    )
    return chosen


def show_ranking(ranking: Ranking, groups: list[str], *, key: str = "board") -> None:
    """The table, best first, and below it what is told of the row that is chosen."""
    columns = ranking.shown(groups)
    chosen = _grid(ranking, ranking.table(ranking.rows, columns), key)
    row = None if chosen is None else ranking.rows[chosen]
    # Where the eye is, above the other rows.
    told = st.container()
    st.caption(in_markdown(ranking.sentence) + " Choose a row to read its labels and search it.")
    if ranking.by_item:
        st.caption(f":material/info: {BY_ITEM}")
        chosen = _grid(ranking, ranking.table(ranking.by_item, columns), f"{key}_by_item")
        row = row or (None if chosen is None else ranking.by_item[chosen])
    if row is not None:
        with told:
            _show_row(ranking, row)


def show_left_out(board: Scoreboard, titles: Mapping[str, str]) -> None:
    """Strategies that could not be measured, with the reason."""
    for one in board.left_out:
        of_model = f" ({in_markdown(titles[one.model])})" * (len(titles) > 1)
        st.caption(
            f":material/block: **{in_markdown(strategy_spec(one.options.name).title)}**{of_model} "
            f"is not available here: {in_markdown(one.reason)}"
        )


def search_address(row: ScoreRow) -> str | None:
    """The search page with everything that the URL says, and a row's model and strategy.

    None for a run, which no page can ask.
    """
    if row.options is None:
        return None
    own = (MODELS.name, FIGURES.name)
    return address_of("search", without=own, encoder=row.model, strategy=row.options.name)


def _grid(ranking: Ranking, table: Table, key: str) -> int | None:
    alt = f"{len(table.rows)} strategies, best first by {ranking.deciding.name}"
    # Another order is another grid: a choice by place would fall on another row.
    key = f"{key}_{ranking.deciding.key}"
    return show_grid(table, key=key, alt=alt, helps=HELPS)


def _show_row(ranking: Ranking, row: ScoreRow) -> None:
    """A row's labels, and where it leads."""
    with st.container(border=True):
        model = ranking.title_of(row)
        st.markdown(f"**{in_markdown(row.title)}**{f', {in_markdown(model)}' * bool(model)}")
        labels = labels_of(row, ranking.board)
        if labels:
            st.markdown(
                "\n".join(
                    f"- **{in_markdown(one.words)}**: {in_markdown(one.why)}" for one in labels
                )
            )
        if row.options is not None:
            ways_on(
                {"search": "Search with it", "export": "Take it home"},
                keep=[name for name in st.query_params if name not in (MODELS.name, FIGURES.name)],
                encoder=row.model,
                strategy=row.options.name,
            )
