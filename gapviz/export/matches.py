"""Which scores are matches, in an export: plain numbers of the card, and code that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.analyses.thresholds.match_study import match_calibration
from gapviz.core.errors import GapvizError
from gapviz.core.python_source import literal
from gapviz.core.vectors import Float64
from gapviz.measures.experiment import Experiment
from gapviz.measures.match_probability.answers import (
    PRECISION,
    AnswerThreshold,
    answers_of,
    checked_precision,
)
from gapviz.measures.match_probability.calibration import MatchCalibration
from gapviz.measures.match_probability.model import (
    METHOD,
    USUAL_PRIOR,
    MatchCurve,
    MatchProbability,
    Method,
)

_CODE = '''

# Where {prior:g} of the pairs judged match; from {unit}s of calibration pairs, {method}.
PRIOR = {prior!r}
MATCHES = {curves}
# The best answer is accepted from this score on, for a precision of {precision:g}, among as many
# rows as there were calibration items; None where no score reaches it.
ACCEPTED_FROM = {accepted}


def match_probability(score, modality_a, modality_b, prior=PRIOR):
    """Probability that a pair matches, from {what}.

    `score` is a number or an array of them. `prior` is the share of such pairs that match: of a
    query's one match among n rows, 1 / n. Within a modality, two items that share a label match.
    """
    pair = (modality_a, modality_b)
    curve = MATCHES[pair if pair in MATCHES else pair[::-1]]
    {log_odds}
    log_odds = log_odds + np.log(prior / (1 - prior)) - np.log(PRIOR / (1 - PRIOR))
    return 1 / (1 + np.exp(-log_odds))
'''
_LOG_ODDS: Mapping[Method, str] = {
    "logistic": 'log_odds = curve["intercept"] + curve["slope"] * np.asarray(score)',
    "isotonic": 'log_odds = np.interp(score, curve["scores"], curve["steps"])',
}


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """How an export learns which scores are matches; see `match_calibration`."""

    method: Method = METHOD.default
    prior: float = USUAL_PRIOR
    precision: float = PRECISION.default


@dataclass(frozen=True, slots=True)
class ExportedThreshold:
    """From which score on the best answer is accepted, and what that does on held-out queries."""

    chosen: AnswerThreshold
    held_out_precision: float | None
    """Share of the answers given that are right; None where none is given."""
    held_out_coverage: float | None
    """Share of the queries that are answered; None where there are none."""


@dataclass(frozen=True, slots=True)
class ExportedMatches:
    """What a strategy's scores say of a match, as plain numbers."""

    unit: str
    """What a score is."""
    of_cosines: bool
    """Whether that is the cosine of two moved rows, though lists may be ranked by another one."""
    why_cosines: str
    """Why it is, where lists are ranked by another score; else empty."""
    method: Method
    prior: float
    precision: float
    probabilities: tuple[MatchProbability, ...]
    thresholds: tuple[ExportedThreshold, ...]
    lacking: tuple[str, ...]
    """Why there is nothing for a pair type, a sentence each."""

    def probability(
        self, scores: npt.ArrayLike, one: str, other: str, prior: float | None = None
    ) -> Float64:
        """Probability of a match, for scores of any shape of rows of two modalities.

        Args:
            scores: in `unit`.
            one: a modality.
            other: a modality; the same one for pairs within it.
            prior: share of such pairs that match, of one match among n rows 1 / n; that of the
                fit unless given.

        Raises:
            GapvizError: nothing was learned of such pairs, or a prior that is not between 0
                and 1.
        """
        for known in self.probabilities:
            if known.modalities == frozenset((one, other)):
                return known.curve.probability(scores, prior)
        raise GapvizError(
            f"no probability of a match is known for {one[:60]}–{other[:60]} pairs",
            hint=" ".join(self.lacking) or "name two modalities of the export",
        )

    @classmethod
    def from_plain(cls, told: Mapping[str, Any]) -> ExportedMatches:
        """What `asdict` made of one, after JSON.

        Raises:
            ValueError, TypeError, KeyError: it is no such thing.
        """
        parts = dict(told)
        parts["probabilities"] = tuple(map(_probability, told["probabilities"]))
        parts["thresholds"] = tuple(
            ExportedThreshold(**{**one, "chosen": AnswerThreshold(**one["chosen"])})
            for one in told["thresholds"]
        )
        parts["lacking"] = tuple(map(str, told["lacking"]))
        return cls(**parts)


