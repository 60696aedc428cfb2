"""The scoreboard as a table: a row a strategy and model, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from urllib.parse import urlencode

from gapviz.analyses.scoreboard.columns import GROUPS, BoardColumn
from gapviz.analyses.scoreboard.scoreboard import LeftOut, ScoreRow
from gapviz.core.table_html import escaped
from gapviz.dashboard.tables import number_cell
from gapviz.figures.pareto import model_color
from gapviz.strategies import strategy_spec


def board_table(
    rows: Sequence[ScoreRow],
    left_out: Sequence[LeftOut],
    columns: Sequence[BoardColumn],
    *,
    warnings: Sequence[str],
    sort: BoardColumn,
    worst_first: bool,
    query: Mapping[str, str],
    titles: Mapping[str, str],
    search_link: Callable[[str, str], str],
) -> str:
    """The table as HTML.

    Args:
        rows: in the order shown.
        left_out: strategies that could not be measured, shown greyed with the reason.
        columns: those shown.
        warnings: that single strategies carry; a row names its own by their numbers, from 1.
        sort: the column that the rows are sorted by.
        worst_first: whether the worst row stands first.
        query: the URL's parameters, which the links of the column heads keep.
        titles: of the models, all of them in the order of the scoreboard.
        search_link: address of the search with a model and a strategy.
    """
    starts = {next(iter(group)).key for _, group in groupby(columns, lambda c: c.group)}
    several = len(titles) > 1

    def cell_class(column: BoardColumn) -> str:
        names = ["gv-first"] * (column.key in starts) + ["gv-sorted"] * (column.key == sort.key)
        return f' class="{" ".join(names)}"' if names else ""

    def model_cell(model: str) -> str:
        return _model(model, titles) if several else ""

    def table_row(row: ScoreRow) -> str:
        cells = "".join(
            f"<td{cell_class(column)}>{number_cell(column, column.read(row))}</td>"
            for column in columns
        )
        name = _name(row, search_link(row.model, row.options.name), warnings)
        return f"<tr><td>{name}</td>{model_cell(row.model)}{cells}</tr>"

    body = [table_row(row) for row in rows if not row.by_item]
    by_item = [table_row(row) for row in rows if row.by_item]
    if by_item:
        # They must not be read as the best of the rows above.
        words = "Another protocol: these rank items, so their figures compare with each other only"
        body.append(_part(words, len(columns) + several))
    body += by_item
    for entry in left_out:
        title = escaped(strategy_spec(entry.options.name).title)
        body.append(
            f'<tr class="gv-out"><td>{title}</td>{model_cell(entry.model)}'
            f'<td colspan="{len(columns)}">not available here: {escaped(entry.reason)}</td></tr>'
        )
    heads = _heads(columns, cell_class, sort, query, worst_first=worst_first, several=several)
    return (
        f'<div class="gv-board-frame" tabindex="0" role="region" '
        'aria-label="scoreboard"><table class="gv-table gv-board">'
        f"<thead>{_group_heads(columns, several=several)}{heads}</thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _part(words: str, n_columns: int) -> str:
    return f'<tr class="gv-part"><td></td><td colspan="{n_columns}">{escaped(words)}.</td></tr>'


def _group_heads(columns: Sequence[BoardColumn], *, several: bool) -> str:
    cells = "".join(
        f'<th scope="colgroup" class="gv-group gv-first" colspan="{len(list(group))}">'
        f"{escaped(GROUPS[name])}</th>"
        for name, group in groupby(columns, lambda column: column.group)
    )
    return f"<tr><th></th>{'<th></th>' * several}{cells}</tr>"


def _heads(
    columns: Sequence[BoardColumn],
    cell_class: Callable[[BoardColumn], str],
    sort: BoardColumn,
    query: Mapping[str, str],
    *,
    worst_first: bool,
    several: bool,
) -> str:
    cells = []
    for column in columns:
        here = column.key == sort.key
        mark = (" ▴" if worst_first else " ▾") if here else ""
        kept = {key: value for key, value in query.items() if key not in ("sort", "worst_first")}
        turned = {"worst_first": "true"} if here and not worst_first else {}
        address = "?" + urlencode({**kept, "sort": column.key, **turned})
        order = f' aria-sort="{"descending" if worst_first else "ascending"}"' if here else ""
        cells.append(
            f'<th scope="col"{cell_class(column)}{order}><a href="{escaped(address)}" '
            f'target="_self" title="sort by {escaped(column.name)}">'
            f"{escaped(column.title)}{mark}</a><br><small>{escaped(column.detail)}<br>"
            f"{column.better} is better</small></th>"
        )
    model = '<th scope="col" style="text-align:left">Model</th>' * several
    return f'<tr><th scope="col">Strategy</th>{model}{"".join(cells)}</tr>'


def _name(row: ScoreRow, link: str, warnings: Sequence[str]) -> str:
    tags = []
    if row.pareto:
        tags.append(("front", "no other row is both nearer to neutral and higher in NDCG"))
    if row.by_item:
        tags.append(("ranks items", "another protocol: items are ranked, not rows"))
    if row.transductive:
        tags.append(("transductive", "reads all queries before it answers one"))
    tags += [
        (f"⚠ {number}", warning)
        for number, warning in enumerate(warnings, start=1)
        if warning in row.own_warnings
    ]
    marks = " ".join(
        f'<span class="gv-tag" title="{escaped(why)}">{escaped(tag)}</span>' for tag, why in tags
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
