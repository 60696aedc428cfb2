"""What passes one threshold, by pair of modalities, before and after a change."""

from __future__ import annotations

import numpy as np

from gapviz.advisor.effects import Effect, paired
from gapviz.advisor.evidence import Evidence
from gapviz.alignment import Alignment
from gapviz.collection import Collection
from gapviz.retrieval.scoring import PairNormalisation
from gapviz.strategies import Strategy, StrategyOptions
from gapviz.vectors import Float32, Float64, Indices

MATCHED_SHARE = 0.95
"""Share of the matched pairs that the threshold lets pass, on the calibrate split."""

MOST_ROWS = 2_000
"""Rows a modality; of more, a seeded sample."""


def passing_effects(evidence: Evidence, strategy: str | None) -> list[Effect]:
    """Share of unrelated pairs that pass: raw with one threshold, against another way.

    Unrelated within a modality: items of unlike labels where both have one, else any two
    different items. The threshold lets 95 % of the matched pairs of the calibrate split pass.

    Args:
        evidence: of the collection.
        strategy: another scale for the same single threshold; None for thresholds by pair of
            modalities, set to pass the same share of unrelated pairs of each.
    """
    raw = evidence.raw.strategy
    one = _one_threshold(evidence, raw)
    if strategy is None:
        levels = _levels(evidence, raw, one)
        other = {kind: _shares(evidence, raw, kind, level) for kind, level in levels.items()}
    else:
        changed = evidence.measured(StrategyOptions(strategy)).strategy
        cut = _one_threshold(evidence, changed)
        other = {kind: _shares(evidence, changed, kind, cut) for kind in _kinds(evidence)}
    effects = []
    for kind in _kinds(evidence):
        before, items = _shares(evidence, raw, kind, one)
        effects.append(
            paired(
                f"unrelated {kind[0]}–{kind[1]} pairs that pass", before, other[kind][0], items,
                seed=evidence.seed, higher_is_better=False,
            )
        )  # fmt: skip
    return effects


def _kinds(evidence: Evidence) -> list[tuple[str, str]]:
    """Pairs within a modality first: they are what one threshold fails on."""
    first, second = evidence.pair
    return [(first, first), (second, second), (first, second)]


def _scores(
    collection: Collection, strategy: Strategy, kind: tuple[str, str], seed: int
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


def _levels(evidence: Evidence, raw: Strategy, one: float) -> dict[tuple[str, str], float]:
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
    evidence: Evidence, strategy: Strategy, kind: tuple[str, str], threshold: float
) -> tuple[Float64, Indices]:
    """Per row of the first modality, the share of unrelated rows that pass; and its item."""
    measured = evidence.raw.collection
    scores, a, b = _scores(measured, strategy, kind, evidence.seed)
    unrelated = _unrelated(measured, kind, a, b)
    passed = (unrelated & (scores >= threshold)).sum(axis=1)
    n = unrelated.sum(axis=1)
    share = np.where((n > 0) & ~np.isnan(threshold), passed / np.maximum(n, 1), np.nan)
    return share, a


def _unrelated(collection: Collection, kind: tuple[str, str], a: Indices, b: Indices) -> np.ndarray:
    different: np.ndarray = a[:, None] != b[None, :]
    if kind[0] == kind[1]:
        labels = collection.labels
        known = (labels[a] >= 0)[:, None]
        different &= ~(known & (labels[a][:, None] == labels[b][None, :]))
    return different
