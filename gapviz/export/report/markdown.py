"""A report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

from gapviz.analyses.measure import bias_reading, change_reading, gap_reading
from gapviz.core.wording import counted
from gapviz.export.report.contents import Report
from gapviz.export.report.findings import finding_markdown, plain


def report_markdown(report: Report) -> str:
    """Readings, advice, scoreboard and protocol; no pictures."""
    collection = report.collection
    paragraphs = [
        f"# The modality gap of {plain(collection.name)}",
        f"{report.date.isoformat()}, encoder {plain(collection.encoder)}, "
        f"{counted(collection.n_items, 'held-out item')}, {collection.dim} dimensions, "
        f"{plain('–'.join(report.before.pair))} gap.",
        f"{plain(gap_reading(report.before))} {plain(bias_reading(report.before))}",
    ]
    if report.changed:
        change = plain(change_reading(report.before, report.after))
        paragraphs.append(f"**{plain(report.after.strategy.label)}.** {change}")
    for one in report.compared:
        words = plain(f"{gap_reading(one)} {bias_reading(one)}")
        paragraphs.append(f"**{plain(one.collection.encoder)}, compared.** {words}")
    paragraphs += [f"**Warning.** {plain(one)}" for one in report.after.strategy.warnings]
    paragraphs += map(finding_markdown, report.sections.values())
    paragraphs += ["## Protocol", "\n".join(f"- {plain(line)}" for line in report.protocol)]
    paragraphs.append(", ".join(f"{name} {one}" for name, one in report.versions.items()))
    return "\n\n".join(paragraphs) + "\n"
