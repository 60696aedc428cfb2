"""How often it happens: all held-out queries of one modality, raw and with a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.changes import Change, change_of, named_change, neutral_share
from gapviz.core.estimate import Estimate
from gapviz.core.table import Cell, Column, Table
from gapviz.core.vectors import Float64
from gapviz.core.wording import too_few
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.measures.retrieval.outcome import MixedOutcome, mean_of_known
from gapviz.measures.retrieval.outcomes import DEPTH


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the queries of one modality, under one strategy."""

    found: Estimate
    """Share whose first ten hold the match; the items searched and the fit vary too."""
    only_own: Estimate
    """Share whose first ten are of the query's modality alone; the queries alone vary."""


@dataclass(frozen=True, slots=True)
class HowOften:
    """What all held-out queries of one modality get."""

    n_queries: int
    n_matched: int
    """That have a match to find."""
    raw: Shares
    fixed: Shares | None
    """None where there is no strategy to hold against raw cosine."""
    gain: Estimate | None
    """What the strategy adds to the share that find their match, query by query."""
    change: Change
    """What that is worth."""
    alone_change: Change
    """Whether fewer see nothing but their own kind: better or worse where the two intervals are
    disjoint."""
    lost: float | None
    """Share of the queries that find their match with raw cosine alone."""
    bias: Estimate
    """Share of the first ten, with raw cosine, that has the query's modality."""
    neutral: float
    """What that share is where no modality is favoured."""


def how_often(raw: Measurement, fixed: Measurement | None) -> dict[str, HowOften]:
    """By query modality.

    Args:
        raw: raw cosine.
        fixed: a strategy on the same items; None where there is none.
    """
    return {name: _of_modality(raw, fixed, name) for name in raw.mixed}


def _of_modality(raw: Measurement, fixed: Measurement | None, name: str) -> HowOften:
    before = raw.mixed[name]
    found = before.recall(DEPTH)
    gain, lost, after, shares = None, None, None, _shares(raw, name)
    change: Change = "within chance"
    alone_change: Change = "within chance"
    if fixed is not None:
        gain, change = fixed.change(raw, "recall", name), change_of(raw, fixed, "recall", name)
        old, new = shares.only_own, (after := _shares(fixed, name)).only_own
        if too_few(raw.collection.n_items) is None:
            alone_change = named_change(old.low - new.high, old.high - new.low)
        lost = mean_of_known(found * (1 - fixed.mixed[name].recall(DEPTH)))
    return HowOften(
        before.items.size,
        int(np.count_nonzero(~np.isnan(found))),
        shares,
        after,
        gain,
        change,
        alone_change,
        lost,
        raw.bias[name],
        neutral_share(raw, name),
    )


def _shares(measurement: Measurement, name: str) -> Shares:
    outcome = measurement.mixed[name]
    only_own = bootstrap_mean(_only_own(outcome), outcome.items, seed=measurement.seed)
    return Shares(measurement.mixed_recall[name], only_own)


def _only_own(outcome: MixedOutcome) -> Float64:
    return np.where(np.isnan(outcome.own_share), np.nan, outcome.own_share >= 1)


def often_table(shares: Mapping[str, HowOften], title: str) -> Table:
    """A row a query modality and figure, raw and with a strategy called `title`."""
    rows: list[list[Cell]] = []
    for name, one in shares.items():
        found: list[Cell] = [f"{name} queries: match in the first {DEPTH}", one.n_matched]
        alone: list[Cell] = [f"{name} queries: nothing but {name} there", one.n_queries]
        found.append(one.raw.found)
        alone.append(one.raw.only_own)
        if one.fixed is not None:
            found += [one.fixed.found, one.gain]
            alone += [one.fixed.only_own, ""]
        rows += [found, alone]
    fixed = any(one.fixed is not None for one in shares.values())
    columns = [
        Column("what", "share of queries", text=True),
        Column("queries", "queries"),
        Column("raw", "raw cosine"),
    ]
    if fixed:
        columns += [Column("fixed", title), Column("gain", "gain", signed=True)]
    return Table("", columns, rows)


def often_protocol(n_items: int) -> str:
    """What is indexed, what asks, and what varies in the intervals."""
    return (
        f"Indexed: every row of the {n_items:,} held-out items (evaluate split), "
        "all modalities together. Asking: their rows, each without the rows of its own item in "
        "its own modality. Right: the rows of its item in other modalities. Intervals of the "
        f"share that find their match: {INTERVAL_RULES['all']}; of the share that see nothing "
        "but their own kind: the queries are resampled."
    )
