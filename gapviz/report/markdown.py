"""A report as Markdown, for a wiki or a pull request."""

from __future__ import annotations

import re

from gapviz.report.contents import Report
from gapviz.sentences.measurements import bias_reading, change_reading, gap_reading
from gapviz.wording import counted, figure, too_few


def report_markdown(report: Report) -> str:
    """Readings, advice, scoreboard and protocol; no pictures."""
    collection = report.collection
    lines = [
        f"# The modality gap of {_plain(collection.name)}",
        "",
        f"{report.date.isoformat()}, encoder {_plain(collection.encoder)}, "
        f"{counted(collection.n_items, 'held-out item')}, {collection.dim} dimensions.",
        "",
        f"{_plain(gap_reading(report.before))} {_plain(bias_reading(report.before))}",
        "",
        f"**{_plain(report.after.strategy.label)}.** "
        f"{_plain(change_reading(report.before, report.after))}",
        "",
        "## What to do, for one index of all modalities",
        "",
    ]
    doubt = too_few(collection.n_items)
    lines += [] if doubt is None else [doubt]
    advised = report.advice.recommendations if doubt is None else ()
    for number, one in enumerate(advised, start=1):
        told = "".join(
            f" {_plain(e.figure)} {figure(e.before.value)} → {figure(e.after.value)} "
            f"(change {_plain(str(e.change))})."
            for e in one.effects[:1]
        )
        lines.append(f"{number}. **{_plain(one.title)}**: {one.verdict}.{told}")
    lines += [
        "",
        "## Scoreboard",
        "",
        "| strategy | imbalance@10 | NDCG@10 mixed | on the front |",
        "|---|---|---|---|",
    ]
    for row in report.board.rows:
        bias, ndcg = row.imbalance, row.mean_ndcg
        front = "yes" if row.pareto else ""
        lines.append(
            f"| {_plain(row.title)} | {_plain(str(bias))} | {_plain(str(ndcg))} | {front} |"
        )
    lines += ["", "## Protocol", "", *(f"- {_plain(line)}" for line in report.protocol), ""]
    lines.append(", ".join(f"{name} {one}" for name, one in report.versions.items()))
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing to format."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
