"""Scores made comparable by the mean and the spread of their pair of modalities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from gapviz.core.blocks import float64_blocks
from gapviz.core.collection import Collection
from gapviz.core.pairs import matching_rows
from gapviz.core.python_source import literal
from gapviz.core.rows import Rows, corpus_rows
from gapviz.core.vectors import NO_SPREAD, Float32, Float64
from gapviz.strategies.base import PreparedScores, Strategy, StrategyState, refuse_unseen
from gapviz.strategies.fusion.base import Serving
from gapviz.strategies.spec import AdviceRule, StrategySpec

_MERGE = '''

# Query modality, row modality → mean and spread of the calibration cosines.
LEVELS = {levels}


def merge(lists, modality):
    """Merge {{modality: [(key, cosine)]}} by cosines made comparable, as [(key, score)]."""
    scores = []
    for name, entries in lists.items():
        mean, spread = LEVELS[modality, name]
        scores += [(key, (cosine - mean) / spread) for key, cosine in entries]
    return sorted(scores, key=lambda entry: -entry[1])
'''


@dataclass(frozen=True, slots=True)
class ScoreLevel:
    """Mean and root-mean-square deviation of the cosines of one pair of modalities."""

    mean: float
    spread: float


class PairNormalisation(Strategy):
    """(s − m_ab) / σ_ab for a query of modality a and a row of modality b.

    m and σ are those of all calibration pairs of two different items. One affine map a list:
    the order within one modality stays, only the lists shift against each other.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="znorm",
        title="Score z-norm by pair of modalities",
        formula="(x · y − m_ab) / σ_ab, from calibration scores of modalities a and b",
        known=(
            "No vector moves and each list keeps its order, yet on real CLIP bias@10 falls to "
            ".40 and .34 and the match rises to NDCG@10 .68 and .71 (held out)."
        ),
        acts_on="scores",
        stores="two numbers a pair of modalities",
        query_cost="one multiply-add a score, O(N)",
        aliases=("score-znorm", "z-norm"),
        advice=(
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "Normalising scores by pair of modalities brings the lists to one scale and keeps "
                "the order within each.",
                "Wrong where the mix of queries or items moves away from the calibration items.",
            ),
            AdviceRule(
                "scores",
                "neither",
                "helps",
                "Scores normalised by pair of modalities share one scale, so one threshold serves "
                "all.",
                "Wrong in the tails: mean and spread are matched, the shape of the scores is not.",
            ),
        ),
        place=30,
    )
    levels_: dict[tuple[str, str], ScoreLevel]

    def fit(self, calibration: Collection) -> Self:
        super().fit(calibration)
        corpus = corpus_rows(calibration, self)
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

    @property
    def score_unit(self) -> str:
        return "z-score"

    @property
    def serving(self) -> Serving:
        return "merge"

    def merge_code(self, modalities: Sequence[str]) -> str:
        levels = "".join(
            f"    ({literal(a)}, {literal(b)}): ({level.mean!r}, {level.spread!r}),\n"
            for (a, b), level in self.levels_.items()
        )
        return _MERGE.format(levels=f"{{\n{levels}}}")

    def state(self) -> StrategyState:
        levels = [[a, b, level.mean, level.spread] for (a, b), level in self.levels_.items()]
        return StrategyState({}, {"score_levels": levels})

    def restore(self, state: StrategyState) -> None:
        self.levels_ = {
            (str(a), str(b)): ScoreLevel(float(mean), float(spread))
            for a, b, mean, spread in state.values["score_levels"]
        }


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

    def slope(self, modality: str) -> float:
        return max(1 / self.levels[modality, name].spread for name in self.corpus.names)


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
