"""Scores by type of pair under one strategy: what to draw, and thresholds that are held out.

Thresholds are fitted on the calibrate split and read on the evaluate split. A pair across two
modalities is relevant where it matches, one within a modality where both items share a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gapviz.collection import CALIBRATE, EVALUATE, Collection
from gapviz.encoders.base import Progress
from gapviz.geometry.pair_scores import PairScores, pair_scores
from gapviz.geometry.thresholds import (
    PAIR_TYPES,
    CalibratedThreshold,
    PairType,
    Rates,
    Transfer,
    TypedScores,
    rates_at,
    threshold_for_precision,
    threshold_for_recall,
    typed_scores,
)
from gapviz.strategies import Strategy, StrategyOptions, fit_strategy
from gapviz.vectors import Float32, Float64

Target = Literal["recall", "precision"]
Kind = Literal["within_x", "within_y", "matched", "mismatched"]
"""The four distributions of two modalities."""

KINDS: tuple[Kind, ...] = ("within_x", "within_y", "matched", "mismatched")
BINS = 200


@dataclass(frozen=True, slots=True)
class HeldOutThreshold:
    """A threshold for one pair type, and what it does on items it was not fitted on."""

    fitted: CalibratedThreshold
    held_out: Rates


@dataclass(frozen=True, eq=False)
class ScoreStudy:
    """Cosines of one collection under one strategy, by type of pair."""

    pair: tuple[str, str]
    """The modalities x and y."""
    strategy: str
    """Title with the parameters that matter."""
    edges: Float64
    """Of the bins, `(BINS + 1,)`, from −1 to 1."""
    densities: Mapping[Kind, Float64]
    """Share of the pairs of a kind in every bin, `(BINS,)`, of the evaluate split."""
    calibrate: Mapping[PairType, TypedScores]
    evaluate: Mapping[PairType, TypedScores]
    labelled: bool
    """False where no item has a label, so that no pair within a modality is relevant."""
    sampled: bool
    """True where a kind has too many pairs and a seeded sample stands for it."""

    def rates(self, threshold: float) -> dict[PairType, Rates]:
        """What passes a cosine, on the evaluate split."""
        return {name: rates_at(self.evaluate[name], threshold) for name in PAIR_TYPES}

    def calibrated(self, target: Target, share: float) -> dict[PairType, HeldOutThreshold]:
        """A threshold for every pair type, fitted on the calibrate split.

        Args:
            target: reach `share` in recall (and the highest threshold that does), or in
                precision (and the lowest).
            share: above 0, at most 1.

        Raises:
            GapvizError: a share out of range.
        """
        find = threshold_for_recall if target == "recall" else threshold_for_precision
        found = {name: find(self.calibrate, name, share) for name in PAIR_TYPES}
        return {
            name: HeldOutThreshold(fitted, rates_at(self.evaluate[name], fitted.threshold))
            for name, fitted in found.items()
        }

    def transfer(self, recall: float) -> tuple[Transfer, ...]:
        """A threshold that `recall` of each type's relevant calibration pairs reach, read on
        every type of the evaluate split.

        Raises:
            GapvizError: a recall out of range.
        """
        return tuple(
            Transfer(name, one.fitted.threshold, self.rates(one.fitted.threshold))
            for name, one in self.calibrated("recall", recall).items()
        )


def study_scores(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> ScoreStudy:
    """Fit a strategy and gather the cosines of both splits by type of pair.

    Args:
        collection: with a calibrate and an evaluate split.
        options: the strategy; one that moves no vector leaves the cosines raw.
        pair: the modalities x and y.
        seed: of samples, where a type has too many pairs.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a modality or a split that is missing, or a strategy that cannot be fitted.
    """
    report = progress or (lambda share, stage: None)
    calibration, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
    strategy = fit_strategy(options, calibration)
    report(0.1, "scores of the calibrate split")
    fitted_on = _typed(calibration, strategy, pair, seed)
    report(0.4, "scores of the evaluate split")
    evaluated = _typed(measured, strategy, pair, seed)
    report(0.7, "distributions")
    x, y = _moved(measured, strategy, pair)
    scores = pair_scores(x, y, measured.pairs(*pair), seed=seed)
    edges = np.linspace(-1, 1, BINS + 1)
    return ScoreStudy(
        pair=pair,
        strategy=strategy.label,
        edges=edges,
        densities={kind: _density(_of_kind(scores, kind), edges) for kind in KINDS},
        calibrate=fitted_on,
        evaluate=evaluated,
        labelled=bool((measured.labels >= 0).any()),
        sampled=scores.sampled,
    )


def _of_kind(scores: PairScores, kind: Kind) -> Float64:
    by_kind: dict[Kind, Float64] = {
        "within_x": scores.within_x,
        "within_y": scores.within_y,
        "matched": scores.matched,
        "mismatched": scores.mismatched,
    }
    return by_kind[kind]


def _typed(
    collection: Collection, strategy: Strategy, pair: tuple[str, str], seed: int
) -> dict[PairType, TypedScores]:
    x, y = _moved(collection, strategy, pair)
    labels = [collection.labels[collection.modality(name).corpus.item_index] for name in pair]
    known = [codes if (codes >= 0).any() else None for codes in labels]
    return typed_scores(
        x, y, collection.pairs(*pair), labels_x=known[0], labels_y=known[1], seed=seed
    )


def _moved(
    collection: Collection, strategy: Strategy, pair: tuple[str, str]
) -> tuple[Float32, Float32]:
    x, y = (
        strategy.alignment.transform(collection.modality(name).corpus.vectors, name)
        for name in pair
    )
    return x, y


def _density(cosines: Float64, edges: Float64) -> Float64:
    # Rounding leaves a cosine a hair outside.
    counts, _ = np.histogram(np.clip(cosines, -1, 1), edges)
    return counts / cosines.size if cosines.size else np.full(edges.size - 1, np.nan)
