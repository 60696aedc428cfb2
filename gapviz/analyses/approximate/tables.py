"""What was found of approximate indexes, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import nan

from gapviz.analyses.approximate.found import SourceIndex, StrategyCurves, StrategyLosses
from gapviz.core.estimate import Estimate
from gapviz.core.table import Cell, Column, Marked, Table
from gapviz.measures.retrieval.approximate_recall import (
    DEPTH,
    LEVELS,
    EffortCurve,
    Indexed,
    effort_ratio,
)
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.intervals import QUERIES_VARIED
from gapviz.retrieval.approximate import STORAGES, Storage

NOT_REACHED = "not reached"
WHOLE = 0.9995
"""Recall from which no digit is missing."""
WHOLE_NOTE = "Further efforts, at which every recall stays 1.000, are left out."
FLOOR_MARK = "floor"
FLOOR = "The smallest effort reaches it already: no less can be asked for."


def target_words(target: Indexed) -> str:
    """What is searched, in words."""
    return "mixed" if target is None else target


def way_words(source: str, target: Indexed) -> str:
    """Who searches what, in words."""
    return f"{source} → {target_words(target)}"


def factor_table(found: Sequence[StrategyCurves], seed: int) -> Table:
    """Cost of cross-modal queries over that of the modality's own, a row a strategy and index."""
    rows: list[list[Cell]] = []
    for one in found:
        for across, own in one.crossings:
            cells: list[Cell] = [
                _floored(effort_ratio(across, own, level, seed), level, across, own)
                for level in LEVELS
            ]
            rows.append([one.options.spec.title, across.target, across.source, *cells])
    return Table(
        "Cost of cross-modal queries over that of the modality's own, by the recall to reach",
        [
            Column("strategy", "strategy", text=True),
            Column("searched", "searched", text=True),
            Column("source", "cross-modal", text=True),
            *(
                Column(
                    f"factor-{level}",
                    f"recall {level:.0%}",
                    better="nearer 1",
                    decimals=2,
                    missing=NOT_REACHED,
                )
                for level in LEVELS
            ),
        ],
        rows,
        f"{FLOOR_MARK}: one of both reaches it with the smallest effort already, so that the true "
        "factor may be larger." * any(isinstance(cell, Marked) for row in rows for cell in row),
        intervals=QUERIES_VARIED,
    )


def needed_table(found: Sequence[StrategyCurves], seed: int) -> Table:
    """Distance computations that a recall needs, a row a strategy and direction."""
    raw, level = found[0], LEVELS[-1]
    rows: list[list[Cell]] = []
    for one in found:
        for curve in one.curves:
            change = Estimate(nan, nan, nan)
            if one is not raw:
                change = effort_ratio(curve, raw.curve(curve.source, curve.target), level, seed)
            rows.append(
                [
                    one.options.spec.title,
                    way_words(curve.source, curve.target),
                    *(_floored(curve.needed(level, seed), level, curve) for level in LEVELS),
                    change,
                    curve.n_indexed,
                ]
            )
    return Table(
        "Distance computations a query, by the recall to reach",
        [
            Column("strategy", "strategy", text=True),
            Column("way", "query → searched", text=True),
            *(
                Column(
                    f"needed-{level}",
                    f"recall {level:.0%}",
                    better="lower",
                    decimals=0,
                    missing=NOT_REACHED,
                )
                for level in LEVELS
            ),
            Column("change", f"over raw, at {level:.0%}", better="lower", decimals=2, missing=""),
            Column("rows", "rows", brief=False),
        ],
        rows,
        f"{FLOOR_MARK}: {FLOOR[0].lower()}{FLOOR[1:]}"
        * any(isinstance(cell, Marked) for row in rows for cell in row),
        intervals=QUERIES_VARIED,
    )


def _floored(estimate: Estimate, level: float, *curves: EffortCurve) -> Cell:
    if any(curve.at_least_effort(level) for curve in curves) and estimate.value == estimate.value:
        return Marked(estimate, FLOOR_MARK, FLOOR)
    return estimate


