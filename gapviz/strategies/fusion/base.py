"""The one protocol of everything that makes one ranking of the lists of the modalities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.ties import TOLERANCE, Places, TieGroups, Tolerance

Serving = Literal["mixed", "ranks", "merge", "references"]
"""How an engine answers: one list; lists fused by rank in the engine; lists merged by the
application; or scores that only whole arrays can give."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """The head of the result list of one query."""

    rows: Indices
    """`(k,)`, best first; fewer where fewer can be found."""
    scores: Float64
    """`(k,)`, what put them there."""
    match_rank: int | None
    """Place of the first match in the whole list, from 1; None where there is none."""
    match_row: int | None
    stretch: float = 0.0
    """By how much a difference of cosines may have grown in the scores; 0 where they are made of
    ranks, of which equal ones are equal to the last digit."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A block of queries of one modality with their scores."""

    corpus: Rows
    scores: Float32
    """`(n_queries, n_rows)`, adjusted; −∞ marks a row that a query must not find."""
    items: Indices
    """`(n_queries,)` item of each query."""
    own: int
    """Position of the queries' modality in `corpus.names`."""
    asking: Indices
    """`(n_relevant,)`, rising: the query of each relevant entry."""
    found: Indices
    """`(n_relevant,)`, its row."""
    n_excluded: Indices
    """`(n_queries,)` rows of its own modality that a query must not find."""
    tolerance: Tolerance = TOLERANCE
    """How near equal scores are."""

    def among(self, items: Mask) -> Asked:
        """Only the queries and the rows of those items that are marked in `items` `(n_items,)`."""
        rows, asks = items[self.corpus.item], items[self.items]
        number = np.cumsum(asks) - 1
        kept = asks[self.asking]
        return Asked(
            corpus=self.corpus.of_items(items),
            scores=self.scores[np.ix_(asks, rows)],
            items=self.items[asks],
            own=self.own,
            asking=number[self.asking[kept]],
            found=(np.cumsum(rows) - 1)[self.found[kept]],
            n_excluded=self.n_excluded[asks],
            tolerance=self.tolerance,
        )

    @property
    def n_open(self) -> Indices:
        """`(n_queries,)` rows that can be found."""
        return self.corpus.n_rows - self.n_excluded

    @property
    def n_relevant(self) -> Indices:
        """`(n_queries,)` relevant entries."""
        return np.bincount(self.asking, minlength=self.items.size)

    @property
    def chance(self) -> Float64:
        """`(n_queries,)` share of the rows that can be found that has the queries' modality."""
        span = self.corpus.spans[self.own]
        return ratio(span.stop - span.start - self.n_excluded, self.n_open)


@dataclass(frozen=True, eq=False)
class QueryFigures:
    """What queries got, `(n_queries,)` each, or `(n_queries, n_resamples)`; see `MixedOutcome`."""

    own_share: Float64
    expected_share: Float64
    ndcg: Float64
    reciprocal_rank: Float64
    hit: Float64
    """Chance that the best match stands in the top k."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Which modalities the first k entries of lists have.

    Both `(n_queries, n_modalities)`, or `(n_queries, n_modalities, n_parts)`; NaN where no entry
    can be found.
    """

    share: Float64
    """Share of the first k that has the modality."""
    hit: Float64
    """Chance that at least one of the first k has it."""


@dataclass(frozen=True, eq=False)
class Standing:
    """How queries stand in their rankings, one entry a query; see `MixedOutcome`."""

    own_share: Float64
    """Share of the top k that has the query's modality."""
    expected_share: Float64
    """The same of chance."""
    first_other: Float64
    """Rank of the first entry of another modality; 0 where there is none."""
    groups: TieGroups
    """Relevant entries among their equals, as ranks of the whole list."""
    n_entries: Indices
    """How many entries the list of each query has."""
    spread: tuple[Places, Places] | None = None
    """Every relevant entry, and the best of each query, where equals do not stand in one range."""

    @property
    def every(self) -> Places:
        """Where the relevant entries may stand."""
        return self.groups.all if self.spread is None else self.spread[0]

    @property
    def best(self) -> Places:
        """Where the best relevant entry of each query may stand."""
        return self.groups.best if self.spread is None else self.spread[1]

    def figures(self, k: int) -> QueryFigures:
        """What the queries got, to the depth `k`."""
        return QueryFigures(
            self.own_share,
            self.expected_share,
            ndcg_of(self.every, self.groups.n_relevant, k),
            self.best.reciprocal_rank,
            self.best.hit(k),
        )


