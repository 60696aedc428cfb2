"""Does the threshold keep its precision? How often it answers, and whether it stays silent.

Measured on queries held out, with their matches in the gallery, and with all of them taken out. In
the intervals the evaluated items vary, queries and gallery together, and the calibration queries
that the threshold was chosen on; what the strategy has learned is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import JsonFields
from gapviz.core.vectors import Float64, Mask
from gapviz.measures.match_probability.answers import Answers, AnswerThreshold, threshold_of
from gapviz.measures.match_probability.model import MatchProbability
from gapviz.measures.retrieval.intervals import Replicates

SHOWN = 10
"""First answers of a query whose probabilities are added up."""


@dataclass(frozen=True, slots=True)
class Abstention(JsonFields):
    """What a threshold does to held-out queries of one modality."""

    threshold: AnswerThreshold
    precision: Estimate
    """Share of the answers given that are right; NaN where none is given."""
    coverage: Estimate
    """Share of the queries that are answered."""
    silent: Estimate
    """Share that is rightly not answered, of queries without any match in the gallery."""
    n_queries: int
    n_answered: int
    stated: float
    """Mean stated probability of the first answers, at the prior of a pair of a query and any row
    of this gallery."""
    matched: Estimate
    """Share of those answers that match."""


@dataclass(frozen=True, eq=False)
class _Shares:
    """`(n_parts,)` each."""

    precision: Float64
    coverage: Float64
    silent: Float64


def abstention_of(
    threshold: AnswerThreshold,
    refits: Sequence[float],
    answers: Answers,
    probability: MatchProbability,
    kept: Mask,
) -> Abstention:
    """What a threshold does to queries that it was not chosen on.

    Args:
        threshold: chosen on other items.
        refits: scores chosen without each fifth of those; ∞ for none.
        answers: of held-out queries.
        probability: of the pair type.
        kept: `(n_items, n_parts)`, which of their items each part has; see `fifths`.
    """
    score = inf if threshold.score is None else threshold.score
    everyone = np.ones((len(kept), 1), dtype=np.bool_)
    whole = _shares(answers, score, everyone)
    corpus = _shares(answers, score, kept)
    fits = [_shares(answers, one, everyone) for one in refits]
    best, _ = answers.found.best(answers.tolerance)
    n_queries, n_answered = best.size, int(np.count_nonzero(best >= score))

    def estimate(name: str, n: int) -> Estimate:
        fit = np.array([getattr(one, name)[0] for one in fits])
        value = float(getattr(whole, name)[0])
        return Replicates(value, getattr(corpus, name), fit, n, "share").estimate

    prior = probability.prior_among(threshold.modality, answers.n_rows)
    stated, matched = _shown(answers, probability, prior, kept)
    return Abstention(
        threshold=threshold,
        precision=estimate("precision", n_answered),
        coverage=estimate("coverage", n_queries),
        silent=estimate("silent", n_queries),
        n_queries=n_queries,
        n_answered=n_answered,
        stated=stated,
        matched=matched,
    )


def _shares(answers: Answers, score: float, kept: Mask) -> _Shares:
    asks = kept[answers.query_items]
    best, right = answers.found.best(answers.tolerance, kept)
    without, _ = answers.without_match.best(answers.tolerance, kept)
    answered = asks & (best >= score) & np.isfinite(best)
    n_asking = asks.sum(axis=0)
    silent = asks & ~((without >= score) & np.isfinite(without))
    return _Shares(
        _ratio((right * answered).sum(axis=0), answered.sum(axis=0)),
        _ratio(answered.sum(axis=0), n_asking),
        _ratio(silent.sum(axis=0), n_asking),
    )


def _shown(
    answers: Answers, probability: MatchProbability, prior: float, kept: Mask
) -> tuple[float, Estimate]:
    """Mean stated probability of the first answers, and the share of them that match."""
    scores = answers.found.scores[:, :SHOWN]
    there = np.isfinite(scores)
    if not there.any():
        return float("nan"), Estimate(*[float("nan")] * 3)
    stated = probability.curve.probability(scores[there], prior)
    matched = (answers.found.matches[:, :SHOWN] & there).sum(axis=1).astype(np.float64)
    asks = kept[answers.query_items].astype(np.float64)
    parts = _ratio(matched @ asks, there.sum(axis=1) @ asks)
    share = float(matched.sum() / there.sum())
    return float(stated.mean()), Replicates(
        share, parts, np.zeros(0), len(scores), "share"
    ).estimate


def _ratio(part: Float64, whole: Float64) -> Float64:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0))


def thresholds_without(answers: Answers, precision: float, kept: Mask) -> list[float]:
    """The thresholds chosen on parts of the calibration items, `(n_items, n_parts)`; ∞ for none."""
    best, right = answers.found.best(answers.tolerance, kept)
    asks = kept[answers.query_items]
    return [
        threshold_of(best[asks[:, part], part], right[asks[:, part], part], precision)
        for part in range(kept.shape[1])
    ]
