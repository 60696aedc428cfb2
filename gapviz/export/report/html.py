"""A report as one HTML file: no script, and nothing is fetched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np

from gapviz.analyses.advice import Recommendation
from gapviz.analyses.measure import bias_reading, change_reading, gap_reading
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.wording import counted, figure, interval, too_few
from gapviz.export.report.contents import Example, Report
from gapviz.export.report.plots import cones_svg, legend, pareto_svg, scores_svg
from gapviz.figures.cones import METHOD_TITLES
from gapviz.figures.modality_style import style_of
from gapviz.measures.retrieval import mean_value
from gapviz.retrieval.index import ResultList
from gapviz.sources.images import thumbnail_png

THUMB = 72
"""Pixels."""
ADVICE_SHOWN = 5

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2330; --line: #d5d9e0;
  --quiet: #7f7f7f; --matched: #009e73; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161d; --ink: #e6eaf0;
  --line: #363d49; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.2rem; }
small, figcaption { opacity: .8; font-size: .85rem; }
.cards, .plots, .hits { display: flex; flex-wrap: wrap; gap: .8rem; }
.cards > div { flex: 1 1 150px; border: 1px solid var(--line); border-radius: 8px;
  padding: .6rem .8rem; }
.cards strong { display: block; font-size: 1.5rem; }
.plots figure { flex: 1 1 420px; margin: 0; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: currentColor; }
.axis { fill: none; stroke: var(--quiet); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); }
th:nth-child(2), td:nth-child(2) { text-align: left; }
.hits figure { margin: 0; width: 84px; font-size: .72rem; line-height: 1.2;
  overflow-wrap: anywhere; } .hits img { width: 72px; height: 72px; object-fit: contain;
  background: #fff; border-radius: 4px; }
.match { outline: 2px solid var(--matched); outline-offset: 2px; border-radius: 4px; }
"""


def report_html(report: Report) -> str:
    """The whole file; the same report gives the same text."""
    name = escape(report.collection.name)
    sections = [
        _head(report),
        _cards(report),
        _advice(report),
        _plots(report),
        _board(report),
        _examples(report),
        _protocol(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Modality gap: {name}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(sections)
        + "\n</body></html>\n"
    )


def _head(report: Report) -> str:
    before, collection = report.before, report.collection
    told = [escape(f"{gap_reading(before)} {bias_reading(before)}")]
    if report.changed:
        label, change = report.after.strategy.label, change_reading(before, report.after)
        told.append(f"<strong>{escape(label)}.</strong> {escape(change)}")
    told += [
        f"<strong>{escape(one.collection.encoder)}, compared.</strong> "
        f"{escape(f'{gap_reading(one)} {bias_reading(one)}')}"
        for one in report.compared
    ]
    told += [
        f"<strong>Warning.</strong> {escape(warning)}" for warning in report.after.strategy.warnings
    ]
    return (
        f"<h1>The modality gap of {escape(collection.name)}</h1>"
        f"<p><small>{report.date.isoformat()} · encoder {escape(collection.encoder)} · "
        f"{counted(collection.n_items, 'held-out item')} · {collection.dim} dimensions · "
        f"{escape('–'.join(before.pair))} gap</small></p>"
        + "".join(f"<p>{paragraph}</p>" for paragraph in told)
    )


def _cards(report: Report) -> str:
    gap = report.before.geometry.gap
    cards = [
        (
            "gap ‖Δ‖, 0 to 2",
            figure(gap.gap),
            f"95 % interval {interval(gap.low, gap.high)}, lower is closer",
        ),
        ("noise floor of the gap", figure(gap.noise_floor), "a gap under it is none"),
        ("cloud separation, variant A", figure(gap.separation, 2), "above 1: gap-dominated"),
    ]
    shown = [(report.before, "raw")]
    if report.changed:
        shown.append((report.after, report.after.strategy.spec.title))
    for one, word in shown:
        for title, figures, way in (
            ("bias@10", one.bias, "nearer the share of the index"),
            ("NDCG@10, mixed", one.ndcg, "higher"),
        ):
            told = "; ".join(f"{name} {_numbers(e)}" for name, e in figures.items())
            mean = figure(mean_value(figures))
            cards.append((f"{title}, {word}", mean, f"{told}; {way} is better"))
    return (
        '<div class="cards">'
        + "".join(
            f"<div><small>{escape(title)}</small><strong>{value}</strong>"
            f"<small>{escape(note)}</small></div>"
            for title, value, note in cards
        )
        + "</div>"
    )


def _advice(report: Report) -> str:
    head = f"<h2>What to do: {escape(report.question)}</h2>"
    doubt = too_few(report.collection.n_items)
    if doubt is not None:
        return f"{head}<p>{escape(doubt)}</p>"
    shown = report.advice.recommendations[:ADVICE_SHOWN]
    return (
        f"{head}<ol>"
        + "".join(f"<li>{_recommendation(one)}</li>" for one in shown)
        + f"</ol><p><small>{escape(report.advice.protocol)}</small></p>"
    )


def _recommendation(one: Recommendation) -> str:
    told = "".join(
        f" {effect.figure} {figure(effect.before.value)} → {figure(effect.after.value)} "
        f"(change {_numbers(effect.change)})."
        for effect in one.effects[:1]
    )
    return (
        f"<strong>{escape(one.title)}</strong>: {escape(one.verdict)}.{escape(told)} "
        f"<small>{escape(' '.join(one.evidence))} Usually said: {escape(one.rule.usual)} "
        f"This data: {escape(one.stance)}. {escape(one.rule.wrong_when)} Stored: "
        f"{escape(one.cost.storage)}.</small>"
    )


def _plots(report: Report) -> str:
    figures = [
        (cones_svg(layout, METHOD_TITLES[layout.method]),
         f"{METHOD_TITLES[layout.method]}, raw. {legend(report.before.pair)}. "
         f"{escape(layout.can_show)} {escape(layout.cannot_show)}")
        for layout in report.layouts
    ]  # fmt: skip
    figures.append((scores_svg(report.before), "Cosines by pair type, raw."))
    figures.append(
        (pareto_svg(report.board), "One dot a strategy, numbered as below; filled: on the front.")
    )
    return (
        '<h2>Plots</h2><div class="plots">'
        + "".join(
            f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"
            for svg, caption in figures
            if svg
        )
        + "</div>"
    )


def _board(report: Report) -> str:
    names = report.collection.modality_names
    several = len(report.board.n_items) > 1
    head = ["", "strategy", *["encoder"] * several, "imbalance@10", "NDCG@10 mixed"]
    head += [f"bias@10, {name} queries" for name in names]
    ways = list(report.board.rows[0].recall) if report.board.rows else []
    head += [f"R@10, {a} → {b}" for a, b in ways] + ["bytes an item", "multiply-adds"]
    body = []
    for number, row in enumerate(report.board.rows, start=1):
        title = escape(row.title) + (" ★" if row.pareto else "")
        title += " <small>(reads all queries first)</small>" if row.transductive else ""
        title += "".join(
            f" <small>(warning {place})</small>"
            for place, warning in enumerate(report.board.own_warnings, start=1)
            if warning in row.own_warnings
        )
        model = [escape(row.model)] * several
        cells = [str(number), title, *model, _numbers(row.imbalance), _numbers(row.mean_ndcg)]
        cells += [_numbers(row.bias[name]) if name in row.bias else "none" for name in names]
        cells += [_numbers(row.recall[way][10]) for way in ways]
        body.append([*cells, f"{row.bytes_per_item:,.0f}", f"{row.query_operations:,}"])
    left = "".join(
        f"<p><small>{escape(one.options.name)}: {escape(one.reason)}</small></p>"
        for one in report.board.left_out
    )
    left += "".join(
        f"<p><small>Warning {place}: {escape(warning)}</small></p>"
        for place, warning in enumerate(report.board.own_warnings, start=1)
    )
    return (
        f"<h2>Scoreboard</h2>{_table([escape(cell) for cell in head], body)}{left}"
        "<p><small>★: no other is both lower in bias and higher in NDCG. Strategies that rank "
        "items are measured under another protocol: any vector of the item counts.</small></p>"
    )


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in body)
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _examples(report: Report) -> str:
    if not report.examples:
        return ""
    return "<h2>Examples</h2>" + "".join(_example(report, one) for one in report.examples)