def ndcg_of(places: Places, n_relevant: Indices, k: int) -> Float64:
    """NDCG@k by query, with the ideal over *all* relevant entries; NaN where there are none.

    DCG = Σ 1/log2(1 + rank) over relevant entries with rank ≤ k; the ideal puts all
    `n_relevant` `(n_queries,)` entries first (Järvelin & Kekäläinen 2002, binary relevance).
    """
    ideal_by_count = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    gain = places.gain(k)
    ideal = ideal_by_count[np.minimum(n_relevant, k)]
    ndcg: Float64 = gain / ideal.reshape(-1, *[1] * (gain.ndim - 1))
    return ndcg


class Fusion(ABC):
    """Makes one ranking of scores by modality, for one query or for many."""

    ranks_items: ClassVar[bool] = False
    """True where items are ranked, not rows: another protocol."""
    copies: ClassVar[int] = 1
    """Arrays of the size of the scores that `standing` works with."""
    quick_parts: ClassVar[bool] = False
    """True where `resampled` ranks no part of the corpus anew."""
    whole_lists: ClassVar[bool] = False
    """True where a list must be known whole, since all of it enters every fused score."""

    @abstractmethod
    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        """The `k` first of one query's list, and where its match stands in the whole of it.

        Args:
            corpus: the rows that are searched.
            scores: `(n_rows,)`.
            open_rows: `(n_rows,)`, false for rows that the query must not find.
            own: position of the query's modality in `corpus.names`; −1 where it has none.
            k: how many.
            item: the query's own item, whose rows of other modalities match; None for none.
        """

    @abstractmethod
    def standing(self, asked: Asked, k: int) -> Standing:
        """How many queries stand in their rankings, to the depth `k`."""

    def resampled(self, asked: Asked, k: int, kept: Mask) -> QueryFigures:
        """What queries get from parts of the corpus.

        Args:
            asked: as for `standing`.
            k: depth.
            kept: `(n_items, n_resamples)`, the items of each part, which ask and are searched.

        Returns:
            `(n_queries, n_resamples)` each; NaN where the query is not in the part.
        """
        figures = QueryFigures(*np.full((5, asked.items.size, kept.shape[1]), np.nan))
        for column, items in enumerate(kept.T):
            asks = items[asked.items]
            if asks.any():
                found = self.standing(asked.among(items), k).figures(k)
                for field in fields(QueryFigures):
                    getattr(figures, field.name)[asks, column] = getattr(found, field.name)
        return figures

    def targets(self, asked: Asked, k: int) -> Targets:
        """Which modalities the first `k` have; NaN where results are items, which have several."""
        nothing = np.full((asked.items.size, len(asked.corpus.names)), np.nan)
        return Targets(nothing, nothing)

    def targets_of_parts(self, asked: Asked, k: int, kept: Mask) -> Targets:
        """`targets` of parts of the corpus; arguments as of `resampled`."""
        shape = (asked.items.size, len(asked.corpus.names), kept.shape[1])
        found = Targets(np.full(shape, np.nan), np.full(shape, np.nan))
        for column, items in enumerate(kept.T):
            asks = items[asked.items]
            if asks.any():
                part = self.targets(asked.among(items), k)
                found.share[asks, :, column], found.hit[asks, :, column] = part.share, part.hit
        return found

    @property
    def shares_ties(self) -> bool:
        """Whether every order of equal scores counts alike; false where a rule orders them."""
        return True

    @property
    def serving(self) -> Serving:
        """How an engine answers."""
        return "mixed"

    def n_stored(self, corpus: Rows) -> int:
        """Numbers that must be kept beside the vectors."""
        return 0

    def query_operations(self, corpus: Rows) -> int:
        """Multiply-adds that one query costs beside its products."""
        return 0

    @property
    def plain(self) -> dict[str, Any] | None:
        """What it is, for JSON; None for one list."""
        return None

    def merge_code(self, modalities: Sequence[str]) -> str:
        """`merge` of a generated file, for one list a modality."""
        return ""

    @abstractmethod
    def described(self, detail: str) -> str:
        """How a query is answered, in a sentence; `detail` are parameters or a formula."""
