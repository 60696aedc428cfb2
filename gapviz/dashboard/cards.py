"""Headline cards and tables of figures, each with its interval, direction and formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import streamlit as st

from gapviz.analyses.changes import Change, change_of, gap_change, neutral_share
from gapviz.analyses.measure import ITEM_PROTOCOL, TIES_MARK, marked, ties_of
from gapviz.analyses.one_cloud import OneCloud, cloud_reading, study_cloud
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure, interval
from gapviz.dashboard.caches import cached_within, collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.page_head import protocol_link
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.tables import show_table
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.measures.retrieval.outcomes import DEPTH

HEADLINES = ("gap", "separation", "bias", "ndcg")
"""Figures on cards that are explained."""

ITEM_MARK = " (ranks items)"
ITEM_NOTE = (
    ":material/info: “Ranks items”: another protocol, in which any vector of an item counts. Its "
    "bias and NDCG cannot be held against those of the other rows."
)


RECALL_HELP = (
    "Share of the queries whose match stands in the first 10 of an index of the other modality "
    "alone, 0 to 1; higher is better."
)


@dataclass(frozen=True, slots=True)
class _Card:
    """One figure before and after, as a card shows it."""

    title: str
    direction: str
    """Which way is better, and what chance gives."""
    help: str
    was: float
    now: float | None
    change: Change = "within chance"
    ties: str = ""
    """What equal scores may do to it; empty where they do nothing."""


def gap_cards(before: Measurement, after: Measurement | None) -> None:
    """Gap, separation, and the bias of each query modality, since a mean hides opposite ones; with
    what the strategy makes of them.
    """
    _show_all([*_of_geometry(before, after), *_of_bias(before, after)])


def quality_cards(before: Measurement, after: Measurement | None) -> None:
    """Rank of the match and recall of each query modality, with what the strategy makes of them."""
    _show_all(_of_quality(before, after))


def _show_all(cards: Iterable[_Card]) -> None:
    with st.grid(4, min_column_width=190, gap="small"):
        for card in cards:
            _show(card)


def change_look(change: float, judged: Change) -> dict[str, Any]:
    """How a change looks everywhere: an arrow of its direction, green where it is for the better,
    red where it is for the worse, grey within chance.

    Args:
        change: how far the figure moved, as it is shown.
        judged: what that means.
    """
    color = {"better": "green", "worse": "red", "within chance": "off"}[judged]
    return {
        "delta_color": color if change else "off",
        "delta_arrow": "off" if not change else "up" if change > 0 else "down",
    }


def headline_notes(before: Measurement, after: Measurement | None) -> list[str]:
    """Intervals of the cards, what they were measured on, and by which protocol; Markdown."""
    notes = [f"Gap: {_gap_words('raw', before)}"]
    if after is not None and after.strategy.spec.moves_vectors:
        notes.append(f"; {_gap_words(f'with {after.strategy.spec.title}', after)}")
    notes.append(
        ". Measured on the "
        f"{counted(before.collection.n_items, 'held-out item')} of the evaluate split. Changes of "
        f"bias, NDCG and recall are judged by {VARIED}, those of the gap by intervals in which the "
        "items vary and the fit is held; grey is within chance."
    )
    words = ["".join(notes)]
    if after is not None and after.strategy.spec.ranks_items:
        note = in_markdown(f"{after.strategy.spec.title}: {ITEM_PROTOCOL}")
        words.append(f":material/info: {note}")
    return words


def _gap_words(which: str, measurement: Measurement) -> str:
    gap = measurement.geometry.gap
    none = " (it reaches 0: no gap here)" if gap.none else ""
    return (
        f"{in_markdown(which)} {figure(gap.gap)}, 95 % interval "
        f"{interval(gap.low, gap.high)}{none}, noise floor {figure(gap.noise_floor)}"
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
    show_table(replace(table, note=""))
    if ranked:
        st.caption(ITEM_NOTE)


def strategy_table(measurements: Mapping[str, Measurement]) -> None:
    """Bias beside quality over the whole evaluate split, for measurements of the same modalities.

    Their titles stand in the rows.
    """
    one = next(iter(measurements.values()))
    modalities = one.collection.modality_names
    columns = [Column("strategy", "strategy", text=True)]
    for name in modalities:
        neutral = f"nearer {figure(neutral_share(one, name), 2)}"
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
            row += [measurement.bias[name], marked(measurement, "ndcg", name)]
        rows.append([*row, *(marked(measurement, f"recall@{DEPTH}", *one) for one in directions)])
    show_measured(Table("", columns, rows), measurements)


def _help(name: str) -> str:
    term = DIAGNOSTICS[name]
    return f"{term.reading}\n\n$${term.formula}$$"


def _of_geometry(before: Measurement, after: Measurement | None) -> Iterator[_Card]:
    # Separation is the gap over a spread, and has no interval of its own.
    change = "within chance" if after is None else gap_change(before, after)
    for name in ("gap", "separation"):
        term = DIAGNOSTICS[name]
        title = term.title.replace(" (variant A)", "")
        now = None if after is None else term.value(after)
        yield _Card(title, "lower is better", _help(name), term.value(before), now, change)


def _of_bias(before: Measurement, after: Measurement | None) -> Iterator[_Card]:
    for name in before.mixed:
        way = f"nearer {figure(neutral_share(before, name), 2)} is better"
        yield _retrieved(before, after, ("bias", name), f"Bias@10, {name} queries", way)


def _of_quality(before: Measurement, after: Measurement | None) -> Iterator[_Card]:
    for name in before.mixed:
        way = f"higher is better, chance {figure(before.chance['ndcg', name])}"
        yield _retrieved(before, after, ("ndcg", name), f"NDCG@10, {name} queries", way)
    for a, b in (before.pair, before.pair[::-1]):
        key = (f"recall@{DEPTH}", a, b)
        way = f"higher is better, chance {figure(before.chance[key])}"
        yield _retrieved(before, after, key, f"R@10, {a} → {b}", way)


def _retrieved(
    before: Measurement, after: Measurement | None, key: tuple[str, ...], title: str, way: str
) -> _Card:
    last = after or before
    return _Card(
        title,
        way,
        _help(key[0]) if key[0] in DIAGNOSTICS else RECALL_HELP,
        before.estimate(*key).value,
        None if after is None else after.estimate(*key).value,
        "within chance" if after is None else change_of(before, after, *key),
        ties_of(last, *key),
    )


def _show(card: _Card) -> None:
    value, delta, change = figure(card.was), None, 0.0
    if card.now is not None and not isnan(card.was - card.now):
        change = round(card.now - card.was, 3)
        delta = figure(change, signed=True) if change else "unchanged"
        value = f"{figure(card.was)} → {figure(card.now)}" if change else value
    st.metric(
        in_markdown(f"{card.title} · {TIES_MARK}" if card.ties else card.title),
        value,
        delta=delta or card.direction,
        delta_description=None if delta is None else card.direction,
        help="\n\n".join(filter(None, [card.ties, card.help])),
        border=True,
        height="stretch",
        **change_look(change, card.change),
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
            st.metric(in_markdown(title), value, help=help_text, border=True, height="stretch")


def say_of_cloud(chosen: Settings) -> None:
    """The reading of those figures, and what they were measured on."""
    one = _cloud(chosen.view, chosen.modalities[0])
    held_out = counted(one.n_items, "held-out item")
    read = in_markdown(cloud_reading(one))
    st.markdown(f"{read} Measured on the {held_out} of the evaluate split.")


@cached_within(64)
def _cloud(view: View, modality: str) -> OneCloud:
    return study_cloud(collection_of(view), modality)
