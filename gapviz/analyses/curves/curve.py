"""What all curves share: bands, their table, and the strategy that is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.analyses.analysis import Request
from gapviz.core.estimate import Estimate
from gapviz.core.table import Cell, Column, Table
from gapviz.core.vectors import Float64
from gapviz.measures.retrieval.intervals import QUERIES_VARIED
from gapviz.strategies import STRATEGIES, StrategyOptions

KIND = "curves"

# Raise it when the same request would give another curve.
REVISION = 4

BETTER = {"R@1": "higher", "R@10": "higher", "NDCG@10": "higher"}
"""Which way is better, by the title of a figure."""

FALLBACK = StrategyOptions("centre")
"""Shown where a curve cannot show the strategy chosen."""

STRENGTHS = tuple(float(lam) for lam in np.linspace(0, 2, 21).round(3))
"""λ of the curves over the strength."""

# Of a cosine or a share: less than this is one and the same to a reader.
NO_DIFFERENCE = 0.005


@dataclass(frozen=True, eq=False)
class Band:
    """A value and its lower and upper end at every point of a curve, `(n_points,)` each."""

    value: Float64
    low: Float64
    high: Float64


Line = Band | Float64 | Sequence[float]
"""A figure at every point."""
Figures = Mapping[str, Line | Mapping[Any, Line]]
"""By title, a line, or a line for each modality or direction `(source, target)`."""


def band_over(repeats: Float64) -> Band:
    """Mean and extremes over repeats `(n_repeats, n_points)`: a band over seeds.

    NaN where no repeat has a value.
    """
    known = ~np.isnan(repeats)
    count = known.sum(axis=0)
    some = count > 0
    mean = np.full(repeats.shape[1], np.nan)
    np.divide(np.where(known, repeats, 0).sum(axis=0), count, out=mean, where=some)
    low = np.where(some, np.where(known, repeats, np.inf).min(axis=0), np.nan)
    high = np.where(some, np.where(known, repeats, -np.inf).max(axis=0), np.nan)
    return Band(mean, low, high)


def band_of(estimates: Sequence[Estimate]) -> Band:
    """The estimates of all points with their intervals, in which the queries alone vary."""
    return Band(*np.array([(one.value, one.low, one.high) for one in estimates]).T)


def mean_line(bands: Mapping[Any, Band]) -> Float64:
    """The mean of several lines at every point."""
    return np.asarray(np.mean([band.value for band in bands.values()], axis=0))


def points_table(
    varied: Column,
    points: Sequence[str],
    figures: Figures,
    *,
    title: str = "",
    intervals: str = QUERIES_VARIED,
) -> Table:
    """A row for each point of a curve.

    Args:
        varied: the column of the points.
        points: what was varied, in words.
        figures: a column for each line.
        title: of the table.
        intervals: what a band is.
    """
    columns, cells = [varied], [list[Cell](points)]
    for name, lines in figures.items():
        for of, line in lines.items() if isinstance(lines, Mapping) else [("", lines)]:
            detail = of if isinstance(of, str) else " → ".join(of)
            columns.append(Column(f"{name} {detail}", name, detail, better=BETTER.get(name, "")))
            if isinstance(line, Band):
                cells.append(
                    [
                        Estimate(*map(float, x))
                        for x in zip(line.value, line.low, line.high, strict=True)
                    ]
                )
            else:
                cells.append([float(value) for value in line])
    return Table(title, columns, list(zip(*cells, strict=True)), intervals=intervals)


def drawn_strategy(
    request: Request, drawable: bool, why_not: str
) -> tuple[StrategyOptions, dict[str, Any], list[str]]:
    """The strategy that a curve shows: the one chosen where it can be drawn, else `FALLBACK`.

    Also what JSON and the readings say of it.

    Args:
        request: with the strategy chosen.
        drawable: whether the curve can show that one.
        why_not: why it cannot, behind its title.
    """
    chosen = request.strategy
    if drawable or chosen.name == FALLBACK.name:
        return chosen, {"strategy": chosen.name, "note": None}, []
    drawn = STRATEGIES[FALLBACK.name].title
    note = f"{request.spec.title} {why_not}: the curve shows “{drawn}”."
    return FALLBACK, {"strategy": FALLBACK.name, "note": note}, [note]
