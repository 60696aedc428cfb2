"""The one protocol of everything that makes one ranking of the lists of the modalities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio

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
class Standing:
    """How queries stand in their rankings, one entry a query; see `MixedOutcome`."""

    own_share: Float64
    """Share of the top k that has the query's modality."""
    expected_share: Float64
    """The same of chance."""
    first_other: Indices
    """Rank of the first entry of another modality; 0 where there is none."""
    ranks: Indices
    """`(n_queries, most_relevant)`: ranks of the relevant entries, 0 where there are fewer."""
    n_relevant: Indices
    tied: Mask
    """True where the best match's score equals that of an entry that is not relevant."""


class Fusion(ABC):
    """Makes one ranking of scores by modality, for one query or for many."""

    ranks_items: ClassVar[bool] = False
    """True where items are ranked, not rows: another protocol."""
    copies: ClassVar[int] = 1
    """Arrays of the size of the scores that `standing` works with."""
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
