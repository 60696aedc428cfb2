"""A report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

from gapviz.core.wording import counted
from gapviz.export.report.contents import Report
from gapviz.export.report.findings import finding_markdown, plain


def report_markdown(report: Report) -> str:
    """Readings, advice, scoreboard and protocol; no pictures."""
    collection, told = report.collection, report.paragraphs
    paragraphs = [
        f"# The modality gap of {plain(collection.name)}",
        f"{report.date.isoformat()}, encoder {plain(collection.encoder)}, "
        f"{counted(collection.n_items, 'held-out item')}, {collection.dim} dimensions, "
        f"{plain('–'.join(report.before.pair))} gap.",
        *(f"**{plain(start)}** {plain(words)}" if start else plain(words) for start, words in told),
    ]
    paragraphs += map(finding_markdown, report.sections.values())
    paragraphs += ["## Protocol", "\n".join(f"- {plain(line)}" for line in report.protocol)]
    paragraphs.append(", ".join(f"{name} {one}" for name, one in report.versions.items()))
    return "\n\n".join(paragraphs) + "\n"
