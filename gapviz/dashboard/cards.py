"""Headline cards and tables of figures, each with its interval, direction and formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan
from typing import Literal

import streamlit as st

from gapviz.analyses.glossary import TERMS
from gapviz.analyses.measure import ITEM_PROTOCOL
from gapviz.core.estimate import Estimate
from gapviz.core.wording import counted, figure, interval, too_few
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval import mean_of_known

HEADLINES = ("gap", "separation", "bias", "ndcg")
"""Figures on cards."""

GEOMETRY = ("gap", "separation")
"""Of them, those that no protocol of a search has a part in."""

ITEM_MARK = " <small>ranks items</small>"
ITEM_NOTE = (
    ":material/info: “Ranks items”: another protocol, in which any vector of an item counts. Its "
    "bias and NDCG cannot be held against those of the other rows."
)

TABLE_STYLE = """
<style>
.gv-table { width: 100%; border-collapse: collapse; font-size: 0.85rem; }
.gv-table th, .gv-table td { padding: 5px 10px; text-align: right; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.gv-table th:first-child, .gv-table td:first-child { text-align: left; }
.gv-table .gv-name { min-width: 7.5rem; }
.gv-table th { font-weight: 600; white-space: nowrap; }
.gv-table small { opacity: 0.75; white-space: nowrap; }
.gv-table td strong { font-variant-numeric: tabular-nums; }
.gv-scroll { overflow-x: auto; --gv-ground: light-dark(#FFFFFF, #12161D);
  --gv-shade: light-dark(rgb(28 35 48 / 22%), rgb(230 234 240 / 30%));
  background:
    linear-gradient(to right, var(--gv-ground) 40%, transparent) left / 40px 100% local,
    linear-gradient(to left, var(--gv-ground) 40%, transparent) right / 40px 100% local,
    linear-gradient(to right, var(--gv-shade), transparent) left / 14px 100% scroll,
    linear-gradient(to left, var(--gv-shade), transparent) right / 14px 100% scroll;
  background-repeat: no-repeat; }
</style>
"""


def headline_cards(before: Measurement, after: Measurement | None) -> None:
    """Gap, separation, bias and match rank; with what the strategy makes of them."""
    with st.grid(4, min_column_width=215, gap="small"):
        for name in HEADLINES:
            _card(name, before, after)


def headline_notes(before: Measurement, after: Measurement | None) -> list[str]:
    """Intervals of the cards, what they were measured on, and by which protocol; Markdown."""
    notes = [f"Gap: {_gap_words('raw', before)}"]
    if after is not None and after.strategy.spec.acts_on == "vectors":
        notes.append(f"; {_gap_words(f'with {after.strategy.spec.title}', after)}")
    notes.append(
        ". Bias and NDCG are means over all query modalities. Measured on the "
        f"{counted(before.collection.n_items, 'held-out item')} of the evaluate split."
    )
    told = ["".join(notes)]
    if after is not None and after.strategy.spec.acts_on == "items":
        told.append(f":material/info: {after.strategy.spec.title}: {ITEM_PROTOCOL}")
    return told


def _gap_words(which: str, measurement: Measurement) -> str:
    gap = measurement.geometry.gap
    under = ", under it" if gap.gap <= gap.noise_floor else ""
    return (
        f"{which} {figure(gap.gap)}, 95 % interval {interval(gap.low, gap.high)}, noise floor "
        f"{figure(gap.noise_floor)}{under}"
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
    head = ["figure", *map(escape, columns), "better is", "how to read it"]
    rows = []
    for term in TERMS.values():
        title = term.title.replace("the first modality", first).replace(
            "the second modality", second
        )
        cells = [escape(title), *(_number(term.value(one)) for one in columns.values())]
        reading = f"<small style='white-space:normal'>{escape(term.reading)}</small>"
        rows.append([*cells, f"<small>{term.better or 'neither'}</small>", reading])
    left = (len(head) - 2, len(head) - 1)
    st.html(html_table(head, rows, left_columns=left))
    if any(one.strategy.spec.acts_on == "items" for one in columns.values()):
        st.caption(ITEM_NOTE)


def strategy_table(measurements: Mapping[str, Measurement]) -> None:
    """Bias beside quality for several strategies, over the whole evaluate split.

    Args:
        measurements: by the title of their row; all of the same modalities.
    """
    one = next(iter(measurements.values()))
    modalities = one.collection.modality_names
    head = ["strategy"]
    for modality in modalities:
        neutral = mean_of_known(one.mixed[modality].expected_share)
        head += [
            f"bias@10<br><small>{escape(modality)} queries · near {figure(neutral, 2)}</small>",
            f"NDCG@10<br><small>{escape(modality)} queries · higher</small>",
        ]
    directions = [one.pair, (one.pair[1], one.pair[0])]
    head += [f"R@10<br><small>{escape(a)} → {escape(b)} · higher</small>" for a, b in directions]
    rows = []
    for title, measurement in measurements.items():
        ranks_items = measurement.strategy.spec.acts_on == "items"
        cells = [f'<div class="gv-name">{escape(title)}{ITEM_MARK * ranks_items}</div>']
        for modality in modalities:
            cells += [
                estimate_cell(measurement.bias[modality]),
                estimate_cell(measurement.ndcg[modality]),
            ]
        cells += [estimate_cell(measurement.recall[direction][10]) for direction in directions]
        rows.append(cells)
    st.html(html_table(head, rows))
    if any(one.strategy.spec.acts_on == "items" for one in measurements.values()):
        st.caption(ITEM_NOTE)


def _card(name: str, before: Measurement, after: Measurement | None) -> None:
    term = TERMS[name]
    was = term.value(before)
    now = None if after is None else term.value(after)
    value, delta, direction = figure(was), None, term.direction(before)
    color: Literal["off", "green", "red"] = "off"
    arrow: Literal["off", "up", "down"] = "off"
    if after is not None and now is not None and not isnan(was - now):
        change = round(now - was, 3)
        delta = "unchanged"
        if change:
            delta = figure(change, signed=True)
            value = f"{figure(was)} → {figure(now)}"
            arrow = "up" if change > 0 else "down"
        # Neither no change, nor one that too few items show, nor one between two protocols, is
        # good or bad.
        told = term.name in GEOMETRY or after.strategy.spec.acts_on != "items"
        improved = term.improved(before, after)
        if change and told and improved is not None and too_few(before.collection.n_items) is None:
            color = "green" if improved else "red"
    st.metric(
        term.title.replace(" (variant A)", ""),
        value,
        delta=delta or direction,
        delta_description=None if delta is None else direction,
        delta_color=color,
        delta_arrow=arrow,
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
        return "<small>unknown</small>"
    value = f"<strong>{figure(estimate.value, signed=signed)}</strong>"
    if isnan(estimate.low):
        return value
    low, high = (figure(end, signed=signed) for end in (estimate.low, estimate.high))
    return f"{value}<br><small>{low} to {high}</small>"


def _number(value: float) -> str:
    return "<small>unknown</small>" if isnan(value) else f"<strong>{figure(value)}</strong>"
