"""The family of scales by pair of modalities: one affine map a list, so that lists compare."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.python_source import literal
from gapviz.core.rows import Rows
from gapviz.core.vectors import NO_SPREAD, Float32
from gapviz.strategies.base import PreparedScores, Strategy, StrategyState, refuse_unseen
from gapviz.strategies.fusion.base import Serving

STORES = "two numbers a pair of modalities"
QUERY_COST = "one multiply-add a score, O(N)"

_MERGE = '''

# Query modality, row modality → mean and spread that the calibration items gave.
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
    """Mean and root-mean-square deviation of scores of one pair of modalities."""

    mean: float
    spread: float


class PairScale(Strategy):
    """Family (s − m_ab) / σ_ab for a query of modality a and a row of modality b.

    The order within one modality stays, only the lists shift and stretch against each other.
    """

    levels_: dict[tuple[str, str], ScoreLevel]
    """By query modality and row modality."""

    @abstractmethod
    def measured_levels(self, calibration: Collection) -> dict[tuple[str, str], ScoreLevel | None]:
        """By query modality and row modality; None where no two items can be compared."""

    def fit(self, calibration: Collection) -> Self:
        super().fit(calibration)
        self.levels_, warnings = {}, []
        for (a, b), level in self.measured_levels(calibration).items():
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
