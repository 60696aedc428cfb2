"""What passes one threshold, by pair of modalities, before and after a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, nan

import numpy as np

from gapviz.analyses.advice.effect import Trial
from gapviz.analyses.advice.evidence import Evidence
from gapviz.core.collection import Collection
from gapviz.core.labels import sharing_rows
from gapviz.core.rows import Rows, rows_of_one
from gapviz.core.seeds import seeded_sample
from gapviz.core.vectors import Float32, Float64, Indices, Mask, ratio
from gapviz.strategies import Strategy, StrategyOptions

Kind = tuple[str, str]
"""The modalities of a pair of rows."""
_FIGURES = {
    "unrelated": "unrelated {} pairs that pass",
    "matched": "matched {} pairs that pass",
    "alike": "{} pairs of one label that pass",
}
"""By which pairs of rows count; see `_scores`."""

MATCHED_SHARE = 0.95
"""Share of the matched pairs that the threshold lets pass, on the calibrate split."""

MOST_ROWS = 2_000
"""Rows a modality; of more, a seeded sample."""


def passing_trials(evidence: Evidence, strategy: str | None) -> list[Trial]:
    """Which pairs pass: raw cosine with one threshold, against another way.

    Unrelated within a modality: items of unlike labels where both have one, else any two
    different items. Their share is best near that of unrelated pairs between the modalities:
    then one threshold means the same for every kind. The threshold lets 95 % of the matched
    pairs of the calibrate split pass.

    Args:
        evidence: of the collection.
        strategy: another scale for the same single threshold; None for thresholds by pair of
            modalities, set to pass the same share of unrelated pairs of each.
    """
    measured, raw = evidence.raw.collection, evidence.raw.strategy
    one = one_threshold(evidence)
    if strategy is None:
        after, cuts = raw, _levels(evidence, raw, one)
    else:
        after = evidence.measured(StrategyOptions(strategy)).strategy
        cuts = dict.fromkeys(_kinds(evidence), one_threshold(evidence, after))

    def compared(kind: Kind, counting: Sequence[str], aim: float = nan) -> list[Trial]:
        scores, items, pairs = _scores(measured, raw, kind, evidence.seed)
        then = scores if after is raw else _scores(measured, after, kind, evidence.seed)[0]
        return [
            Trial.of_queries(
                _FIGURES[each].format("–".join(kind)),
                _share(pairs[each], scores, one),
                _share(pairs[each], then, cuts[kind]),
                items,
                seed=evidence.seed,
                higher_is_better=each != "unrelated",
                aim=None if each != "unrelated" or isnan(aim) else aim,
            ).in_words(_FIGURES[each].format("–".join(kind)))
            for each in counting
        ]

    *within, between = _kinds(evidence)
    unrelated, matched = compared(between, ("unrelated", "matched"))
    inside = [compared(kind, ("unrelated", "alike"), unrelated.before.value) for kind in within]
    related = [one for _, one in inside if not isnan(one.change.value)]
    return [*(one for one, _ in inside), unrelated, matched, *related]


def one_threshold(evidence: Evidence, strategy: Strategy | None = None) -> float:
    """The score that 95 % of the matched pairs of the calibrate split reach; NaN of none.

    Args:
        evidence: of the collection.
        strategy: whose scores; raw cosine unless given.
    """
    chosen = strategy or evidence.raw.strategy
    scores, _, pairs = _scores(evidence.calibration, chosen, evidence.pair, evidence.seed)
    matched = scores[pairs["matched"]]
    return float(np.quantile(matched, 1 - MATCHED_SHARE)) if matched.size else nan


def _kinds(evidence: Evidence) -> list[Kind]:
    """Pairs within a modality first: they are what one threshold fails on."""
    first, second = evidence.pair
    return [(first, first), (second, second), (first, second)]


def _scores(
    collection: Collection, strategy: Strategy, kind: Kind, seed: int
) -> tuple[Float64, Indices, dict[str, Mask]]:
    """Scores `(n_a, n_b)` of sampled rows of both modalities, the items `(n_a,)`, and the pairs.

    Pairs are of one item, of two items of one label, or unrelated: of any two items, but for
    those of one label within a modality.
    """
    a, b = (
        _sampled(collection, name, move, seed)
        for name, move in zip(kind, (strategy.transform_queries, strategy.transform), strict=True)
    )
    scores: Float32 = a.vectors @ b.vectors.T
    prepared = strategy.prepare(b, a)
    if prepared is not None:
        scores = prepared.adjust(scores, kind[0])
    labels = collection.label_sets
    matched = a.item[:, None] == b.item
    alike = sharing_rows(labels[a.item], labels[b.item]) & ~matched
    unrelated = ~matched & ~alike if kind[0] == kind[1] else ~matched
    pairs = {"matched": matched, "alike": alike, "unrelated": unrelated}
    return scores.astype(np.float64), a.item, pairs


def _sampled(
    collection: Collection, name: str, move: Callable[[Float32, str], Float32], seed: int
) -> Rows:
    block = collection.modality(name).corpus
    # One seed for all modalities, so that where rows match, the same items are drawn.
    keep = seeded_sample(np.arange(block.n_rows), MOST_ROWS, seed)
    return rows_of_one(name, move(block.vectors[keep], name), block.item_index[keep])


def _levels(evidence: Evidence, raw: Strategy, one: float) -> dict[Kind, float]:
    """A threshold a pair of modalities that lets the same share of unrelated pairs pass."""
    found = {}
    target = nan
    for kind in reversed(_kinds(evidence)):
        scores, _, pairs = _scores(evidence.calibration, raw, kind, evidence.seed)
        unrelated = scores[pairs["unrelated"]]
        if kind == evidence.pair:
            target = float((unrelated >= one).mean()) if unrelated.size else nan
            found[kind] = one
        elif unrelated.size and not isnan(target):
            found[kind] = float(np.quantile(unrelated, 1 - target))
        else:
            found[kind] = nan
    return found


def _share(pairs: Mask, scores: Float64, threshold: float) -> Float64:
    """Per row, the share of the pairs that pass; NaN where there are none, or no threshold."""
    if isnan(threshold):
        return np.full(len(pairs), np.nan)
    return ratio((pairs & (scores >= threshold)).sum(axis=1), pairs.sum(axis=1))
