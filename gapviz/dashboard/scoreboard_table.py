"""The scoreboard's table: a row a strategy and model, each figure with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import isnan

import streamlit as st

from gapviz.analyses.judged import UNJUDGED_MARK
from gapviz.analyses.measure import TIES_MARK
from gapviz.analyses.scoreboard.analysis import SELDOM
from gapviz.analyses.scoreboard.columns import (
    GROUPS,
    BoardColumn,
    board_columns,
    columns_of,
    judged_columns,
    sorted_rows,
)
from gapviz.analyses.scoreboard.rows import Scoreboard, ScoreRow
from gapviz.core.foreign import in_html
from gapviz.core.wording import figure
from gapviz.dashboard.page_head import address_of
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import number_cell
from gapviz.dashboard.url_params import free_parameter, modalities_on_offer, url_choice
from gapviz.dashboard.widgets import select_of
from gapviz.figures.pareto import model_color
from gapviz.measures.judged_measurement import UNJUDGED_DOUBTS
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.strategies import strategy_spec

BY_ITEM = "Another protocol: these rank items, so their figures compare with each other only."
"""They must not be read as the best of the rows above."""

NO_MODEL = '<td class="gv-model">–</td>'
"""Of a run, whose model is not known."""

MODELS = url_choice(
    "models",
    "Models",
    {"all": "All encoders", "one": "The chosen one"},
    help="Changing the model stands beside changing the index: each encoder of this collection is "
    "measured under every strategy.",
)
FIGURES = url_choice("figures", "Figures", GROUPS)
SORT = url_choice(
    "sort",
    "Sort by",
    lambda: {
        column.key: column.name
        for columns in (board_columns, judged_columns)
        for column in columns(modalities_on_offer())
    },
    default="ndcg",
)
WORST_FIRST = free_parameter("worst_first")


def table_section(chosen: Settings, board: Scoreboard, titles: Mapping[str, str]) -> None:
    """The choice of columns and order, and the table; `titles` are those of the models."""
    st.subheader("Every figure", anchor=False)
    columns = {column.key: column for column in columns_of(board, chosen.modalities)}
    groups_here = list(dict.fromkeys(column.group for column in columns.values()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        groups = st.pills(
            FIGURES.title,
            groups_here,
            selection_mode="multi",
            default=groups_here,
            format_func=lambda name: GROUPS[name],
            key=FIGURES.name,
            bind="query-params",
        )
        sort = select_of(SORT, {key: column.name for key, column in columns.items()}, width=260)
        worst_first = st.toggle("Worst first", key=WORST_FIRST, bind="query-params")
    # The figure sorted by is always shown; with nothing chosen, everything is.
    shown = [c for c in columns.values() if c.group in (groups or GROUPS) or c.key == sort]
    st.html(_board_table(board, shown, columns[sort], titles, worst_first=worst_first))
    of_map = "; of mAP the queries alone, of V-measures the items" * (board.protocol == "paired")
    st.caption(
        "The table goes on to the right: scroll it sideways, or choose fewer figures above. "
        f"Small figures: {VARIED}{of_map}. Click a strategy to search with it, "
        "the head of a column to sort by it, best first; once more, worst first. “front”: on "
        "the Pareto front, and in how many samples like this one."
        + " “⚠” with a number: a warning below the table."
        * bool(board.own_warnings)
    )


def search_address(row: ScoreRow) -> str | None:
    """The search page with everything that the URL says, and a row's model and strategy.

    None for a run, which no page can ask.
    """
    if row.options is None:
        return None
    own = (MODELS.name, FIGURES.name, SORT.name, WORST_FIRST)
    return address_of("search", without=own, encoder=row.model, strategy=row.options.name)


def _board_table(
    board: Scoreboard,
    columns: Sequence[BoardColumn],
    sort: BoardColumn,
    titles: Mapping[str, str],
    *,
    worst_first: bool,
) -> str:
    """The table as HTML; strategies that could not be measured stand last, with the reason."""
    several = len(titles) > 1
    groups = [(name, list(group)) for name, group in groupby(columns, lambda one: one.group)]
    classes = {one.key: ["gv-sorted"] * (one.key == sort.key) for one in columns}
    for _, (first, *_) in groups:
        classes[first.key].insert(0, "gv-first")
    marked = {key: f' class="{" ".join(names)}"' * bool(names) for key, names in classes.items()}
    models = {
        model: f'<td class="gv-model"><span class="gv-dot" style="background:'
        f'{model_color(model, list(titles))}"></span>{in_html(title)}</td>' * several
        for model, title in titles.items()
    }

    def table_row(row: ScoreRow) -> str:
        cells = "".join(
            f"<td{marked[column.key]}>{number_cell(column, column.read(row))}</td>"
            for column in columns
        )
        name = _name(row, tuple(board.own_warnings))
        model = NO_MODEL * several if row.options is None else models[row.model]
        return f"<tr><td>{name}</td>{model}{cells}</tr>"

    rows = sorted_rows(board.rows, sort, worst_first=worst_first)
    by_item = "".join(table_row(row) for row in rows if row.by_item)
    part = f'<td></td><td colspan="{len(columns) + several}">{in_html(BY_ITEM)}</td>'
    body = [
        *(table_row(row) for row in rows if not row.by_item),
        f'<tr class="gv-part">{part}</tr>{by_item}' * bool(by_item),
        *(
            f'<tr class="gv-out"><td>{in_html(strategy_spec(one.options.name).title)}</td>'
            f'{models[one.model]}<td colspan="{len(columns)}">not available here: '
            f"{in_html(one.reason)}</td></tr>"
            for one in board.left_out
        ),
    ]
    group_heads = "".join(
        f'<th scope="colgroup" class="gv-group gv-first" colspan="{len(group)}">'
        f"{in_html(GROUPS[name])}</th>"
        for name, group in groups
    )
    heads = "".join(
        f'<th scope="col"{marked[one.key]}{_head(one, sort, worst_first=worst_first)}</th>'
        for one in columns
    )
    model_head = '<th scope="col" style="text-align:left">Model</th>' * several
    return (
        f'<div class="gv-board-frame" tabindex="0" role="region" '
        'aria-label="scoreboard"><table class="gv-table gv-board"><thead>'
        f"<tr><th></th>{'<th></th>' * several}{group_heads}</tr>"
        f'<tr><th scope="col">Strategy</th>{model_head}{heads}</tr>'
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _head(column: BoardColumn, sort: BoardColumn, *, worst_first: bool) -> str:
    """The end of the opening tag, and a link that sorts by the column or turns its order."""
    order, mark, turned = "", "", {}
    if column.key == sort.key:
        order = f' aria-sort="{"descending" if worst_first else "ascending"}"'
        mark = " ▴" if worst_first else " ▾"
        turned = {} if worst_first else {"worst_first": "true"}
    address = address_of("", without=(SORT.name, WORST_FIRST), sort=column.key, **turned)
    return (
        f'{order}><a href="{in_html(address)}" target="_self" '
        f'title="sort by {in_html(column.name)}">{in_html(column.title)}{mark}</a><br>'
        f"<small>{in_html(column.detail)}<br>{column.better} is better</small>"
    )


def _ties_words(row: ScoreRow) -> str:
    ends = (
        f"{name}: {figure(lost)} to {figure(won)}" for name, (lost, won) in row.ties_carry.items()
    )
    return f"with every tie lost, and with every tie won: {'; '.join(ends)}"


def _name(row: ScoreRow, warnings: Sequence[str]) -> str:
    sure = "" if isnan(row.on_front) else f" {row.on_front:.0%}"
    front = "no other row is both nearer to neutral and higher in NDCG"
    tags = [
        (row.pareto, f"front{sure}", f"{front}; so in{sure} of samples like this one"),
        (
            not row.pareto and row.on_front >= SELDOM,
            f"front?{sure}",
            f"on the Pareto front in{sure} of samples like this one",
        ),
        (bool(row.ties_carry), TIES_MARK, _ties_words(row)),
        (row.options is None, "run", "a ranking that another system made"),
        (
            row.unjudged > UNJUDGED_DOUBTS,
            f"{UNJUDGED_MARK} {row.unjudged:.0%}",
            "so many of the first 10 results were judged by nobody, and count as wrong",
        ),
        (row.by_item, "ranks items", "another protocol: items are ranked, not rows"),
        (row.transductive, "transductive", "reads all queries before it answers one"),
        *((one in row.own_warnings, f"⚠ {n}", one) for n, one in enumerate(warnings, start=1)),
    ]
    marks = " ".join(
        f'<span class="gv-tag" title="{in_html(why)}">{in_html(tag)}</span>'
        for carried, tag, why in tags
        if carried
    )
    address = search_address(row)
    if row.options is None or address is None:
        return in_html(row.title) + (f"<br>{marks}" if marks else "")
    title = strategy_spec(row.options.name).title
    fit = row.title.removeprefix(title).strip(" ()")
    return (
        f'<a href="{in_html(address)}" target="_self" title="search with this strategy">'
        f"{in_html(title)}&nbsp;→</a>"
        + (f'<br><small class="gv-fit">{in_html(fit)}</small>' if fit else "")
        + (f"<br>{marks}" if marks else "")
    )