def curve_tables(found: Sequence[StrategyCurves], effort: str, seed: int) -> list[Table]:
    """Recall at every effort, a table a strategy and a row an effort."""
    tables = []
    for one in found:
        bands = {curve: curve.band(seed) for curve in one.curves}
        efforts = _told_efforts(one.curves)
        rows: list[list[Cell]] = []
        for at in efforts:
            row: list[Cell] = [at]
            for curve in one.curves:
                place = curve.efforts.index(at) if at in curve.efforts else None
                row.append(
                    Estimate(nan, nan, nan)
                    if place is None
                    else Estimate(*(float(end[place]) for end in bands[curve]))
                )
            rows.append(row)
        columns = [
            Column(
                "->".join(curve.way),
                f"R@{DEPTH}",
                way_words(curve.source, curve.target),
                better="higher",
                missing="",
            )
            for curve in one.curves
        ]
        tables.append(
            Table(
                f"{one.options.spec.title}: what is found of the exact {DEPTH}",
                [Column("effort", effort), *columns],
                rows,
                WHOLE_NOTE,
                intervals=QUERIES_VARIED,
            )
        )
    return tables


def _told_efforts(curves: Sequence[EffortCurve]) -> list[int]:
    """Every effort up to the first from which all curves stay whole."""
    efforts = sorted({effort for curve in curves for effort in curve.efforts})
    whole = max(
        (
            effort
            for curve in curves
            for effort, recall in zip(curve.efforts, curve.recall.mean(axis=0), strict=True)
            if recall < WHOLE
        ),
        default=0,
    )
    return [one for place, one in enumerate(efforts) if not place or efforts[place - 1] <= whole]


def storage_tables(found: Sequence[StrategyLosses], seed: int) -> list[Table]:
    """A row a strategy and way of storing, a column a direction: as it comes, ranked again, and
    what a strategy changes of raw.
    """
    raw, *others = found

    def read(attribute: str) -> Callable[[StrategyLosses, Storage, SourceIndex], Estimate]:
        def value(one: StrategyLosses, storage: Storage, way: SourceIndex) -> Estimate:
            loss = one.loss(storage, way)
            return bootstrap_mean(getattr(loss, attribute), loss.items, seed=seed)

        return value

    def change(one: StrategyLosses, storage: Storage, way: SourceIndex) -> Estimate:
        return one.change_from(raw, storage, way, seed)

    title = f"Found of the exact {DEPTH}"
    tables = [
        _storage_table(f"{title}, the list as it comes", found, read("recall")),
        _storage_table(f"{title}, ranked again by whole vectors", found, read("ranked_again")),
    ]
    if others:
        stored = [storage for storage in STORAGES if storage != "float32"]
        title = f"The list as it comes, minus that under {raw.options.spec.title.lower()}"
        tables.append(_storage_table(title, others, change, stored, signed=True))
    return tables


def _storage_table(
    title: str,
    found: Sequence[StrategyLosses],
    value: Callable[[StrategyLosses, Storage, SourceIndex], Estimate],
    storages: Iterable[Storage] = tuple(STORAGES),
    *,
    signed: bool = False,
) -> Table:
    ways = found[0].ways
    return Table(
        title,
        [
            Column("strategy", "strategy", text=True),
            Column("storage", "stored as", text=True),
            Column("bytes", "bytes a row", better="lower"),
            *(
                Column(
                    "->".join([source, target_words(target)]),
                    f"R@{DEPTH}",
                    way_words(source, target),
                    better="higher",
                    signed=signed,
                )
                for source, target in ways
            ),
        ],
        [
            [
                one.options.spec.title,
                STORAGES[storage],
                int(one.loss(storage, ways[0]).bytes_per_row),
                *(value(one, storage, way) for way in ways),
            ]
            for one in found
            for storage in storages
        ],
        intervals=QUERIES_VARIED,
    )
