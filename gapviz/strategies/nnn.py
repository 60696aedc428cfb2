"""Nearest-neighbour normalisation: scores less what a row scores with reference queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows, reference_rows
from gapviz.core.vectors import Float32
from gapviz.strategies.base import PreparedScores, Strategy, refuse_unseen
from gapviz.strategies.fusion.base import Serving
from gapviz.strategies.references import NEIGHBOURS, mean_of_best, thinned
from gapviz.strategies.spec import AdviceRule, StrategySpec

ALPHA = Parameter(
    "alpha",
    "Share of the reference scores",
    "number",
    1.0,
    "how much of a row's mean score with its nearest reference queries is subtracted; under 1 "
    "some gap is left",
    symbol="α",
    low=0.0,
    high=2.0,
    step=0.05,
)

_SEARCH = '''

ALPHA, NEIGHBOURS = {alpha}, {neighbours}


def levels(block, modality):
    """What rows (n, dim) score with the reference queries of a modality; take it once."""
    scores = block @ STORED[f"references.{{modality}}"].T
    scores = np.where(scores > 1 - 1e-6, -np.inf, scores)  # a copy of the row says nothing
    best = np.sort(scores, axis=1)[:, -NEIGHBOURS:]
    known = np.isfinite(best)
    return np.where(known, best, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def search(query, modality, rows, k=10):
    """The k best of unit rows {{modality: (n, dim)}}, as [((modality, row), score)]."""
    moved = move(query[None], modality)[0]
    hits = [
        ((name, row), float(score))
        for name, block in rows.items()
        for row, score in enumerate(block @ moved - ALPHA * levels(block, modality))
    ]
    return sorted(hits, key=lambda hit: -hit[1])[:k]
'''


class NearestNeighbourNormalisation(Strategy):
    """NNN: s − α · mean of the row's k best scores with reference queries (Chowdhury 2024).

    The references of a query are the calibration queries of its modality, so that what is
    subtracted also holds the level at which that pair of modalities scores. A reference that
    is a copy of the row is passed over.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="nnn",
        title="Nearest-neighbour normalisation",
        formula="x · y − α · mean of the k best scores of y with reference queries",
        known=(
            "On real CLIP α = 1 and k = 10 bring bias@10 to .39 and .38, NDCG@10 to .62 and .59 "
            "and R@1 to .62 and .64 (held out), but at α = .75, best for recall, bias stays .9; "
            "it needs references that resemble the queries to come."
        ),
        acts_on="scores",
        stores="one number a row and query modality, from the reference queries",
        query_cost="one addition a score, O(N)",
        parameters=(ALPHA, NEIGHBOURS),
        advice=(
            AdviceRule(
                "one-way",
                "neither",
                "helps",
                "Subtracting each candidate's score with reference queries takes down candidates "
                "that answer everything.",
                "Wrong where the reference queries are unlike those to come.",
            ),
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "Subtracting each row's score with reference queries takes the offset out of the "
                "scores.",
                "Wrong where the reference queries are unlike those to come.",
            ),
        ),
        place=31,
    )
    learned: ClassVar[Mapping[str, str]] = {"references": "references_"}
    references_: dict[str, Float32]
    """`(n, dim)` by modality."""

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
        return _LessReferences(
            corpus, self.references_, self.value("alpha"), self.value("neighbours")
        )

    @property
    def serving(self) -> Serving:
        return "references"

    @property
    def search_code(self) -> str:
        return _SEARCH.format(**self.settled)


@dataclass(frozen=True, eq=False)
class _LessReferences(PreparedScores):
    corpus: Rows
    references: dict[str, Float32]
    alpha: float
    neighbours: int
    levels: dict[str, Float32] = field(default_factory=dict)
    """`(n_rows,)` by query modality, filled in when first asked for."""

    def adjust(self, scores: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.references)
        if modality not in self.levels:
            level = mean_of_best(self.corpus, self.references[modality], self.neighbours)
            self.levels[modality] = np.float32(self.alpha) * level
        adjusted: Float32 = scores - self.levels[modality]
        return adjusted
