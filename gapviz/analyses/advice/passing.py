"""What passes one threshold, by pair of modalities, before and after a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

import numpy as np

from gapviz.analyses.advice.evidence import Effect, Evidence, paired
from gapviz.core.collection import Collection
from gapviz.core.rows import Rows, rows_of_one
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.strategies import Strategy, StrategyOptions

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
    measured, raw = evidence.raw.collection, evidence.raw.strategy
    one = one_threshold(evidence)
    if strategy is None:
        after, cuts = raw, _levels(evidence, raw, one)
    else:
        after = evidence.measured(StrategyOptions(strategy)).strategy
        cuts = dict.fromkeys(_kinds(evidence), one_threshold(evidence, after))

    def compared(kind: Kind, *counted: _Counted) -> list[Effect]:
        scores, a, b = _scores(measured, raw, kind, evidence.seed)
        then = scores if after is raw else _scores(measured, after, kind, evidence.seed)[0]
        found = []
        for each in counted:
            pairs = each.chosen(measured, kind, a, b)
            shares = _share(pairs, scores, one), _share(pairs, then, cuts[kind])
            figure = f"{each.words.format(f'{kind[0]}–{kind[1]}')} that pass"
            found.append(
                paired(
                    figure, *shares, a, seed=evidence.seed, higher_is_better=each.higher,
                    aim=each.aim,
                )
            )  # fmt: skip
        return found

    *within, between = _kinds(evidence)
    unrelated, matched = compared(
        between,
        _Counted("unrelated {} pairs", _unrelated),
        _Counted("matched {} pairs", _matched, higher=True),
    )
    aim = None if isnan(unrelated.before.value) else unrelated.before.value
    inside = [
        compared(
            kind,
            _Counted("unrelated {} pairs", _unrelated, aim=aim),
            _Counted("{} pairs of one label", _related, higher=True),
        )
        for kind in within
    ]
    related = [one for _, one in inside if not isnan(one.change.value)]
    return [*(one for one, _ in inside), unrelated, matched, *related]


@dataclass(frozen=True, slots=True)
class _Counted:
    """A kind of pairs whose share that passes is a figure."""

    words: str
    chosen: Chosen
    higher: bool = False
    aim: float | None = None


def one_threshold(evidence: Evidence, strategy: Strategy | None = None) -> float:
    """The score that 95 % of the matched pairs of the calibrate split reach; NaN of none.

    Args:
        evidence: of the collection.
        strategy: whose scores; raw cosine unless given.
    """
    chosen = strategy or evidence.raw.strategy
    scores, a, b = _scores(evidence.calibration, chosen, evidence.pair, evidence.seed)
    matched = scores[a[:, None] == b[None, :]]
    return float(np.quantile(matched, 1 - MATCHED_SHARE)) if matched.size else float("nan")


def _kinds(evidence: Evidence) -> list[Kind]:
    """Pairs within a modality first: they are what one threshold fails on."""
    first, second = evidence.pair
    return [(first, first), (second, second), (first, second)]


def _scores(
    collection: Collection, strategy: Strategy, kind: Kind, seed: int
) -> tuple[Float64, Indices, Indices]:
    """Scores `(n_a, n_b)` of sampled rows of both modalities, with the items of each."""
    a, b = (_sampled(collection, name, strategy, seed) for name in kind)
    scores: Float32 = a.vectors @ b.vectors.T
    prepared = strategy.prepare(b, a)
    if prepared is not None:
        scores = prepared.adjust(scores, kind[0])
    return scores.astype(np.float64), a.item, b.item


def _sampled(collection: Collection, name: str, strategy: Strategy, seed: int) -> Rows:
    block = collection.modality(name).corpus
    keep = np.arange(block.n_rows)
    if block.n_rows > MOST_ROWS:
        # One seed for all modalities, so that where rows match, the same items are drawn.
        keep = np.sort(np.random.default_rng(seed).choice(block.n_rows, MOST_ROWS, replace=False))
    moved = strategy.transform(block.vectors[keep], name)
    return rows_of_one(name, moved, block.item_index[keep])


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


def _share(pairs: Mask, scores: Float64, threshold: float) -> Float64:
    """Per row, the share of the pairs that pass; NaN where there are none, or no threshold."""
    n = pairs.sum(axis=1)
    passed = (pairs & (scores >= threshold)).sum(axis=1)
    known = (n > 0) & ~np.isnan(threshold)
    share: Float64 = np.where(known, passed / np.maximum(n, 1), np.nan)
    return share


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
