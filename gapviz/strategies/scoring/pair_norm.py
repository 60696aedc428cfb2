"""Scores made comparable by the mean and the spread of their pair of modalities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import float64_blocks
from gapviz.core.pairs import matching_rows
from gapviz.core.rows import Rows
from gapviz.core.vectors import NO_SPREAD, Float32, Float64
from gapviz.strategies.scoring.base import PreparedScores, Scoring, refuse_unseen


@dataclass(frozen=True, slots=True)
class ScoreLevel:
    """Mean and root-mean-square deviation of the cosines of one pair of modalities."""

    mean: float
    spread: float


class PairNormalisation(Scoring):
    """(s − m_ab) / σ_ab for a query of modality a and a row of modality b.

    m and σ are those of all calibration pairs of two different items. One affine map a list:
    the order within one modality stays, only the lists shift against each other.
    """

    name: ClassVar[str] = "znorm"
    unit: ClassVar[str] = "z-score"

    def __init__(self) -> None:
        """Start unfitted; there is nothing to choose."""
        self.levels_: dict[tuple[str, str], ScoreLevel] = {}

    def fit(self, corpus: Rows, queries: Rows) -> Self:
        moments = {name: _moments(corpus, name) for name in corpus.names}
        self.levels_, warnings = {}, []
        for a in corpus.names:
            for b in corpus.names:
                level = _level(corpus, a, b, moments)
                if level is None:
                    self.levels_[a, b] = ScoreLevel(0.0, 1.0)
                    warnings.append(
                        f"No two calibration items to compare {a} with {b}: those scores stay raw."
                    )
                elif level.spread <= NO_SPREAD:
                    self.levels_[a, b] = ScoreLevel(level.mean, 1.0)
                    warnings.append(
                        f"All calibration scores of {a} with {b} are equal: those scores are "
                        "centred only."
                    )
                else:
                    self.levels_[a, b] = level
        self.warnings_ = tuple(warnings)
        return self

    def n_stored(self, corpus: Rows) -> int:
        return 2 * len(self.levels_)

    def query_operations(self, corpus: Rows) -> int:
        return corpus.n_rows

    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores:
        return _ByPair(corpus, self.levels_)


@dataclass(frozen=True, eq=False)
class _ByPair(PreparedScores):
    corpus: Rows
    levels: dict[tuple[str, str], ScoreLevel]

    def adjust(self, scores: Float32, modality: str) -> Float32:
        seen = dict.fromkeys(a for a, _ in self.levels)
        refuse_unseen(modality, seen)
        adjusted = np.empty_like(scores)
        for name, span in zip(self.corpus.names, self.corpus.spans, strict=True):
            refuse_unseen(name, seen)
            level = self.levels[modality, name]
            np.subtract(scores[:, span], np.float32(level.mean), out=adjusted[:, span])
            adjusted[:, span] /= np.float32(level.spread)
        return adjusted


@dataclass(frozen=True, eq=False)
class _Moments:
    n: int
    total: Float64
    """Σx, `(dim,)`."""
    second: Float64
    """Σxxᵀ, `(dim, dim)`."""


def _moments(corpus: Rows, name: str) -> _Moments:
    vectors = corpus.vectors[corpus.spans[corpus.code(name)]]
    dim = vectors.shape[1]
    total, second = np.zeros(dim), np.zeros((dim, dim))
    for block in float64_blocks(vectors):
        total += block.sum(axis=0)
        second += block.T @ block
    return _Moments(len(vectors), total, second)


def _level(corpus: Rows, a: str, b: str, moments: dict[str, _Moments]) -> ScoreLevel | None:
    """Closed forms: Σ x·y = Σx · Σy, and Σ (x·y)² = ⟨Σxxᵀ, Σyyᵀ⟩, less those of one item."""
    first, second = moments[a], moments[b]
    same = _same_item_cosines(corpus, a, b)
    n = first.n * second.n - same.size
    if n < 1:
        return None
    mean = (float(first.total @ second.total) - float(same.sum())) / n
    squares = (float((first.second * second.second).sum()) - float((same**2).sum())) / n
    return ScoreLevel(mean, float(np.sqrt(max(squares - mean**2, 0.0))))


def _same_item_cosines(corpus: Rows, a: str, b: str) -> Float64:
    """Cosines of every row of `a` with every row of `b` of the same item, itself included."""
    span_a, span_b = corpus.spans[corpus.code(a)], corpus.spans[corpus.code(b)]
    same = matching_rows(corpus.item[span_a], corpus.item[span_b])
    x, y = corpus.vectors[span_a], corpus.vectors[span_b]
    cosines: Float64 = np.einsum(
        "nd,nd->n", x[same.rows_a].astype(np.float64), y[same.rows_b].astype(np.float64)
    )
    return cosines
