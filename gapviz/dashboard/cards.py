"""Headline cards and tables of figures, each with its interval, direction and formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan

import streamlit as st

from gapviz.evaluation import Estimate
from gapviz.measure import Measurement
from gapviz.sentences.glossary import TERMS

TABLE_STYLE = """
<style>
.gv-table { width: 100%; border-collapse: collapse; font-size: 0.85rem; }
.gv-table th, .gv-table td { padding: 5px 10px; text-align: right; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.gv-table th:first-child, .gv-table td:first-child { text-align: left; }
.gv-table th { font-weight: 600; white-space: nowrap; }
.gv-table small { opacity: 0.75; white-space: nowrap; }
.gv-table td strong { font-variant-numeric: tabular-nums; }
.gv-scroll { overflow-x: auto; }
</style>
"""


def headline_cards(before: Measurement, after: Measurement | None) -> None:
    """Gap, separation, bias and match rank; with what the strategy makes of them."""
    with st.grid(4, min_column_width=190, gap="small"):
        gap = before.geometry.gap
        _card("gap", f"{gap.gap:.3f}", before, after, lower_is_better=True)
        _card("separation", f"{gap.separation:.2f} ×", before, after, lower_is_better=True)
        _card("bias", f"{TERMS['bias'].value(before):.3f}", before, after, lower_is_better=True)
        _card("ndcg", f"{TERMS['ndcg'].value(before):.3f}", before, after, lower_is_better=False)
    st.caption(
        f"Gap: 95 % interval {gap.low:.3f} to {gap.high:.3f}, noise floor "
        f"{gap.noise_floor:.3f}. Bias and NDCG are means over all query modalities. Measured on "
        f"the {before.collection.n_items:,} held-out items of the evaluate split."
    )


def how_it_is_computed(names: Sequence[str]) -> None:
    """Formula, reading and source of the named figures."""
    for name in names:
        term = TERMS[name]
        st.markdown(f"**{term.title}** — {term.reading}")
        st.latex(term.formula)
        if term.source:
            st.caption(f"Source: {term.source}")


def diagnostics_table(columns: Mapping[str, Measurement]) -> None:
    """Every figure of some measurements side by side, with its reading.

    Args:
        columns: by the title of their column; all of the same pair of modalities.
    """
    first, second = next(iter(columns.values())).pair
    head = ["figure", *map(escape, columns), "how to read it"]
    rows = []
    for term in TERMS.values():
        title = term.title.replace("the first modality", first).replace(
            "the second modality", second
        )
        cells = [escape(title), *(_number(term.value(one)) for one in columns.values())]
        rows.append([*cells, f"<small style='white-space:normal'>{escape(term.reading)}</small>"])
    st.html(html_table(head, rows, left_columns=(len(head) - 1,)))


def strategy_table(measurements: Mapping[str, Measurement]) -> None:
    """Bias beside quality for several strategies, over the whole evaluate split.

    Args:
        measurements: by the title of their row; all of the same modalities.
    """
    one = next(iter(measurements.values()))
    modalities = one.collection.modality_names
    head = ["strategy"]
    for modality in modalities:
        head += [
            f"bias@10<br><small>{escape(modality)} queries · lower</small>",
            f"NDCG@10<br><small>{escape(modality)} queries · higher</small>",
        ]
    directions = [one.pair, (one.pair[1], one.pair[0])]
    head += [f"R@10<br><small>{escape(a)} → {escape(b)} · higher</small>" for a, b in directions]
    rows = []
    for title, measurement in measurements.items():
        cells = [escape(title)]
        for modality in modalities:
            cells += [
                estimate_cell(measurement.bias[modality]),
                estimate_cell(measurement.ndcg[modality]),
            ]
        cells += [estimate_cell(measurement.recall[direction][10]) for direction in directions]
        rows.append(cells)
    st.html(html_table(head, rows))


def _card(
    name: str,
    value: str,
    before: Measurement,
    after: Measurement | None,
    *,
    lower_is_better: bool,
) -> None:
    term = TERMS[name]
    change = None if after is None else round(term.value(after) - term.value(before), 3)
    words = "unchanged" if change == 0 else f"{change:+.3f}" if change is not None else ""
    st.metric(
        term.title.replace(" (variant A)", ""),
        value,
        delta=f"{words} with the strategy" if words else None,
        # No change is neither good nor bad, and goes neither up nor down.
        delta_color="off" if change == 0 else "inverse" if lower_is_better else "normal",
        delta_arrow="off" if change == 0 else "auto",
        help=f"{term.reading}\n\n$${term.formula}$$",
        border=True,
        height="stretch",
    )


def html_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], left_columns: Sequence[int] = ()
) -> str:
    """A table of cells that are HTML already; the first column and those named stand left."""

    def style(column: int) -> str:
        return ' style="text-align:left"' if column in left_columns else ""

    top = "".join(f'<th scope="col"{style(i)}>{cell}</th>' for i, cell in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f"<td{style(i)}>{cell}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'{TABLE_STYLE}<div class="gv-scroll"><table class="gv-table"><thead><tr>{top}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def estimate_cell(estimate: Estimate, *, signed: bool = False) -> str:
    """A figure above its interval, as a cell of `html_table`; a difference shows its sign."""
    if isnan(estimate.value):
        return "<small>none</small>"
    form, to = ("+.3f", "to") if signed else (".3f", "–")
    return (
        f"<strong>{estimate.value:{form}}</strong><br>"
        f"<small>{estimate.low:{form}} {to} {estimate.high:{form}}</small>"
    )


def _number(value: float) -> str:
    return "<small>none</small>" if isnan(value) else f"<strong>{value:.4g}</strong>"
