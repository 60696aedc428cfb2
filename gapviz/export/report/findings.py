"""What an analysis found as HTML and as Markdown; each section of a report is made by these."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gapviz.analyses.analysis import Finding
from gapviz.core.table import Table, legend
from gapviz.core.table_html import escaped, table_html

DEEPEST = 6
"""Of headings."""


def finding_html(finding: Finding, level: int = 2) -> str:
    """A finding as a section of HTML, its parts under headings one level below."""
    parts = [f"<h{level}>{escaped(finding.title)}</h{level}>" if finding.title else ""]
    parts += [f"<p><strong>Warning.</strong> {escaped(one)}</p>" for one in finding.warnings]
    parts += [f"<p>{escaped(one)}</p>" for one in finding.readings]
    for table in finding.tables:
        parts.append(f'<div class="scroll">{table_html(table, caption=bool(table.title))}</div>')
    if finding.legend:
        parts.append(f"<p><small>{escaped(finding.legend)}</small></p>")
    below = min(level + 1, DEEPEST)
    parts += [finding_html(part, below) for part in finding.parts.values()]
    if finding.protocol:
        parts.append(f"<p><small>{escaped(finding.protocol)}</small></p>")
    return "".join(parts)


def finding_markdown(finding: Finding, level: int = 2) -> str:
    """A finding as a section of Markdown, its parts under headings one level below."""
    paragraphs = [f"{'#' * level} {plain(finding.title)}" if finding.title else ""]
    paragraphs += [f"**Warning.** {plain(one)}" for one in finding.warnings]
    paragraphs += map(plain, finding.readings)
    for table in finding.tables:
        paragraphs += [
            f"**{plain(table.title)}**" * bool(table.title),
            table_markdown(table.brief),
        ]
    paragraphs.append(plain(legend([table.brief for table in finding.tables])))
    below = min(level + 1, DEEPEST)
    paragraphs += [finding_markdown(part, below) for part in finding.parts.values()]
    return "\n\n".join(filter(None, [*paragraphs, plain(finding.protocol)]))


def plain(text: str) -> str:
    """Text in which Markdown finds nothing to format."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def table_markdown(table: Table) -> str:
    """A table in Markdown."""
    return "\n".join(_rows(table))


def _rows(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(plain(column.head) for column in table.columns)} |"
    yield "|" + "|".join("---" if column.text else "---:" for column in table.columns) + "|"
    for row in table.rows:
        cells = (column.shown(cell) for column, cell in zip(table.columns, row, strict=True))
        yield f"| {' | '.join(map(plain, cells))} |"
