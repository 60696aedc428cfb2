"""The one protocol of everything that adjusts scores instead of vectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection as Container
from typing import ClassVar, Self

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32


class PreparedScores(ABC):
    """A fitted scoring over one corpus: what depends on the corpus alone is taken once."""

    @abstractmethod
    def adjust(self, scores: Float32, modality: str) -> Float32:
        """New scores in place of cosines.

        Args:
            scores: `(n_queries, n_rows)` cosines of queries of one modality with all rows of
                the corpus; −∞ marks a row that a query must not find, and stays −∞.
            modality: of those queries.

        Raises:
            GapvizError: a modality that `fit` never saw.
        """


class Scoring(ABC):
    """Learns from calibration rows, then adjusts scores over any corpus of those modalities.

    Parameters are given to the constructor; what `fit` learns ends in an underscore.
    """

    name: ClassVar[str]
    """Stable name, as it stands in URLs and on the command line."""
    unit: ClassVar[str] = "adjusted score"
    """What an adjusted score is called; higher is more alike."""
    transductive: ClassVar[bool] = False
    """True where the score of one query depends on the other queries that are asked."""
    warnings_: tuple[str, ...] = ()
    """What the fit should be doubted for, one sentence each."""

    @abstractmethod
    def fit(self, corpus: Rows, queries: Rows) -> Self:
        """Learn from the indexed and the asking rows of the calibration items; return self."""

    @abstractmethod
    def n_stored(self, corpus: Rows) -> int:
        """Numbers that must be kept to score against `corpus`."""

    @abstractmethod
    def query_operations(self, corpus: Rows) -> int:
        """Multiply-adds that adjusting the scores of one query costs."""

    @abstractmethod
    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores:
        """Make ready to score against `corpus`.

        Args:
            corpus: the rows that are searched.
            queries: the rows that will ask, of the same collection; only a transductive
                scoring looks at them.
        """


def refuse_unseen(modality: str, seen: Container[str]) -> None:
    """Raise `GapvizError` unless the modality is among those that a fit has `seen`."""
    if modality not in seen:
        raise GapvizError(
            f"the scoring has not seen the modality {modality!r}",
            hint=f"use one of {', '.join(seen) or 'those it was fitted on'}",
        )
