"""What passes one threshold, by pair of modalities, before and after a change."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

import numpy as np

from gapviz.advisor.effects import Effect, paired
from gapviz.advisor.evidence import Evidence
from gapviz.alignment import Alignment
from gapviz.collection import Collection
from gapviz.retrieval.scoring import PairNormalisation
from gapviz.strategies import Strategy, StrategyOptions
from gapviz.vectors import Float32, Float64, Indices, Mask

Kind = tuple[str, str]
"""The modalities of a pair of rows."""
Chosen = Callable[[Collection, Kind, Indices, Indices], Mask]
"""Which of the pairs `(n_a, n_b)` of rows count, by the items of both."""

MATCHED_SHARE = 0.95
"""Share of the matched pairs that the threshold lets pass, on the calibrate split."""

MOST_ROWS = 2_000
"""Rows a modality; of more, a seeded sample."""


def passing_effects(evidence: Evidence, strategy: str | None) -> list[Effect]:
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
    raw = evidence.raw.strategy
    one = one_threshold(evidence)
    after, cuts = raw, _levels(evidence, raw, one)
    if strategy is not None:
        after = evidence.measured(StrategyOptions(strategy)).strategy
        cuts = dict.fromkeys(_kinds(evidence), _one_threshold(evidence, after))

    def effect(
        words: str, kind: Kind, chosen: Chosen, *, higher: bool = False, aim: float | None = None
    ) -> Effect:
        before, items = _shares(evidence, raw, kind, one, chosen)
        then, _ = _shares(evidence, after, kind, cuts[kind], chosen)
        figure = f"{words.format(f'{kind[0]}–{kind[1]}')} that pass"
        return paired(
            figure, before, then, items, seed=evidence.seed, higher_is_better=higher, aim=aim
        )

    *within, between = _kinds(evidence)
    unrelated = effect("unrelated {} pairs", between, _unrelated)
    aim = None if isnan(unrelated.before.value) else unrelated.before.value
    related = [effect("{} pairs of one label", kind, _related, higher=True) for kind in within]
    return [
        *(effect("unrelated {} pairs", kind, _unrelated, aim=aim) for kind in within),
        unrelated,
        effect("matched {} pairs", between, _matched, higher=True),
        *(one for one in related if not isnan(one.change.value)),
    ]


def one_threshold(evidence: Evidence) -> float:
    """The cosine that 95 % of the matched pairs of the calibrate split reach; NaN of none."""
    return _one_threshold(evidence, evidence.raw.strategy)


def _kinds(evidence: Evidence) -> list[Kind]:
    """Pairs within a modality first: they are what one threshold fails on."""
    first, second = evidence.pair
    return [(first, first), (second, second), (first, second)]


def _scores(
    collection: Collection, strategy: Strategy, kind: Kind, seed: int
) -> tuple[Float64, Indices, Indices]:
    """Scores `(n_a, n_b)` of sampled rows of both modalities, with the items of each."""
    (rows_a, items_a), (rows_b, items_b) = (
        _sampled(collection, name, strategy.alignment, seed) for name in kind
    )
    scores = (rows_a @ rows_b.T).astype(np.float64)
    if isinstance(strategy.scoring, PairNormalisation):
        level = strategy.scoring.levels_[kind]
        scores = (scores - level.mean) / level.spread
    return scores, items_a, items_b


def _sampled(
    collection: Collection, name: str, alignment: Alignment, seed: int
) -> tuple[Float32, Indices]:
    block = collection.modality(name).corpus
    keep = np.arange(block.n_rows)
    if block.n_rows > MOST_ROWS:
        # One seed for all modalities, so that where rows match, the same items are drawn.
        keep = np.sort(np.random.default_rng(seed).choice(block.n_rows, MOST_ROWS, replace=False))
    return alignment.transform(block.vectors[keep], name), block.item_index[keep]


def _one_threshold(evidence: Evidence, strategy: Strategy) -> float:
    scores, a, b = _scores(evidence.calibration, strategy, evidence.pair, evidence.seed)
    matched = scores[a[:, None] == b[None, :]]
    return float(np.quantile(matched, 1 - MATCHED_SHARE)) if matched.size else float("nan")


def _levels(evidence: Evidence, raw: Strategy, one: float) -> dict[Kind, float]:
    """A threshold a pair of modalities that lets the same share of unrelated pairs pass."""
    calibration = evidence.calibration
    found = {}
    target = float("nan")
    for kind in reversed(_kinds(evidence)):
        scores, a, b = _scores(calibration, raw, kind, evidence.seed)
        unrelated = scores[_unrelated(calibration, kind, a, b)]
        if kind == evidence.pair:
            target = float((unrelated >= one).mean()) if unrelated.size else float("nan")
            found[kind] = one
        elif unrelated.size and not np.isnan(target):
            found[kind] = float(np.quantile(unrelated, 1 - target))
        else:
            found[kind] = float("nan")
    return found


def _shares(
    evidence: Evidence, strategy: Strategy, kind: Kind, threshold: float, chosen: Chosen
) -> tuple[Float64, Indices]:
    """Per row of the first modality, the share of chosen pairs that pass; and its item."""
    measured = evidence.raw.collection
    scores, a, b = _scores(measured, strategy, kind, evidence.seed)
    pairs = chosen(measured, kind, a, b)
    passed = (pairs & (scores >= threshold)).sum(axis=1)
    n = pairs.sum(axis=1)
    share = np.where((n > 0) & ~np.isnan(threshold), passed / np.maximum(n, 1), np.nan)
    return share, a


def _unrelated(collection: Collection, kind: Kind, a: Indices, b: Indices) -> Mask:
    different: Mask = a[:, None] != b[None, :]
    if kind[0] == kind[1]:
        different &= ~_related(collection, kind, a, b)
    return different


def _related(collection: Collection, kind: Kind, a: Indices, b: Indices) -> Mask:
    labels = collection.labels
    alike: Mask = labels[a][:, None] == labels[b][None, :]
    alike &= (labels[a] >= 0)[:, None] & (a[:, None] != b[None, :])
    return alike


def _matched(collection: Collection, kind: Kind, a: Indices, b: Indices) -> Mask:
    same: Mask = a[:, None] == b[None, :]
    return same
