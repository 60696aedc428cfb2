"""A finding as a notebook shows it: everything of others is escaped, and it looks right on a light
and on a dark ground, since it takes the notebook's own colours.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

from gapviz.analyses.analysis import Finding
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_html
from gapviz.core.table import Cell, Column, Table, legend
from gapviz.core.table_html import table_html

Picture = Callable[[int], str | None]
"""From the place of a row the picture of it as HTML; None where it has none."""

PICTURE_COLUMN = "picture"
SIZE = 56
"""Pixels of a picture; twice as many are drawn, for dense screens."""

MOST_OPEN = 3
"""Parts that stand open; further ones are folded."""

# Mid tones, that are read on white and on black; lines are as faint as the words around are strong.
_STYLE = """
.gapviz { color: inherit; font-size: 13px; line-height: 1.5; max-width: 72em; }
.gapviz p { margin: .35em 0; } .gapviz .gv-title { font-weight: 600; }
.gapviz .gv-scroll { overflow-x: auto; margin: .5em 0; }
.gapviz table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0;
  border: 0; color: inherit; background: none; }
.gapviz caption { font-weight: 600; padding: .2em .6em; color: inherit; }
.gapviz th, .gapviz td { padding: .2em .6em; border: 0; vertical-align: middle; background: none;
  border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent); color: inherit; }
.gapviz tr, .gapviz tbody tr:nth-child(odd) { background: none; }
.gapviz td small { white-space: nowrap; } .gapviz th { font-weight: 600; }
.gapviz th small { font-weight: 400; }
.gapviz small { opacity: .75; font-size: .9em; }
.gapviz img { display: block; object-fit: contain; background: #fff; border-radius: 4px; }
.gapviz details { margin: .4em 0; } .gapviz summary { cursor: pointer; }
.gapviz .gv-green { color: #0f8a5f; } .gapviz .gv-red { color: #d9482b; }
"""


def answer_html(finding: Finding, picture: Picture | None = None) -> str:
    """A finding with its parts, in a block of its own.

    Args:
        finding: what to show.
        picture: of the rows of its first table.
    """
    return f'<style>{_STYLE}</style><div class="gapviz">{_finding_html(finding, picture)}</div>'


def _finding_html(finding: Finding, picture: Picture | None = None) -> str:
    parts = [f'<p class="gv-title">{in_html(finding.title)}</p>'] * bool(finding.title)
    parts += [f"<p><strong>Warning.</strong> {in_html(one)}</p>" for one in finding.warnings]
    said = filter(None, [finding.so_what, *finding.readings])
    parts += [f"<p>{in_html(one)}</p>" for one in said]
    for place, table in enumerate(finding.tables):
        shown = _table_html(table, picture if place == 0 else None)
        parts.append(f'<div class="gv-scroll">{shown}</div>')
    known = legend([table.brief for table in finding.tables])
    parts += [f"<p><small>{in_html(known)}</small></p>"] * bool(known)
    for place, part in enumerate(finding.parts.values()):
        if place < MOST_OPEN:
            parts.append(_finding_html(part))
        else:
            inside = _finding_html(replace(part, title=""))
            parts.append(f"<details><summary>{in_html(part.title)}</summary>{inside}</details>")
    if finding.protocol:
        parts.append(
            "<details><summary>How this was measured</summary>"
            f"<p><small>{in_html(finding.protocol)}</small></p></details>"
        )
    return "".join(parts)


def _table_html(table: Table, picture: Picture | None) -> str:
    table = table.brief
    shown = [picture(row) for row in range(len(table.rows))] if picture is not None else []
    if not any(shown):
        return table_html(table, caption=bool(table.title))
    first = Column(PICTURE_COLUMN, "", text=True)
    rows = [[place, *row] for place, row in enumerate(table.rows)]
    table = replace(
        table,
        columns=[table.columns[0], first, *table.columns[1:]],
        rows=[[row[1], row[0], *row[2:]] for row in rows],
    )

    def cell(column: Column, value: Cell) -> str | None:
        if column is not first or not isinstance(value, int):
            return None
        return shown[value] or ""

    return table_html(table, caption=bool(table.title), cell=cell)


def picture_html(collection: Collection, item: int, modality: str) -> str | None:
    """The picture of an item in a modality, small and within the HTML itself; None without one."""
    from gapviz.sources.images.references import thumbnail_png

    one = collection.items[item]
    reference = None if modality == "text" else one.picture(modality)
    if reference is None:
        return None
    try:
        content = thumbnail_png(reference, collection.root, 2 * SIZE)
    except GapvizError:
        return None
    words = in_html(one.captions[0] if one.captions else one.id)
    source = f"data:image/png;base64,{b64encode(content).decode()}"
    return f'<img alt="{words}" src="{source}" style="width:{SIZE}px;height:{SIZE}px">'
