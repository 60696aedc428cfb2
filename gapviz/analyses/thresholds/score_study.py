"""Scores by type of pair under one strategy: what to draw, and thresholds that are held out.

Thresholds are fitted on the calibrate split and read on the evaluate split. A pair across two
modalities is relevant where it matches, one within a modality where both items share a label.
Scores are cosines, unless the strategy adjusts them: then they are what it makes of cosines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil, floor, isnan
from typing import Any, Literal

import numpy as np

from gapviz.analyses.thresholds.adjusted_scores import adjusted_scores
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float64
from gapviz.measures.geometry.pair_scores import PairScores, pair_scores
from gapviz.measures.geometry.thresholds import (
    PAIR_TYPES,
    PairType,
    Rates,
    TypedScores,
    rates_at,
    threshold_for_precision,
    threshold_for_recall,
    typed_scores,
)
from gapviz.storage.cache import cached
from gapviz.strategies import Strategy, StrategyOptions, fit_strategy

Target = Literal["recall", "precision"]
Kind = Literal["within_x", "within_y", "matched", "mismatched"]
"""The four distributions of two modalities."""

KINDS: tuple[Kind, ...] = ("within_x", "within_y", "matched", "mismatched")
BINS = 200
# Of adjusted scores, whose bins span no more than there is.
ADJUSTED_BINS = 80
COSINE = "cosine"
"""Unit of scores that no strategy adjusts."""
USUAL_RECALL = 0.95
"""The share of matched pairs that a threshold lets pass unless told."""
# Of thresholds to choose from: a span beyond which hundredths are finer than a hand can choose.
WIDE_SPAN = 4


@dataclass(frozen=True, slots=True)
class HeldOutThreshold:
    """A threshold for one pair type, and what it does on items it was not fitted on."""

    threshold: float
    """NaN where no threshold reaches the target."""
    fitted: Rates
    """On the pairs that it was fitted on."""
    held_out: Rates


@dataclass(frozen=True, slots=True)
class ThresholdRange:
    """The thresholds that a person chooses from."""

    low: float
    high: float
    step: float
    usual: float
    """What 95 % of the matched calibration pairs reach, to the nearest step."""


@dataclass(frozen=True, eq=False)
class ScoreStudy:
    """Scores of one collection under one strategy, by type of pair."""

    pair: tuple[str, str]
    """The modalities x and y."""
    strategy: str
    """Title with the parameters that matter."""
    unit: str
    """What a score is: "cosine", or what the strategy makes of it; higher is more alike."""
    query_modality: str | None
    """Modality whose rows ask across the modalities; None for cosines, which are the same
    both ways."""
    edges: Float64
    """Of the bins, `(n_bins + 1,)`: −1 to 1 for cosines, else lowest to highest score."""
    densities: Mapping[Kind, Float64]
    """Share of the pairs of a kind in every bin, `(n_bins,)`, of the evaluate split."""
    calibrate: Mapping[PairType, TypedScores]
    evaluate: Mapping[PairType, TypedScores]
    labelled: bool
    """False where no item has a label, so that no pair within a modality is relevant."""
    sampled: bool
    """True where a kind has too many pairs and a seeded sample stands for it."""

    @property
    def across(self) -> str:
        """The pair type across the modalities, with who asks whom where that matters."""
        x, y = self.pair
        if self.query_modality is None:
            return f"{x}–{y}"
        return f"{self.query_modality} → {y if self.query_modality == x else x}"

    @property
    def choice(self) -> ThresholdRange:
        """From which thresholds to choose, and with which to begin; 0 where no pair matches."""
        low, high = float(floor(self.edges[0])), float(ceil(self.edges[-1]))
        step = 0.01 if high - low <= WIDE_SPAN else 0.05
        usual = self.calibrated("recall", USUAL_RECALL)["cross"].threshold
        start = 0.0 if isnan(usual) else round(round(usual / step) * step, 2)
        return ThresholdRange(low, high, step, min(max(start, low), high))

    def rates(self, threshold: float) -> dict[PairType, Rates]:
        """What passes a score, on the evaluate split; all NaN for a NaN threshold."""
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
        return {
            name: HeldOutThreshold(
                threshold := find(scores, share),
                rates_at(scores, threshold),
                rates_at(self.evaluate[name], threshold),
            )
            for name, scores in self.calibrate.items()
        }

    def to_json(self, threshold: float, target: Target, share: float) -> dict[str, Any]:
        """Distributions, what passes, and thresholds as plain values; NaN becomes None.

        Pair types are named by their modalities: `image-text`, `image-image`.

        Args:
            threshold: whose passing shares are told.
            target: of the calibrated thresholds, as in `calibrated`.
            share: how much of it.

        Raises:
            GapvizError: a share out of range.
        """
        x, y = self.pair
        names = {"cross": f"{x}-{y}", "within_x": f"{x}-{x}", "within_y": f"{y}-{y}"}

        def passing(at: float) -> dict[str, Rates]:
            return {names[name]: rates for name, rates in self.rates(at).items()}

        plain: dict[str, Any] = plain_json(
            {
                "strategy": self.strategy,
                "unit": self.unit,
                "query_modality": self.query_modality,
                "labelled": self.labelled,
                "sampled": self.sampled,
                "edges": self.edges,
                "densities": {names.get(k, k): density for k, density in self.densities.items()},
                "threshold": threshold,
                "passing": passing(threshold),
                "transfer": {
                    names[name]: {"threshold": one.threshold, "rates": passing(one.threshold)}
                    for name, one in self.calibrated("recall", USUAL_RECALL).items()
                },
                "target": {target: share},
                "calibrated": {
                    names[name]: one for name, one in self.calibrated(target, share).items()
                },
            }
        )
        return plain


@cached("scores", revision=1, on_disk=False)
def study_scores(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    query_modality: str | None = None,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> ScoreStudy:
    """Fit a strategy and gather the scores of both splits by type of pair.

    Args:
        collection: with a calibrate and an evaluate split.
        options: the strategy; one that neither moves vectors nor adjusts scores leaves the
            cosines raw.
        pair: the modalities x and y.
        query_modality: which of them asks the other, where scores are adjusted; y unless told.
        seed: of samples, where a type has too many pairs.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a modality or a split that is missing, a strategy that cannot be fitted, or
            an asking modality that is not of the pair.
    """
    if query_modality is not None and query_modality not in pair:
        raise GapvizError(
            f"{query_modality} cannot ask for {pair[0]}–{pair[1]} pairs",
            hint=f"choose one of {', '.join(pair)}",
        )
    calibration, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
    strategy = fit_strategy(options, calibration)
    asking = (query_modality or pair[1]) if strategy.spec.adjusts_scores else None
    found = []
    for place, (part, split) in enumerate(((calibration, CALIBRATE), (measured, EVALUATE))):
        progress(0.1 + 0.4 * place, f"scores of the {split} split")
        told = partial(_report_split, progress, place, split)
        found.append(_scores(part, strategy, pair, asking, seed, told))
    (_, fitted_on), (scores, evaluated) = found
    by_kind: dict[Kind, Float64] = {kind: getattr(scores, kind) for kind in KINDS}
    edges = _edges(by_kind.values()) if asking else np.linspace(-1, 1, BINS + 1)
    return ScoreStudy(
        pair=pair,
        strategy=strategy.label,
        unit=strategy.score_unit,
        query_modality=asking,
        edges=edges,
        densities={kind: _density(by_kind[kind], edges) for kind in KINDS},
        calibrate=fitted_on,
        evaluate=evaluated,
        labelled=bool((measured.labels >= 0).any()),
        sampled=scores.sampled,
    )


def _report_split(report: Progress, place: int, split: str, share: float, stage: str) -> None:
    report(0.1 + 0.4 * (place + share), f"{split} split, {stage}")


def _scores(
    collection: Collection,
    strategy: Strategy,
    pair: tuple[str, str],
    query_modality: str | None,
    seed: int,
    progress: Progress,
) -> tuple[PairScores, Mapping[PairType, TypedScores]]:
    """By kind and by pair type."""
    if query_modality is not None:
        return adjusted_scores(
            collection, strategy, pair, query_modality=query_modality, seed=seed, progress=progress
        )
    x, y = (strategy.transform(collection.modality(name).corpus.vectors, name) for name in pair)
    pairs = collection.pairs(*pair)
    labels = [collection.label_sets[collection.modality(name).corpus.item_index] for name in pair]
    known = [codes if (codes >= 0).any() else None for codes in labels]
    typed = typed_scores(x, y, pairs, labels_x=known[0], labels_y=known[1], seed=seed)
    return pair_scores(x, y, pairs, seed=seed), typed


def _edges(scores: Iterable[Float64]) -> Float64:
    """Of bins over all scores, wider than none where all of them are equal."""
    some = [part for part in scores if part.size]
    low = min((float(part.min()) for part in some), default=0.0)
    high = max((float(part.max()) for part in some), default=0.0)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, ADJUSTED_BINS + 1)


def _density(scores: Float64, edges: Float64) -> Float64:
    # Rounding leaves a cosine a hair outside.
    counts, _ = np.histogram(np.clip(scores, edges[0], edges[-1]), edges)
    return counts / scores.size if scores.size else np.full(edges.size - 1, np.nan)