def exported_matches(
    experiment: Experiment, settings: MatchSettings | None = None
) -> ExportedMatches:
    """Learn from the calibration items, and read the thresholds on the evaluated ones.

    Raises:
        GapvizError: a prior or a precision that is not between 0 and 1.
    """
    settings = settings or MatchSettings()
    checked_precision(settings.precision)
    known = match_calibration(
        experiment.collection,
        experiment.options,
        method=settings.method,
        prior=settings.prior,
        fit=experiment.fit,
        seed=experiment.seed,
    ).compute()
    return ExportedMatches(
        unit=known.unit,
        of_cosines=known.of_cosines,
        why_cosines=known.why_cosines,
        method=settings.method,
        prior=settings.prior,
        precision=settings.precision,
        probabilities=known.probabilities,
        thresholds=tuple(_thresholds(experiment, known, settings.precision)),
        lacking=known.lacking,
    )


def match_code(matches: ExportedMatches | None) -> str:
    """`match_probability` of a generated file; empty where nothing was learned."""
    if matches is None or not matches.probabilities:
        return ""
    curves = [
        ((one.first, one.second), _told(one.curve, matches.method)) for one in matches.probabilities
    ]
    accepted = [
        ((one.chosen.query_modality, one.chosen.modality), one.chosen.score)
        for one in matches.thresholds
    ]
    what = f"its {matches.unit}"
    if matches.of_cosines:
        what = "the cosine of its rows as `move` gives them"
    return _CODE.format(
        prior=matches.prior,
        unit=matches.unit,
        method=matches.method,
        precision=matches.precision,
        curves=_mapping(curves),
        accepted=_mapping(accepted),
        what=what,
        log_odds=_LOG_ODDS[matches.method],
    )


def _thresholds(
    experiment: Experiment, known: MatchCalibration, precision: float
) -> list[ExportedThreshold]:
    found = []
    for threshold in known.thresholds(precision):
        way = threshold.query_modality, threshold.modality
        probability = known.probability(*way)
        held_out: tuple[float | None, float | None] = None, None
        if probability is not None and set(way) <= set(experiment.evaluated.modality_names):
            answers = answers_of(
                experiment.evaluated,
                experiment.strategy,
                *way,
                probability.match,
                seed=experiment.seed,
            )
            best, right = answers.found.best(answers.tolerance)
            answered = best >= (np.inf if threshold.score is None else threshold.score)
            held_out = (
                float(right[answered].mean()) if answered.any() else None,
                float(answered.mean()) if answered.size else None,
            )
        found.append(ExportedThreshold(threshold, *held_out))
    return found


def _told(curve: MatchCurve, method: Method) -> Mapping[str, Any]:
    told = asdict(curve)
    if curve.slope is None:
        return {name: list(told[name]) for name in ("scores", "steps")}
    if method == "isotonic":  # of scores that are all alike
        return {"scores": [0.0], "steps": [curve.intercept]}
    return {name: told[name] for name in ("slope", "intercept")}


def _mapping(entries: Sequence[tuple[tuple[str, str], Any]]) -> str:
    lines = "".join(f"    {literal(key)}: {literal(value)},\n" for key, value in entries)
    return f"{{\n{lines}}}"


def _probability(told: Mapping[str, Any]) -> MatchProbability:
    curve = dict(told["curve"])
    for name in ("scores", "steps"):
        curve[name] = tuple(map(float, curve[name]))
    for name in ("slope", "intercept"):
        curve[name] = None if curve[name] is None else float(curve[name])
    if curve["slope"] is None and not curve["scores"]:
        raise ValueError("neither a line nor steps")
    curve["prior"] = float(curve["prior"])
    return MatchProbability(**{**told, "curve": MatchCurve(**curve)})
