"""The family of query banks: scores less what a row scores with reference queries."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Self

from gapviz.core.collection import Collection
from gapviz.core.rows import Rows, reference_rows
from gapviz.core.vectors import Float32
from gapviz.strategies.base import PreparedScores, Strategy, refuse_unseen
from gapviz.strategies.fusion.base import Serving
from gapviz.strategies.references import thinned

STORES = "one number a row and query modality, from the reference queries"
QUERY_COST = "one addition a score, O(N)"

SEARCH = '''

def search(query, modality, rows, k=10):
    """The k best of moved rows {modality: (n, dim)}, as [((modality, row), score)]."""
    moved = move_query(query[None], modality)[0]
    level = levels(rows, modality)
    hits = [
        ((name, row), float(score))
        for name, block in rows.items()
        for row, score in enumerate(block @ moved - level[name])
    ]
    return sorted(hits, key=lambda hit: -hit[1])[:k]
'''


class QueryBank(Strategy):
    """Family s − level(row), the level learned from reference queries of the query's modality.

    The references are the queries that calibrate, so that what is subtracted also
    holds the level at which that pair of modalities scores.
    """

    learned: ClassVar = {"references": "references_"}
    level_code: ClassVar[str]
    """`levels(rows, modality)` of a generated file: {modality: (n,)} for moved rows {modality:
    (n, dim)}; braces as in `move_code`."""
    references_: dict[str, Float32]
    """`(n, dim)` by modality, moved as queries are."""

    @abstractmethod
    def level(self, corpus: Rows, modality: str) -> Float32:
        """`(n_rows,)` what is subtracted from the scores of queries of one modality."""

    def fit(self, calibration: Collection) -> Self:
        super().fit(calibration)
        queries = reference_rows(calibration, self)
        self.references_ = {name: queries.vectors[thinned(queries, name)] for name in queries.names}
        return self

    def n_stored(self, corpus: Rows) -> int:
        return corpus.n_rows * len(corpus.names)

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows

    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores:
        return LessLevel(tuple(self.references_), partial(self.level, corpus))

    @property
    def serving(self) -> Serving:
        return "references"

    @property
    def search_code(self) -> str:
        return self.level_code.format(**self.settled) + SEARCH


@dataclass(frozen=True, eq=False)
class LessLevel(PreparedScores):
    """Scores less a number a row that depends on which modality asks."""

    seen: tuple[str, ...]
    """Modalities that may ask."""
    level: Callable[[str], Float32]
    """`(n_rows,)` by query modality."""
    levels: dict[str, Float32] = field(default_factory=dict)
    """Those asked for so far."""

    def adjust(self, scores: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.seen)
        if modality not in self.levels:
            self.levels[modality] = self.level(modality)
        adjusted: Float32 = scores - self.levels[modality]
        return adjusted