def _example(report: Report, example: Example) -> str:
    item = report.collection.items[example.item]
    caption = item.captions[-1] if item.captions else item.id
    parts = [f"<h3>{escape(example.modality)} query of “{escape(caption)}”</h3>"]
    lists = [("Raw cosine", example.before)]
    if report.changed:
        lists.append((report.after.strategy.label, example.after))
    for title, found in lists:
        rank = "none" if found.match_rank is None else str(found.match_rank)
        parts.append(
            f"<p><small>{escape(title)}: match at rank {rank}, {found.bias:.0%} of the query's "
            f"modality</small></p>{_hits(report, found, example.item)}"
        )
    return "".join(parts)


def _hits(report: Report, found: ResultList, asked: int) -> str:
    cells = []
    for hit in found.hits:
        item = report.collection.items[hit.item]
        caption = item.captions[0] if item.captions else item.id
        style = style_of(hit.modality, report.collection.modality_names)
        picture = _picture(report, item.image) if hit.modality == "image" else ""
        match = ' class="match"' if hit.item == asked else ""
        cells.append(
            f'<figure{match}>{picture}<figcaption><span style="color:{style.color}">{style.glyph}'
            f"</span> {escape(hit.modality)}: {escape(caption)}</figcaption></figure>"
        )
    return f'<div class="hits">{"".join(cells)}</div>'


def _picture(report: Report, reference: str | None) -> str:
    if reference is None:
        return ""
    try:
        content = thumbnail_png(reference, report.collection.root, THUMB)
    except GapvizError:
        return "<small>(picture not found)</small>"
    return f'<img alt="" src="data:image/png;base64,{b64encode(content).decode()}">'


def _protocol(report: Report) -> str:
    versions = " · ".join(f"{name} {one}" for name, one in report.versions.items())
    lines = "".join(f"<li>{escape(line)}</li>" for line in report.protocol)
    attribution = escape(report.collection.attribution)
    return (
        f"<h2>Protocol</h2><ul>{lines}</ul><p><small>{escape(versions)}</small></p>"
        f"<p><small>{attribution}</small></p>"
    )


def _numbers(estimate: Estimate) -> str:
    return "none" if np.isnan(estimate.value) else str(estimate)
