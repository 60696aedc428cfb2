"""A report as one HTML file: no script, and nothing is fetched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gapviz.analyses.analysis import Finding
from gapviz.analyses.changes import neutral_share
from gapviz.analyses.measure import ties_of
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.foreign import in_html
from gapviz.core.table_html import table_html
from gapviz.core.wording import counted, figure, interval
from gapviz.export.report.contents import DEEPEST, Example, Report
from gapviz.export.report.plots import cones_svg, legend, pareto_svg, scores_svg
from gapviz.figures.modality_style import style_of
from gapviz.measures.projection.layout import METHOD_TITLES
from gapviz.retrieval.index import ResultList
from gapviz.sources.images.references import thumbnail_png

THUMB = 72
"""Pixels."""
MOST_UPRIGHT = 8
"""Columns of a table that a sheet of paper holds upright; of more it is turned."""

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
.gv-green { color: light-dark(#00694c, #3fd1a5); } .gv-red { color: light-dark(#a3260f, #ff9a85); }
.plots figure { flex: 1 1 420px; margin: 0; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: currentColor; }
.axis { fill: none; stroke: var(--quiet); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
.hits figure { margin: 0; width: 84px; font-size: .72rem; line-height: 1.2;
  overflow-wrap: anywhere; } .hits img { width: 72px; height: 72px; object-fit: contain;
  background: #fff; border-radius: 4px; }
.match { outline: 2px solid var(--matched); outline-offset: 2px; border-radius: 4px; }
h1, h2, h3, p, li, td, th { overflow-wrap: break-word; }
@page { size: A4; margin: 14mm 12mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 9pt system-ui; } }
@media print {
  :root { color-scheme: light; --ground: #fff; --ink: #1c2330; --line: #b9bfc9; }
  html { font-size: 10.5pt; }
  body { font-size: 1rem; line-height: 1.4; max-width: none; margin: 0; padding: 0;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h1, h2, h3, h4, caption { break-after: avoid; } h2 { margin-top: 1.2rem; }
  p, li { orphans: 3; widows: 3; }
  .scroll { overflow: visible; } thead { display: table-header-group; }
  tr, figure, .cards > div, .hits { break-inside: avoid; }
  table { width: 100%; font-size: 8.5pt; } th, td { padding: .15rem .3rem; }
  .wide { page: wide; } .wide table { font-size: 7pt; }
  .wide th, .wide td { padding: .1rem .15rem; }
  th small, td small { font-size: inherit; }
  .plots figure { flex-basis: 45%; } .cards > div { flex-basis: 22%; }
}
@page wide { size: A4 landscape; margin: 12mm 10mm 14mm; }
"""


def report_html(report: Report) -> str:
    """The whole file; the same report gives the same text."""
    decide, *further = report.sections.values()
    sections = [
        _head(report),
        _cards(report),
        "" if report.views is None else finding_html(report.views),
        finding_html(decide),
        _plots(report),
        *map(finding_html, further),
        "<h2>Examples</h2>" * bool(report.examples)
        + "".join(_example(report, one) for one in report.examples),
        _protocol(report),
    ]
    return _page(f"Modality gap: {report.collection.name}", sections)


def finding_page(finding: Finding) -> str:
    """A finding as a whole file, in the look of a report."""
    title = f"<h1>{in_html(finding.title)}</h1>"
    return _page(finding.title, [title, finding_html(replace(finding, title=""), 1)])


