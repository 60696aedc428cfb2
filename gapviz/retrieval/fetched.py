"""What is asked of the lists of an engine, what they hold, and what a strategy makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.sources.stores.store import Metric


@dataclass(frozen=True, eq=False)
class EngineQueries:
    """Queries of one modality, and what they may find."""

    modality: str
    own: int
    """Position of the modality in the rows' names; −1 where it has none."""
    closed: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Rows that must not be found."""
    only: str | None = None
    """The one modality that is searched."""
    item: int | None = None


@dataclass(frozen=True, eq=False)
class FetchedList:
    """What was fetched for one query."""

    rows: Indices
    cosines: Float32
    sure: float
    """How many entries of a list over all rows are certain to be among them."""


@dataclass(frozen=True, eq=False)
class RankedList:
    """What one query got."""

    rows: Indices
    scores: Float64
    cosines: Float32
    match_rank: int | None = None
    match_cosine: float | None = None


def unit_cosines(scores: Float32, metric: Metric) -> Float32:
    """Cosines of unit rows, from an engine's scores."""
    if metric != "euclidean":
        return scores
    found: Float32 = (1 - scores**2 / 2).astype(np.float32)
    return found
