"""The cones as one HTML file that needs no network: Plotly's script is in it."""

from __future__ import annotations

import numpy as np

from gapviz.analyses.cones import Cones, DrawnClouds
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_figure, in_html
from gapviz.core.wording import figure, interval
from gapviz.figures.cones import POINTS, alt_text, cones_figure, shared_ranges
from gapviz.figures.plotly_objects import go

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2330; background: #fff;
  max-width: 1400px; margin: 1.5rem auto; padding: 0 1rem; }
.cones { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.cones figure { margin: 0; }
/* Not by what fits: the first chart is drawn before the second is there. */
@media (min-width: 1000px) { .two { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
"""
# Plotly compiles its WebGL commands when they are first drawn.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
_CONFIG = {"displaylogo": False, "responsive": True, "showSendToCloud": False}


def cones_page(drawn: Cones) -> str:
    """The whole file, some 5 MB; the same cones give the same text.

    Each point tells its item and the first caption under the pointer.
    """
    name = in_html(drawn.collection.name)
    sample = in_html(drawn.raw.request.sample.sentence.capitalize())
    last = drawn.clouds[-1].layout
    notes = [*dict.fromkeys(cloud.layout.can_show for cloud in drawn.clouds), last.cannot_show]
    notes += filter(None, [last.note])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Cones: {name}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>Two clouds, one gap: {name}</h1>\n"
        f'<div class="cones{" two" * (drawn.moved is not None)}">{"".join(_charts(drawn))}</div>\n'
        + "".join(f"<p>{in_html(note)}</p>" for note in notes)
        + f"<p>{sample}, of every split; the gap is that of "
        f"{drawn.raw.measured.collection.n_items:,} measured items.</p>\n</body></html>\n"
    )


def _charts(drawn: Cones) -> list[str]:
    ranges = shared_ranges(*(cloud.layout for cloud in drawn.clouds))
    # Under the pointer Plotly reads a little HTML.
    words = item_words(drawn.collection)
    charts = []
    for number, cloud in enumerate(drawn.clouds):
        chart = cones_figure(cloud.layout, cloud.request.item_index, ranges=ranges)
        tell_items(chart, cloud, words)
        script = chart.to_html(
            full_html=False,
            # Once, with the first.
            include_plotlyjs=not number,
            div_id=f"cones{number}",
            config=_CONFIG,
        )
        label = cloud.request.strategy.label
        charts.append(
            f'<figure aria-label="{in_html(alt_text(cloud.layout, title=label))}">'
            f"<h2>{in_html(label)}</h2><p>{_gap(drawn, cloud)}</p>{script}</figure>"
        )
    return charts


def _gap(drawn: Cones, cloud: DrawnClouds) -> str:
    gap = cloud.measured.geometry.gap
    first, second = (in_html(name) for name in drawn.pair)
    return (
        f"Gap {first}–{second}: <strong>{figure(gap.gap)}</strong> (95 %: "
        f"{interval(gap.low, gap.high)}; 0 to 2, lower is closer; noise floor "
        f"{figure(gap.noise_floor)})"
    )


def item_words(collection: Collection) -> list[str]:
    """Of each item its id and first caption, as a figure shows them."""
    return [
        in_figure(f"{item.id}: {item.captions[0]}" if item.captions else item.id)
        for item in collection.items
    ]


def tell_items(chart: go.Figure, cloud: DrawnClouds, words: list[str]) -> None:
    """Have each point of a chart tell its item under the pointer; `words` as of `item_words`."""
    owners = cloud.request.item_index
    for trace in chart.data:
        if trace.meta and trace.meta["role"] == POINTS:
            modality = trace.meta["modality"]
            items = np.asarray(owners[modality])[cloud.layout.rows_of(modality)]
            trace.text = [words[item] for item in items]
            trace.hovertemplate = f"%{{text}}<extra>{in_figure(modality)}</extra>"
