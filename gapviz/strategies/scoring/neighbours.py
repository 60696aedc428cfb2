"""Scores less what a row scores with everyone: nearest-neighbour normalisation and CSLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Indices
from gapviz.strategies.scoring.base import PreparedScores, Scoring, refuse_unseen

MAX_ALPHA = 2.0
MAX_NEIGHBOURS = 1_000

# Reference rows of one modality; more are thinned evenly, which costs a mean of a few best
# scores little and keeps a large corpus affordable.
MAX_REFERENCES = 4_096

# A reference this close to a row is that row, or a copy of it, and says nothing of others.
SAME_ROW = 1 - 1e-6


def refuse_bad_neighbourhood(alpha: float, neighbours: int) -> None:
    """Raise `GapvizError` unless α lies in 0…2 and there are 1…1,000 neighbours."""
    if not 0.0 <= alpha <= MAX_ALPHA:
        raise GapvizError(
            f"α = {alpha:g} is out of range",
            hint=f"choose a number from 0 (raw) to {MAX_ALPHA:g}",
        )
    if not 1 <= neighbours <= MAX_NEIGHBOURS:
        raise GapvizError(
            f"{neighbours} neighbours are out of range",
            hint=f"choose from 1 to {MAX_NEIGHBOURS:,}",
        )


class NearestNeighbourNormalisation(Scoring):
    """NNN: s − α · mean of the row's k best scores with reference queries (Chowdhury 2024).

    The references of a query are the calibration rows of its modality, so that what is
    subtracted also holds the level at which that pair of modalities scores. A reference that
    is a copy of the row is passed over.
    """

    name: ClassVar[str] = "nnn"

    def __init__(self, alpha: float = 1.0, neighbours: int = 10) -> None:
        """Take α, how much to subtract, and k, how many reference scores make the mean.

        Raises:
            GapvizError: α outside 0…2, or k outside 1…1,000.
        """
        refuse_bad_neighbourhood(alpha, neighbours)
        self.alpha, self.neighbours = float(alpha), int(neighbours)
        self.references_: dict[str, Float32] = {}

    def fit(self, corpus: Rows, queries: Rows) -> Self:
        self.references_ = {
            name: queries.vectors[_thinned(queries, name)] for name in queries.names
        }
        return self

    def n_stored(self, corpus: Rows) -> int:
        return corpus.n_rows * len(corpus.names)

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows

    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores:
        return _LessReferences(corpus, self.references_, self.alpha, self.neighbours)


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
            level = _mean_of_best(self.corpus, self.references[modality], self.neighbours)
            self.levels[modality] = np.float32(self.alpha) * level
        adjusted: Float32 = scores - self.levels[modality]
        return adjusted


class CrossDomainLocalScaling(Scoring):
    """CSLS: 2s − r(query) − r(row), r = mean of the k best scores (Conneau et al. 2018).

    r(query) is taken over the rows of the modality at hand, r(row) over the queries of the
    query's modality: it needs to know all queries, and so is transductive. Rows of the
    query's own item in its own modality do not count.
    """

    name: ClassVar[str] = "csls"
    transductive: ClassVar[bool] = True

    def __init__(self, neighbours: int = 10) -> None:
        """Take k, how many best scores make the mean.

        Raises:
            GapvizError: k outside 1…1,000.
        """
        refuse_bad_neighbourhood(0.0, neighbours)
        self.neighbours = int(neighbours)

    def fit(self, corpus: Rows, queries: Rows) -> Self:
        return self

    def n_stored(self, corpus: Rows) -> int:
        return corpus.n_rows * len(corpus.names)

    def query_operations(self, corpus: Rows) -> int:
        return 2 * corpus.n_rows

    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores:
        return _LocallyScaled(corpus, queries, self.neighbours)


@dataclass(frozen=True, eq=False)
class _LocallyScaled(PreparedScores):
    corpus: Rows
    queries: Rows
    neighbours: int
    levels: dict[str, Float32] = field(default_factory=dict)
    """`(n_rows,)` by query modality, filled in when first asked for."""

    def adjust(self, scores: Float32, modality: str) -> Float32:
        refuse_unseen(modality, self.queries.names)
        if modality not in self.levels:
            asking = _thinned(self.queries, modality)
            self.levels[modality] = _mean_of_best(
                self.corpus,
                self.queries.vectors[asking],
                self.neighbours,
                own=(modality, self.queries.item[asking]),
            )
        adjusted = 2 * scores - self.levels[modality]
        for span in self.corpus.spans:
            if span.stop > span.start:
                adjusted[:, span] -= _mean_of_k(scores[:, span], self.neighbours)[:, None]
        return adjusted


def _thinned(rows: Rows, name: str) -> Indices:
    """Row numbers of one modality, at most `MAX_REFERENCES`, evenly spaced."""
    span = rows.spans[rows.code(name)]
    n = span.stop - span.start
    places = np.linspace(0, n - 1, MAX_REFERENCES).round() if n > MAX_REFERENCES else np.arange(n)
    return np.asarray(span.start + places, dtype=np.int64)


def _mean_of_best(
    corpus: Rows,
    references: Float32,
    k: int,
    *,
    own: tuple[str, Indices] | None = None,
) -> Float32:
    """`(n_rows,)` mean of each row's `k` best scores with the references.

    Args:
        corpus: the rows.
        references: `(n_references, dim)` unit rows.
        k: how many.
        own: modality and items `(n_references,)` of the references, by which a row's own are
            left out; without it, copies of the row are.
    """
    level = np.empty(corpus.n_rows, dtype=np.float32)
    step = max(1, BLOCK_SCORES // max(len(references), 1))
    own_code = corpus.names.index(own[0]) if own and own[0] in corpus.names else -1
    for start in range(0, corpus.n_rows, step):
        rows = slice(start, start + step)
        scores = corpus.vectors[rows] @ references.T
        if own is None:
            scores[scores > SAME_ROW] = -np.inf
        else:
            itself = corpus.item[rows, None] == own[1]
            scores[itself & (corpus.modality[rows, None] == own_code)] = -np.inf
        level[rows] = _mean_of_k(scores, k)
    return level


def _mean_of_k(scores: Float32, k: int) -> Float32:
    """`(n,)` mean of the `k` largest finite scores of each row; 0 where there are none."""
    n = scores.shape[1]
    best = scores if n <= k else np.partition(scores, n - k, axis=1)[:, n - k :]
    known = np.isfinite(best)
    count = np.maximum(known.sum(axis=1), 1)
    mean: Float32 = np.where(known, best, 0).sum(axis=1, dtype=np.float64) / count
    return mean.astype(np.float32)
