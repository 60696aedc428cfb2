"""Is this a match? A strategy's calibration, and how it holds on the evaluate split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Mask
from gapviz.measures.experiment import Experiment
from gapviz.measures.match_probability.abstention import (
    Abstention,
    abstention_of,
    thresholds_without,
)
from gapviz.measures.match_probability.answers import (
    PRECISION,
    answers_of,
    checked_precision,
)
from gapviz.measures.match_probability.calibration import (
    FEWEST_MATCHED,
    CalibrationSettings,
    MatchCalibration,
    calibrate_matches,
    calibration_from,
    calibration_scores,
)
from gapviz.measures.match_probability.model import (
    METHOD,
    USUAL_PRIOR,
    MatchCurve,
    Method,
    fit_curve,
)
from gapviz.measures.match_probability.reliability import Reliability, reliability_of
from gapviz.measures.match_probability.scored_pairs import ScoredPairs, scored_pairs
from gapviz.measures.measurement import Fit
from gapviz.measures.retrieval.intervals import CORPUS_GROUPINGS, FIT_GROUPINGS, fifths
from gapviz.storage.cache import cached
from gapviz.strategies import StrategyOptions

MOST_MEASURED = 100_000
"""Held-out pairs of either kind: of more a seeded sample."""
MOST_REFITTED = 20_000
"""Mismatched pairs of each refit: what a curve does without a fifth of the items turns on the few
that match."""


@dataclass(frozen=True, eq=False)
class MatchStudy:
    """A calibration, and how it holds on the evaluate split."""

    strategy: str
    """Title with the parameters that matter."""
    settings: CalibrationSettings
    precision: float
    """Of the answers given."""
    calibration: MatchCalibration
    reliability: Mapping[tuple[str, str], Reliability]
    """By pair type, as in the calibration."""
    abstention: Mapping[tuple[str, str], Abstention]
    """By query modality and modality."""

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values; NaN becomes None."""
        plain: dict[str, Any] = plain_json(
            {
                "strategy": self.strategy,
                "method": self.settings.method,
                "prior": self.settings.prior,
                "precision": self.precision,
                "unit": self.calibration.unit,
                "probabilities": {
                    "-".join((one.first, one.second)): one for one in self.calibration.probabilities
                },
                "reliability": {"-".join(pair): one for pair, one in self.reliability.items()},
                "abstention": self.abstention,
            }
        )
        return plain


@cached("matches", revision=1)
def match_calibration(
    collection: Collection,
    options: StrategyOptions,
    *,
    method: Method = METHOD.default,
    prior: float = USUAL_PRIOR,
    fit: Fit = "split",
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> MatchCalibration:
    """What a strategy's scores say of a match, learned from the calibrate split.

    Args:
        collection: with a calibrate split.
        options: the strategy.
        method: how scores become probabilities.
        prior: probability that a pair drawn for judging matches; at another one see
            `MatchCurve.log_odds`.
        fit: `split`, or `all` to learn from all items, as `Experiment`.
        seed: of samples.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: no calibrate split, a strategy that cannot be fitted, or a prior that is not
            between 0 and 1.
    """
    experiment = Experiment(collection, options, fit, seed=seed)
    settings = CalibrationSettings(method, prior, seed)
    return calibrate_matches(
        experiment.calibration, experiment.strategy, settings, progress=progress
    )


@cached("match-studies", revision=1)
def study_matches(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    method: Method = METHOD.default,
    prior: float = USUAL_PRIOR,
    precision: float = PRECISION.default,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> MatchStudy:
    """Calibrate on the calibrate split, and measure on the evaluate split.

    Args:
        collection: with both splits.
        options: the strategy.
        pair: the two modalities looked at.
        method: as of `match_calibration`, like those that follow.
        prior: which the measured pairs are reweighted to as well.
        precision: share of the answers given that shall be right.
        seed: of samples and parts.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: as `match_calibration`, no evaluate split, or a precision that is not between
            0 and 1.
    """
    checked_precision(precision)
    experiment = Experiment(collection, options, seed=seed)
    settings = CalibrationSettings(method, prior, seed)
    calibration_items = experiment.calibration.of_modalities(pair)
    evaluated = experiment.evaluated.of_modalities(pair)
    strategy = experiment.strategy
    learned_from = calibration_scores(
        calibration_items, strategy, seed=seed, progress=share_of(progress, 0, 3)
    )
    calibration = calibration_from(learned_from, strategy, settings)
    kept = fifths(evaluated.n_items, CORPUS_GROUPINGS, seed)
    without = fifths(calibration_items.n_items, FIT_GROUPINGS, seed + 1)
    reliability, abstention = {}, {}
    for place, one in enumerate(calibration.probabilities):
        names = one.first, one.second
        progress((1 + place / len(calibration.probabilities)) / 3, f"{'–'.join(names)} pairs")
        if not set(names) <= set(evaluated.modality_names):
            continue
        held_out = scored_pairs(
            evaluated, strategy, names, one.match, seed=seed, most=MOST_MEASURED
        )
        if held_out.matched.size and held_out.mismatched.size:
            refits = _refits(learned_from.pairs[names], without, settings)
            reliability[names] = reliability_of(one.curve, refits, held_out, kept, prior)
    for place, known in enumerate(calibration.answers):
        way = known.query_modality, known.modality
        progress((2 + place / len(calibration.answers)) / 3, f"{' → '.join(way)} queries")
        probability = calibration.probability(*way)
        if probability is None or not set(way) <= set(evaluated.modality_names):
            continue
        answers = answers_of(evaluated, strategy, *way, probability.match, seed=seed)
        scores = thresholds_without(learned_from.answers[way], precision, without)
        if answers.query_items.size:
            threshold = known.threshold(precision)
            abstention[way] = abstention_of(threshold, scores, answers, probability, kept)
    return MatchStudy(strategy.label, settings, precision, calibration, reliability, abstention)


def _refits(pairs: ScoredPairs, kept: Mask, settings: CalibrationSettings) -> list[MatchCurve]:
    """The curve without each fifth of the calibration items; none where a part has too few."""
    found = []
    step = -(-pairs.mismatched.size // MOST_REFITTED)
    for items in kept.T:
        matched, mismatched = (
            scores[items[owners].all(axis=1)]
            for scores, owners in (
                (pairs.matched, pairs.matched_items),
                (pairs.mismatched[::step], pairs.mismatched_items[::step]),
            )
        )
        if min(matched.size, mismatched.size) < FEWEST_MATCHED // 2:
            return []
        found.append(fit_curve(matched, mismatched, method=settings.method, prior=settings.prior))
    return found
