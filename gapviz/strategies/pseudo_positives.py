"""Pseudo-positives: scores made comparable by the best that reference queries find."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows, corpus_rows, reference_rows
from gapviz.core.vectors import Float32, Float64
from gapviz.strategies.pair_scale import QUERY_COST, STORES, PairScale, ScoreLevel
from gapviz.strategies.references import Adjust, mean_of_k, thinned
from gapviz.strategies.spec import AdviceRule, StrategySpec

BEST = Parameter(
    "best",
    "Best scores",
    "count",
    1,
    "how many of the best scores of a reference query stand for its answer, as their mean",
    low=1,
    high=100,
    phrase="top {}",
)


class PseudoPositives(PairScale):
    """(s − m_ab) / σ_ab with m and σ of the best scores of reference queries (2511.22141).

    What a query finds first in a modality counts as its answer there, right or wrong, so that a
    log of queries is enough and no pair is needed. The asking calibration rows are the
    reference queries, the indexed calibration rows what they search; rows of a query's own item
    in its own modality do not count. Best scores rise with the size of the corpus: fit again as
    it grows.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="pseudo-positives",
        title="Score z-norm by pseudo-positives",
        formula="(x · y − m_ab) / σ_ab, from the best scores of reference queries a in modality b",
        known=(
            "No vector moves and no pair is needed, but on real CLIP the bias rate stays .80 and "
            ".80 and NDCG@10 reaches .53 and .50 where z-norm of all scores reaches .68 and .71 "
            "(held out); best scores rise with the corpus, so that it must be fitted again as it "
            "grows."
        ),
        acts_on="scores",
        stores=STORES,
        query_cost=QUERY_COST,
        parameters=(BEST,),
        advice=(
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "A log of queries alone brings the best scores of the lists to one scale.",
                "Wrong where the corpus grows after the fit, or the log is unlike the queries to "
                "come.",
            ),
        ),
        place=30.5,
    )

    def measured_levels(self, calibration: Collection) -> dict[tuple[str, str], ScoreLevel | None]:
        corpus, queries = corpus_rows(calibration, self), reference_rows(calibration, self)
        found: dict[tuple[str, str], ScoreLevel | None] = {}
        for a in corpus.names:
            best = _best_scores(
                corpus, queries, a, self.value("best"), self.adjusted_before(corpus, a)
            )
            for b, scores in best.items():
                known = scores[~np.isnan(scores)]
                level = ScoreLevel(float(known.mean()), float(known.std())) if known.size else None
                found[a, b] = level
        return found


def _best_scores(
    corpus: Rows, queries: Rows, a: str, k: int, before: Adjust | None
) -> dict[str, Float64]:
    """`(n_queries,)` mean of the `k` best scores of each query of `a`, by modality; NaN of none."""
    asking = thinned(queries, a)
    best = {b: np.full(asking.size, np.nan) for b in corpus.names}
    step = max(1, BLOCK_SCORES // max(corpus.n_rows, 1))
    for start in range(0, asking.size, step):
        few = asking[start : start + step]
        scores: Float32 = queries.vectors[few] @ corpus.vectors.T
        own = queries.item[few, None] == corpus.item
        scores[own & (corpus.modality == corpus.code(a))] = -np.inf
        if before is not None:
            scores = before(scores)
        for b, span in zip(corpus.names, corpus.spans, strict=True):
            found = np.isfinite(scores[:, span]).any(axis=1)
            best[b][start : start + step][found] = mean_of_k(scores[found, span], k)
    return best
