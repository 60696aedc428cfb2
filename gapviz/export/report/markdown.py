"""A report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

import re

from gapviz.analyses.measure import bias_reading, change_reading, gap_reading
from gapviz.core.wording import counted, figure, too_few
from gapviz.export.report.contents import Report


def report_markdown(report: Report) -> str:
    """Readings, advice, scoreboard and protocol; no pictures."""
    collection = report.collection
    lines = [
        f"# The modality gap of {_plain(collection.name)}",
        "",
        f"{report.date.isoformat()}, encoder {_plain(collection.encoder)}, "
        f"{counted(collection.n_items, 'held-out item')}, {collection.dim} dimensions, "
        f"{_plain('–'.join(report.before.pair))} gap.",
        "",
        f"{_plain(gap_reading(report.before))} {_plain(bias_reading(report.before))}",
        "",
    ]
    if report.changed:
        change = _plain(change_reading(report.before, report.after))
        lines += [f"**{_plain(report.after.strategy.label)}.** {change}", ""]
    for one in report.compared:
        words = _plain(f"{gap_reading(one)} {bias_reading(one)}")
        lines += [f"**{_plain(one.collection.encoder)}, compared.** {words}", ""]
    for warning in report.after.strategy.warnings:
        lines += [f"**Warning.** {_plain(warning)}", ""]
    lines += [f"## What to do: {_plain(report.question)}", ""]
    doubt = too_few(collection.n_items)
    lines += [] if doubt is None else [doubt]
    advised = report.advice.recommendations if doubt is None else ()
    for number, advice in enumerate(advised, start=1):
        told = "".join(
            f" {_plain(e.figure)} {figure(e.before.value)} → {figure(e.after.value)} "
            f"(change {_plain(str(e.change))})."
            for e in advice.effects[:1]
        )
        lines.append(f"{number}. **{_plain(advice.title)}**: {advice.verdict}.{told}")
    several = len(report.board.n_items) > 1
    lines += [
        "",
        "## Scoreboard",
        "",
        f"| strategy |{' encoder |' * several} imbalance@10 | NDCG@10 mixed | on the front |",
        f"|---|{'---|' * several}---|---|---|",
    ]
    for row in report.board.rows:
        bias, ndcg = row.imbalance, row.mean_ndcg
        front = "yes" if row.pareto else ""
        model = f" {_plain(row.model)} |" * several
        lines.append(
            f"| {_plain(row.title)} |{model} {_plain(str(bias))} | {_plain(str(ndcg))} | {front} |"
        )
    for warning, rows in report.board.own_warnings.items():
        named = ", ".join(dict.fromkeys(row.title for row in rows))
        lines += ["", f"{_plain(named)}: {_plain(warning)}"]
    lines += ["", "## Protocol", "", *(f"- {_plain(line)}" for line in report.protocol), ""]
    lines.append(", ".join(f"{name} {one}" for name, one in report.versions.items()))
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing to format."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
