"""Headline cards and tables of figures, each with its interval, direction and formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import streamlit as st

from gapviz.analyses.changes import Change, change_of, gap_change, neutral_share
from gapviz.analyses.figure_words import kind_of, of_hundred
from gapviz.analyses.measure import ITEM_PROTOCOL, TIES_MARK, marked, ties_of
from gapviz.analyses.one_cloud import OneCloud, cloud_reading, study_cloud
from gapviz.core.change import change_look
from gapviz.core.foreign import in_markdown
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted, figure, interval, tenths
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
MIXED_RECALL_HELP = (
    "Share of the queries whose match stands in the first 10 of the mixed index, 0 to 1; higher is "
    "better."
)


@dataclass(frozen=True, slots=True)
class _Unit:
    """How a figure is counted where it is said first."""

    after: str
    """Behind the number: `of 10`."""
    scale: float = 1
    decimals: int = 3

    def words(self, value: float) -> str:
        """The number: `5.3`, `10`."""
        if self.scale == 100:
            return of_hundred(value)
        return _short(figure(self.scale * value, self.decimals), self.decimals)

    def change(self, was: float, now: float) -> float:
        """What is added, as far as it is written; 0 where nothing is."""
        # Of queries a part of one of 100 is told too, where it is all.
        most = 1 if self.scale == 100 else self.decimals
        added = self.scale * (now - was)
        return round(added, self.decimals if abs(added) >= 1 else most)

    def signed(self, change: float) -> str:
        """A change with its sign."""
        decimals = self.decimals if abs(change) >= 1 or self.scale != 100 else 1
        return _short(figure(change, decimals, signed=True), decimals)


def _short(number: str, decimals: int) -> str:
    """Without a digit that says nothing: `10`, not `10.0`; three decimals stay."""
    return number.removesuffix(".0") if decimals == 1 else number


_AS_IT_IS = _Unit("")
_TIMES = _Unit("×", decimals=1)
_OF_TEN = _Unit("of 10", 10, 1)
_OF_HUNDRED = _Unit("of 100", 100, 0)

FIGURE_NAMES = {
    "gap": "Gap ‖Δ‖",
    "separation": "Cloud separation",
    "bias": "Bias rate (bias@10)",
    "recall": "R@10 in the mixed index",
    "ndcg": "NDCG@10",
    f"recall@{DEPTH}": "R@10",
}
"""Of the cards, as they stand in tables."""


@dataclass(frozen=True, slots=True)
class _Card:
    """One figure before and after, as a card shows it."""

    title: str
    """In plain words."""
    direction: str
    """Which way is better, and what chance gives."""
    help: str
    """A click down: the figures that the words stand for, and how they are computed."""
    was: float
    now: float | None
    unit: _Unit
    change: Change = "within chance"
    ties: str = ""
    """What equal scores may do to it; empty where they do nothing."""


def gap_cards(before: Measurement, after: Measurement | None) -> None:
    """Gap, separation, and the bias of each query modality, since a mean hides opposite ones; with
    what the strategy makes of them.
    """
    _show_all([*_of_geometry(before, after), *_of_bias(before, after)])


def quality_cards(before: Measurement, after: Measurement | None) -> None:
    """What is found in the mixed index, and in an index of one modality alone, by query modality;
    with what the strategy makes of it.
    """
    _show_all(_of_quality(before, after))


def _show_all(cards: Iterable[_Card]) -> None:
    with st.grid(4, min_column_width=190, gap="small"):
        for card in cards:
            _show(card)


_METRIC_COLORS = {"green": "green", "red": "red", "grey": "off"}
_METRIC_ARROWS = {"↑": "up", "↓": "down", "": "off"}


def metric_look(change: float, judged: Change) -> dict[str, Any]:
    """What `st.metric` draws of `change_look`, which decides."""
    look = change_look(change, judged)
    return {
        "delta_color": _METRIC_COLORS[look.color],
        "delta_arrow": _METRIC_ARROWS[look.arrow],
    }


def change_badge(change: float, judged: Change, words: str = "") -> str:
    """What a Markdown badge shows of `change_look`, which decides; its words unless given."""
    look = change_look(change, judged)
    icon = {"↑": "arrow_upward", "↓": "arrow_downward", "": "drag_handle"}[look.arrow]
    color = "gray" if look.color == "grey" else look.color
    return f":{color}-badge[:material/{icon}: {words or look.words}]"


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
            Column(f"bias-{name}", "bias rate", f"{name} queries", better=neutral),
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
    for name, title, unit in (
        ("gap", "Gap ‖Δ‖ between the two centres", _AS_IT_IS),
        ("separation", "The gap, in widths of a cloud", _TIMES),
    ):
        was = DIAGNOSTICS[name].value(before)
        now = None if after is None else DIAGNOSTICS[name].value(after)
        told = f"{_path(name, was, now)}\n\n{_help(name)}"
        yield _Card(title, "lower is better", told, was, now, unit, change)


def _of_bias(before: Measurement, after: Measurement | None) -> Iterator[_Card]:
    for name in before.mixed:
        neutral = neutral_share(before, name)
        title = f"Answers to {name} queries that are {kind_of(name, several=True)}"
        told = f"{_help('bias')}\n\nNeutral here: {figure(neutral)}."
        way = f"neutral: {tenths(neutral)}"
        yield _retrieved(before, after, ("bias", name), title, way, told, _OF_TEN)


def _of_quality(before: Measurement, after: Measurement | None) -> Iterator[_Card]:
    for name in before.mixed:
        others = [kind_of(other) for other in before.mixed if other != name]
        target = others[0] if len(others) == 1 else "match"
        title = f"{name} queries that find their {target} in the first {DEPTH}"
        told = f"{MIXED_RECALL_HELP}\n\n{_compared(before, after, 'ndcg', name)}\n\n{_help('ndcg')}"
        way = f"by chance {of_hundred(before.chance['recall', name])}"
        yield _retrieved(before, after, ("recall", name), title, way, told, _OF_HUNDRED)
    for source, target in (before.pair, before.pair[::-1]):
        key = (f"recall@{DEPTH}", source, target)
        kind = kind_of(target, several=True)
        title = f"{source} queries that find it in an index of {kind} alone"
        way = f"by chance {of_hundred(before.chance[key])}"
        yield _retrieved(before, after, key, title, way, RECALL_HELP, _OF_HUNDRED)


def _retrieved(
    before: Measurement,
    after: Measurement | None,
    key: tuple[str, ...],
    title: str,
    way: str,
    help: str,
    unit: _Unit,
) -> _Card:
    return _Card(
        title,
        way,
        f"{_compared(before, after, *key)}\n\n{help}",
        before.estimate(*key).value,
        None if after is None else after.estimate(*key).value,
        unit,
        "within chance" if after is None else change_of(before, after, *key),
        ties_of(after or before, *key),
    )


def _compared(before: Measurement, after: Measurement | None, *key: str) -> str:
    """The figure itself, before and after, and what the change is worth."""
    was = before.estimate(*key).value
    if after is None:
        return _path(key[0], was, None)
    now = after.estimate(*key).value
    worth = change_look(round(now - was, 3), change_of(before, after, *key)).words
    return f"{_path(key[0], was, now)}: {worth}"


def _path(name: str, was: float, now: float | None) -> str:
    moved = "" if now is None else f" → {figure(now)}"
    return f"**{FIGURE_NAMES[name]} {figure(was)}{moved}**"


def _show(card: _Card) -> None:
    value, delta, change = card.unit.words(card.was), None, 0.0
    if card.now is not None and not isnan(card.was - card.now):
        change = card.unit.change(card.was, card.now)
        delta = card.unit.signed(change) if change else "unchanged"
        if change:
            value = f"{value} → {card.unit.words(card.now)}"
    st.metric(
        in_markdown(f"{card.title} · {TIES_MARK}" if card.ties else card.title),
        f"{value} {card.unit.after}".rstrip(),
        delta=delta or card.direction,
        delta_description=None if delta is None else card.direction,
        help="\n\n".join(filter(None, [card.ties, card.help])),
        border=True,
        height="stretch",
        **metric_look(change, card.change),
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