def _page(title: str, sections: Sequence[str]) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{in_html(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(sections)
        + "\n</body></html>\n"
    )


def finding_html(finding: Finding, level: int = 2) -> str:
    """A finding as a section of HTML, its parts under headings one level below."""
    parts = [f"<h{level}>{in_html(finding.title)}</h{level}>" if finding.title else ""]
    parts += [f"<p><strong>Warning.</strong> {in_html(one)}</p>" for one in finding.warnings]
    parts += [f"<p>{in_html(one)}</p>" for one in finding.readings]
    for table in finding.tables:
        parts.append(f'<div class="scroll">{table_html(table, caption=bool(table.title))}</div>')
    if finding.legend:
        parts.append(f"<p><small>{in_html(finding.legend)}</small></p>")
    below = min(level + 1, DEEPEST)
    parts += [finding_html(part, below) for part in finding.parts.values()]
    if finding.protocol:
        parts.append(f"<p><small>{in_html(finding.protocol)}</small></p>")
    # A sheet is turned with all that belongs to the table.
    wide = any(len(table.columns) > MOST_UPRIGHT for table in finding.tables)
    return f'<section class="wide">{"".join(parts)}</section>' if wide else "".join(parts)


def _head(report: Report) -> str:
    collection = report.collection
    told = "".join(
        f"<p>{f'<strong>{in_html(start)}</strong> ' * bool(start)}{in_html(words)}</p>"
        for start, words in report.paragraphs
    )
    return (
        f"<h1>The modality gap of {in_html(collection.name)}</h1>"
        f"<p><small>{report.date.isoformat()} · encoder {in_html(collection.encoder)} · "
        f"{counted(collection.n_items, 'held-out item')} · {collection.dim} dimensions · "
        f"{in_html('–'.join(report.before.pair))} gap</small></p>{told}"
    )


def _cards(report: Report) -> str:
    gap = report.before.geometry.gap
    cards = [
        (
            "gap ‖Δ‖, 0 to 2",
            figure(gap.gap),
            f"95 % interval {interval(gap.low, gap.high)}, lower is closer",
        ),
        ("noise floor of the gap", figure(gap.noise_floor), "shown where there is no gap"),
        ("cloud separation, variant A", figure(gap.separation, 2), "above 1: gap-dominated"),
    ]
    of_pairs = "By pairs" * bool(report.judged)
    shown = [(report.before, "raw")]
    if report.changed:
        shown.append((report.after, report.after.strategy.spec.title))
    for one, word in shown:
        for name, bias in one.bias.items():
            way = f"nearer {figure(neutral_share(one, name), 2)} is better"
            cards.append((f"bias rate of {name} queries, {word}", *_noted(bias, way, of_pairs)))
        for name, ndcg in one.ndcg.items():
            way = f"higher is better, chance {figure(one.chance['ndcg', name])}"
            ties = ties_of(one, "ndcg", name)
            cards.append((f"NDCG@10 of {name} queries, {word}", *_noted(ndcg, way, ties, of_pairs)))
    return (
        '<div class="cards">'
        + "".join(
            f"<div><small>{in_html(title)}</small><strong>{value}</strong>"
            f"<small>{in_html(note)}</small></div>"
            for title, value, note in cards
        )
        + "</div>"
    )


def _noted(found: Estimate, *words: str) -> tuple[str, str]:
    """A figure, and its interval with what else is said of it."""
    if np.isnan(found.value):
        return "none", ""
    ends = interval(found.low, found.high)
    return figure(found.value), ". ".join([f"95 % interval {ends}", *filter(None, words)])


def _plots(report: Report) -> str:
    figures = [
        (cones_svg(layout, METHOD_TITLES[layout.method]),
         f"{METHOD_TITLES[layout.method]}, raw. {legend(report.before.pair)}. "
         f"{in_html(layout.can_show)} {in_html(layout.cannot_show)}")
        for layout in report.layouts
    ]  # fmt: skip
    figures += [
        (scores_svg(report.before), "Cosines by pair type, raw."),
        (pareto_svg(report.board), "One dot a strategy, numbered as below; filled: on the front."),
    ]
    return (
        '<h2>Plots</h2><div class="plots">'
        + "".join(
            f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"
            for svg, caption in figures
            if svg
        )
        + "</div>"
    )


def _example(report: Report, example: Example) -> str:
    item = report.collection.items[example.item]
    caption = item.captions[-1] if item.captions else item.id
    parts = [f"<h3>{in_html(example.modality)} query of “{in_html(caption)}”</h3>"]
    lists = [("Raw cosine", example.before)]
    if report.changed:
        lists.append((report.after.strategy.label, example.after))
    for title, found in lists:
        rank = "none" if found.match_rank is None else str(found.match_rank)
        parts.append(
            f"<p><small>{in_html(title)}: match at rank {rank}, {found.bias:.0%} of the query's "
            f"modality</small></p>{_hits(report, found, example.item)}"
        )
    return "".join(parts)


def _hits(report: Report, found: ResultList, asked: int) -> str:
    cells = []
    for hit in found.hits:
        item = report.collection.items[hit.item]
        caption = item.captions[0] if item.captions else item.id
        style = style_of(hit.modality, report.collection.modality_names)
        picture = "" if hit.modality == "text" else _picture(report, item.picture(hit.modality))
        match = ' class="match"' if hit.item == asked else ""
        cells.append(
            f'<figure{match}>{picture}<figcaption><span style="color:{style.color}">{style.glyph}'
            f"</span> {in_html(hit.modality)}: {in_html(caption)}</figcaption></figure>"
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
    lines = "".join(f"<li>{in_html(line)}</li>" for line in report.protocol)
    attribution = in_html(report.collection.attribution)
    return (
        f"<h2>Protocol</h2><ul>{lines}</ul><p><small>{in_html(versions)}</small></p>"
        f"<p><small>{attribution}</small></p>"
    )
