"""Headline cards and tables of figures, each with its interval, direction and formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any, Literal

import streamlit as st

from gapviz.analyses.measure import ITEM_PROTOCOL
from gapviz.analyses.one_cloud import OneCloud, cloud_reading, study_cloud
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure, interval, too_few
from gapviz.dashboard.caches import cached_within, collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.page_head import protocol_link
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcome import mean_of_known

HEADLINES = ("gap", "separation", "bias", "ndcg")
"""Figures on cards."""

GEOMETRY = ("gap", "separation")
"""Those of them that do not depend on the protocol of a search."""

ITEM_MARK = " (ranks items)"
ITEM_NOTE = (
    ":material/info: “Ranks items”: another protocol, in which any vector of an item counts. Its "
    "bias and NDCG cannot be held against those of the other rows."
)


def headline_cards(before: Measurement, after: Measurement | None) -> None:
    """Gap, separation, bias and match rank; with what the strategy makes of them."""
    with st.grid(4, min_column_width=190, gap="small"):
        for name in HEADLINES:
            _card(name, before, after)


def headline_notes(before: Measurement, after: Measurement | None) -> list[str]:
    """Intervals of the cards, what they were measured on, and by which protocol; Markdown."""
    notes = [f"Gap: {_gap_words('raw', before)}"]
    if after is not None and after.strategy.spec.moves_vectors:
        notes.append(f"; {_gap_words(f'with {after.strategy.spec.title}', after)}")
    notes.append(
        ". Bias and NDCG are means over all query modalities. Measured on the "
        f"{counted(before.collection.n_items, 'held-out item')} of the evaluate split."
    )
    words = ["".join(notes)]
    if after is not None and after.strategy.spec.ranks_items:
        words.append(f":material/info: {after.strategy.spec.title}: {ITEM_PROTOCOL}")
    return words


def _gap_words(which: str, measurement: Measurement) -> str:
    gap = measurement.geometry.gap
    none = " (it reaches 0: no gap here)" if gap.none else ""
    return (
        f"{which} {figure(gap.gap)}, 95 % interval {interval(gap.low, gap.high)}{none}, noise "
        f"floor {figure(gap.noise_floor)}"
    )


def how_it_is_computed(names: Sequence[str]) -> None:
    """Formula, reading and source of the named figures."""
    for name in names:
        term = DIAGNOSTICS[name]
        st.markdown(f"**{term.title}** — {term.reading}")
        st.latex(term.formula)
        if term.source:
            st.caption(f"Source: {term.source}")
    protocol_link()


def show_measured(table: Table, measurements: Mapping[str, Measurement]) -> None:
    """A table of some measurements, with a note where one of them is of another protocol."""
    ranked = any(one.strategy.spec.ranks_items for one in measurements.values())
    show_table(replace(table, note=ITEM_NOTE if ranked else ""))


def strategy_table(measurements: Mapping[str, Measurement]) -> None:
    """Bias beside quality over the whole evaluate split, for measurements of the same modalities.

    Their titles stand in the rows.
    """
    one = next(iter(measurements.values()))
    modalities = one.collection.modality_names
    columns = [Column("strategy", "strategy", text=True)]
    for name in modalities:
        neutral = f"nearer {figure(mean_of_known(one.mixed[name].expected_share), 2)}"
        columns += [
            Column(f"bias-{name}", "bias@10", f"{name} queries", better=neutral),
            Column(f"ndcg-{name}", "NDCG@10", f"{name} queries", better="higher"),
        ]
    directions = [one.pair, (one.pair[1], one.pair[0])]
    columns += [
        Column(f"recall-{a}-{b}", "R@10", f"{a} → {b}", better="higher") for a, b in directions
    ]
    rows: list[list[Any]] = []
    for title, measurement in measurements.items():
        row: list[Any] = [f"{title}{ITEM_MARK * measurement.strategy.spec.ranks_items}"]
        for name in modalities:
            row += [measurement.bias[name], measurement.ndcg[name]]
        rows.append([*row, *(measurement.recall[direction][10] for direction in directions)])
    show_measured(Table("", columns, rows), measurements)


def _help(name: str) -> str:
    term = DIAGNOSTICS[name]
    return f"{term.reading}\n\n$${term.formula}$$"


def _card(name: str, before: Measurement, after: Measurement | None) -> None:
    term = DIAGNOSTICS[name]
    was = term.value(before)
    now = None if after is None else term.value(after)
    value, delta, direction = figure(was), None, term.direction(before)
    change = 0.0
    if now is not None and not isnan(was - now):
        change = round(now - was, 3)
        delta = figure(change, signed=True) if change else "unchanged"
        value = f"{figure(was)} → {figure(now)}" if change else value
    color: Literal["off", "green", "red"] = "off"
    if change and after is not None and too_few(before.collection.n_items) is None:
        # A change is neither good nor bad where too few items show it, or the protocols differ.
        comparable = name in GEOMETRY or not after.strategy.spec.ranks_items
        improved = term.improved(before, after) if comparable else None
        if improved is not None:
            color = "green" if improved else "red"
    st.metric(
        term.title.replace(" (variant A)", ""),
        value,
        delta=delta or direction,
        delta_description=None if delta is None else direction,
        delta_color=color,
        delta_arrow="off" if not change else "up" if change > 0 else "down",
        help=_help(name),
        border=True,
        height="stretch",
    )


def cloud_cards(chosen: Settings) -> None:
    """The figures of one cloud: its cone, its centre, its spread."""
    one = _cloud(chosen.view, chosen.modalities[0])
    cards = [
        (f"Mean cosine of two {one.modality}s", figure(one.cloud.cone), _help("cone_x")),
        (
            "Length of the centroid ‖μ‖",
            figure(one.cloud.mean_norm),
            "0: the vectors point every way; 1: all point the same way.\n\n"
            r"$$\lVert\tfrac1n\textstyle\sum x_i\rVert$$",
        ),
        (
            "Mean distance to it",
            figure(one.cloud.mean_distance),
            "The spread of the cloud, 0 to 1 and a little over: 0 is one point.\n\n"
            r"$$\overline{\lVert x-\mu\rVert}$$",
        ),
        (
            f"Effective rank, of {one.dim}",
            figure(one.spectrum.effective_rank, 1),
            "How many directions the cloud really uses; higher is wider. Exp of the entropy of "
            "its covariance's eigenvalues, as shares (Roy & Vetterli 2007).",
        ),
    ]
    with st.grid(4, min_column_width=190, gap="small"):
        for title, value, help_text in cards:
            st.metric(title, value, help=help_text, border=True, height="stretch")


def cloud_words(chosen: Settings) -> str:
    """The reading of those figures, and what they were measured on; Markdown."""
    one = _cloud(chosen.view, chosen.modalities[0])
    held_out = counted(one.n_items, "held-out item")
    return f"{cloud_reading(one)} Measured on the {held_out} of the evaluate split."


@cached_within(64)
def _cloud(view: View, modality: str) -> OneCloud:
    return study_cloud(collection_of(view), modality)
