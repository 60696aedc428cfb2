"""The scoreboard as a table: a row a strategy and model, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from gapviz.analyses.scoreboard.columns import GROUPS, BoardColumn, sorted_rows
from gapviz.analyses.scoreboard.scoreboard import Scoreboard, ScoreRow
from gapviz.core.table_html import escaped
from gapviz.dashboard.page_head import address_of
from gapviz.dashboard.tables import number_cell
from gapviz.figures.pareto import model_color
from gapviz.strategies import strategy_spec

BY_ITEM = "Another protocol: these rank items, so their figures compare with each other only."
"""They must not be read as the best of the rows above."""


def board_table(
    board: Scoreboard,
    columns: Sequence[BoardColumn],
    *,
    sort: BoardColumn,
    worst_first: bool,
    titles: Mapping[str, str],
    search_link: Callable[[str, str], str],
) -> str:
    """The table as HTML; strategies that could not be measured stand last, with the reason.

    Args:
        board: its rows name the warnings that they carry by their numbers, from 1.
        columns: those shown.
        sort: the column that the rows are sorted by.
        worst_first: whether the worst row stands first.
        titles: of the models, all of them in the order of the scoreboard.
        search_link: address of the search with a model and a strategy.
    """
    several = len(titles) > 1
    groups = [(name, list(group)) for name, group in groupby(columns, lambda one: one.group)]
    classes = {one.key: ["gv-sorted"] * (one.key == sort.key) for one in columns}
    for _, (first, *_) in groups:
        classes[first.key].insert(0, "gv-first")
    marked = {key: f' class="{" ".join(names)}"' * bool(names) for key, names in classes.items()}
    models = {model: _model(model, titles) * several for model in titles}

    def table_row(row: ScoreRow) -> str:
        cells = "".join(
            f"<td{marked[column.key]}>{number_cell(column, column.read(row))}</td>"
            for column in columns
        )
        name = _name(row, search_link(row.model, row.options.name), tuple(board.own_warnings))
        return f"<tr><td>{name}</td>{models[row.model]}{cells}</tr>"

    rows = sorted_rows(board.rows, sort, worst_first=worst_first)
    by_item = "".join(table_row(row) for row in rows if row.by_item)
    part = f'<td></td><td colspan="{len(columns) + several}">{escaped(BY_ITEM)}</td>'
    body = [
        *(table_row(row) for row in rows if not row.by_item),
        f'<tr class="gv-part">{part}</tr>{by_item}' * bool(by_item),
        *(
            f'<tr class="gv-out"><td>{escaped(strategy_spec(one.options.name).title)}</td>'
            f'{models[one.model]}<td colspan="{len(columns)}">not available here: '
            f"{escaped(one.reason)}</td></tr>"
            for one in board.left_out
        ),
    ]
    group_heads = "".join(
        f'<th scope="colgroup" class="gv-group gv-first" colspan="{len(group)}">'
        f"{escaped(GROUPS[name])}</th>"
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
    address = address_of("", without=("sort", "worst_first"), sort=column.key, **turned)
    return (
        f'{order}><a href="{escaped(address)}" target="_self" '
        f'title="sort by {escaped(column.name)}">{escaped(column.title)}{mark}</a><br>'
        f"<small>{escaped(column.detail)}<br>{column.better} is better</small>"
    )


def _name(row: ScoreRow, link: str, warnings: Sequence[str]) -> str:
    tags = [
        (row.pareto, "front", "no other row is both nearer to neutral and higher in NDCG"),
        (row.by_item, "ranks items", "another protocol: items are ranked, not rows"),
        (row.transductive, "transductive", "reads all queries before it answers one"),
        *((one in row.own_warnings, f"⚠ {n}", one) for n, one in enumerate(warnings, start=1)),
    ]
    marks = " ".join(
        f'<span class="gv-tag" title="{escaped(why)}">{escaped(tag)}</span>'
        for carried, tag, why in tags
        if carried
    )
    title = strategy_spec(row.options.name).title
    fit = row.title.removeprefix(title).strip(" ()")
    return (
        f'<a href="{escaped(link)}" target="_self" title="search with this strategy">'
        f"{escaped(title)}&nbsp;→</a>"
        + (f'<br><small class="gv-fit">{escaped(fit)}</small>' if fit else "")
        + (f"<br>{marks}" if marks else "")
    )


def _model(model: str, titles: Mapping[str, str]) -> str:
    color = model_color(model, list(titles))
    return (
        f'<td class="gv-model"><span class="gv-dot" style="background:{color}"></span>'
        f"{escaped(titles[model])}</td>"
    )
