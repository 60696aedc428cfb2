"""Nearest-neighbour normalisation: scores less what a row scores with reference queries."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32
from gapviz.strategies.query_bank import QUERY_COST, STORES, QueryBank
from gapviz.strategies.references import NEIGHBOURS, mean_of_best
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

_LEVELS = '''

ALPHA, NEIGHBOURS = {alpha}, {neighbours}


def levels(rows, modality):
    """What moved rows score with the reference queries of a modality; take it once."""
    return {{name: ALPHA * mean_of_best(block, modality) for name, block in rows.items()}}


def mean_of_best(block, modality):
    scores = block @ STORED[f"references.{{modality}}"].T
    scores = np.where(scores > 1 - 1e-6, -np.inf, scores)  # a copy of the row says nothing
    best = np.sort(scores, axis=1)[:, -NEIGHBOURS:]
    known = np.isfinite(best)
    return np.where(known, best, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
'''


class NearestNeighbourNormalisation(QueryBank):
    """NNN: s − α · mean of the row's k best scores with reference queries (Chowdhury 2024).

    A reference that is a copy of the row is passed over.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="nnn",
        title="Nearest-neighbour normalisation",
        formula="x · y − α · mean of the k best scores of y with reference queries",
        known=(
            "On real CLIP α = 1 and k = 10 bring the bias rate to .39 and .38, NDCG@10 to .62 and "
            ".59 and R@1 to .62 and .64 (held out), but at α = .75, best for recall, bias stays "
            ".9; it needs references that resemble the queries to come."
        ),
        acts_on="scores",
        stores=STORES,
        query_cost=QUERY_COST,
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
    level_code: ClassVar[str] = _LEVELS

    def level(self, corpus: Rows, modality: str) -> Float32:
        best = mean_of_best(
            corpus,
            self.references_[modality],
            self.value("neighbours"),
            before=self.adjusted_before(corpus, modality),
        )
        return np.float32(self.value("alpha")) * best
