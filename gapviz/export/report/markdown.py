"""A report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

from gapviz.analyses.analysis import Finding
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Table, legend
from gapviz.core.wording import counted
from gapviz.export.report.contents import DEEPEST, Report


def report_markdown(report: Report) -> str:
    """Readings, advice, scoreboard and protocol; no pictures."""
    collection, told = report.collection, report.paragraphs
    paragraphs = [
        f"# The modality gap of {in_markdown(collection.name)}",
        f"{report.date.isoformat()}, encoder {in_markdown(collection.encoder)}, "
        f"{counted(collection.n_items, 'held-out item')}, {collection.dim} dimensions, "
        f"{in_markdown('–'.join(report.before.pair))} gap.",
        *(
            f"**{in_markdown(start)}** {in_markdown(words)}" if start else in_markdown(words)
            for start, words in told
        ),
    ]
    paragraphs += map(finding_markdown, [report.views] if report.views is not None else [])
    paragraphs += map(finding_markdown, report.sections.values())
    paragraphs += ["## Protocol", "\n".join(f"- {in_markdown(line)}" for line in report.protocol)]
    paragraphs.append(", ".join(f"{name} {one}" for name, one in report.versions.items()))
    return "\n\n".join(paragraphs) + "\n"


def finding_markdown(finding: Finding, level: int = 2) -> str:
    """A finding as a section of Markdown, its parts under headings one level below."""
    paragraphs = [f"{'#' * level} {in_markdown(finding.title)}" if finding.title else ""]
    paragraphs += [f"**Warning.** {in_markdown(one)}" for one in finding.warnings]
    paragraphs += map(in_markdown, finding.readings)
    for table in finding.tables:
        paragraphs += [
            f"**{in_markdown(table.title)}**" * bool(table.title),
            table_markdown(table.brief),
        ]
    paragraphs.append(in_markdown(legend([table.brief for table in finding.tables])))
    below = min(level + 1, DEEPEST)
    paragraphs += [finding_markdown(part, below) for part in finding.parts.values()]
    return "\n\n".join(filter(None, [*paragraphs, in_markdown(finding.protocol)]))


def table_markdown(table: Table) -> str:
    """A table in Markdown."""
    lines = [
        f"| {' | '.join(in_markdown(column.head) for column in table.columns)} |",
        "|" + "|".join("---" if column.text else "---:" for column in table.columns) + "|",
    ]
    for row in table.rows:
        cells = (column.shown(cell) for column, cell in zip(table.columns, row, strict=True))
        lines.append(f"| {' | '.join(map(in_markdown, cells))} |")
    return "\n".join(lines)
