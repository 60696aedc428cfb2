"""Is this a match? Tables and readings of how stated probabilities hold on held-out pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.thresholds.match_study import MOST_MEASURED, MatchStudy, study_matches
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress, share_of
from gapviz.core.table import Column, Table
from gapviz.core.wording import figure
from gapviz.measures.match_probability.abstention import SHOWN, Abstention
from gapviz.measures.match_probability.answers import FEWEST_ANSWERS, PRECISION
from gapviz.measures.match_probability.calibration import why_of_cosines
from gapviz.measures.match_probability.model import MATCH_WORDS, METHOD, PRIOR, MatchProbability
from gapviz.measures.match_probability.reliability import VARIED
from gapviz.measures.match_probability.scored_pairs import MOST_PAIRS
from gapviz.storage.cache import CachedResult
from gapviz.strategies import StrategyOptions
from gapviz.strategies.registry import strategy_class

PARAMETERS: tuple[Parameter, ...] = (METHOD, PRIOR, PRECISION)
NONE = "none"
INTERVALS = "95 % intervals in which the items vary, and those that are fitted on"

PROTOCOL = (
    "Fitted on the calibrate split to pairs that match and pairs that do not, the latter "
    "reweighted to the prior; of what a strategy learns, on fifths of it that the strategy has not "
    "seen. At another prior the log-odds of a match shift by the difference of logit(prior): of "
    "isotonic steps that is what reweighting gives, of a logistic curve what Bayes' rule does. "
    f"Of more than {MOST_PAIRS:,} pairs of a kind, a seeded sample. Measured on the evaluate "
    f"split, on at most {MOST_MEASURED:,} pairs of a kind, at the same prior. The threshold is the "
    "lowest score at which the share of right best answers, with one wrong answer added, reaches "
    f"the precision on at least {FEWEST_ANSWERS} calibration queries. Intervals: {VARIED}."
)


@dataclass(frozen=True, eq=False)
class MatchStudies:
    """Raw cosine, and the strategy where its scores are others."""

    by_strategy: Mapping[str, MatchStudy]
    """By the name of the strategy; raw first."""
    note: str
    """Why the strategy has no probability of its own, in a sentence; else empty."""

    @property
    def last(self) -> MatchStudy:
        """That of the strategy, or of raw cosine where it has none of its own."""
        *_, last = self.by_strategy.values()
        return last


def match_studies_of(request: Request) -> tuple[dict[str, CachedResult[MatchStudy]], str]:
    """What is to be computed, by strategy, and the `note` of `MatchStudies`."""
    wanted, note = [StrategyOptions("raw")], ""
    if request.undefined is None and request.strategy.name != "raw":
        strategy = strategy_class(request.strategy.name)(**dict(request.strategy.values))
        why = why_of_cosines(strategy)
        if why:
            note = f"{request.spec.title}: {why[0].lower()}{why[1:]}"
        else:
            wanted.append(request.strategy)
    chosen = {one.name: request[one.name] for one in PARAMETERS}
    return {
        options.name: study_matches(
            request.collection, options, request.pair, seed=request.seed, **chosen
        )
        for options in wanted
    }, note


def find_matches(request: Request, progress: Progress) -> Finding:
    """The part of `thresholds` that tells how likely a score is a match."""
    works, note = match_studies_of(request)
    found = {
        name: work.compute(share_of(progress, place, len(works)))
        for place, (name, work) in enumerate(works.items())
    }
    studies = MatchStudies(found, note)
    return Finding(
        figures={"by_strategy": {name: one.to_json() for name, one in found.items()}},
        title="Is this a match?",
        readings=match_readings(studies),
        tables=[reliability_table(studies), abstention_table(studies)],
        protocol=PROTOCOL,
        result=studies,
    )


def match_readings(studies: MatchStudies) -> list[str]:
    """What the probabilities are worth, and what is accepted, one paragraph a strategy."""
    found = [studies.note] * bool(studies.note)
    for study in studies.by_strategy.values():
        found.append(" ".join([reliability_reading(study), *abstention_readings(study)]))
    return [*found, *studies.last.calibration.lacking]


def reliability_reading(study: MatchStudy) -> str:
    """How far the probabilities across the modalities are off."""
    for (first, second), one in study.reliability.items():
        if first != second:
            return (
                f"{study.strategy}: of {first}–{second} pairs, of which a share of "
                f"{study.settings.prior:g} matches, the probability from the "
                f"{study.calibration.unit} is off by {figure(one.calibration_error.value)} on "
                f"average, and takes {one.skill.value:.0%} off the Brier score of the prior alone."
            )
    return f"{study.strategy}: no probability of a match can be measured."


def abstention_readings(study: MatchStudy) -> list[str]:
    """What is answered across the modalities at the precision, a sentence each way."""
    found, precision = [], f"{study.precision:.0%}"
    across = {way: one for way, one in study.abstention.items() if way[0] != way[1]}
    silent = [" → ".join(way) for way, one in across.items() if one.threshold.score is None]
    for way, one in across.items():
        if one.threshold.score is None:
            continue
        answered = f"{one.coverage.value:.0%} of the queries are answered"
        if not isnan(one.precision.value):
            answered += f", {one.precision.value:.0%} of them rightly"
        found.append(
            f"{' → '.join(way)}, accepted from {figure(one.threshold.score)} on, chosen for "
            f"{precision} precision: {answered}; of "
            f"queries whose match is taken out, {one.silent.value:.0%} rightly get no answer."
        )
    if silent:
        found.append(
            f"{', '.join(silent)}: no score reaches {precision} precision on the calibration "
            "queries, so that no answer is accepted."
        )
    return found


def reliability_table(studies: MatchStudies) -> Table:
    """How the stated probabilities hold, a row a strategy and pair type."""
    rows: list[Sequence[Any]] = [
        [
            study.strategy,
            _type(one),
            measured.brier,
            measured.base_brier,
            measured.skill,
            measured.log_loss,
            measured.base_log_loss,
            measured.calibration_error,
            one.n_matched,
        ]
        for study in studies.by_strategy.values()
        for one in study.calibration.probabilities
        if (measured := study.reliability.get((one.first, one.second))) is not None
    ]
    return Table(
        f"How stated probabilities hold, at a prior of {studies.last.settings.prior:g}",
        [
            Column("strategy", "strategy", text=True),
            Column("pair", "pair type", text=True),
            Column("brier", "Brier score", better="lower"),
            Column("base_brier", "Brier score", "by the prior", brief=False),
            Column("skill", "share explained", better="higher"),
            Column("log_loss", "log loss", better="lower", brief=False),
            Column("base_log_loss", "log loss", "by the prior", brief=False),
            Column("calibration_error", "calibration error", better="lower"),
            Column("n_matched", "fitted on", "matches", brief=False),
        ],
        rows,
        intervals=INTERVALS,
    )


def abstention_table(studies: MatchStudies) -> Table:
    """What a threshold answers, a row a strategy, query modality and modality."""
    rows: list[Sequence[Any]] = []
    for study in studies.by_strategy.values():
        for (source, target), one in study.abstention.items():
            score = float("nan") if one.threshold.score is None else one.threshold.score
            rows.append([study.strategy, f"{source} → {target}", score, *_shares(one)])
    share = Column("", "", percent=True, decimals=1, missing=NONE)
    return Table(
        f"When to answer nothing: thresholds for {studies.last.precision:.0%} precision",
        [
            Column("strategy", "strategy", text=True),
            Column("way", "query → answer", text=True),
            Column("threshold", "threshold", missing=NONE),
            replace(share, key="precision", title="precision", better="higher"),
            replace(share, key="coverage", title="answered", better="higher"),
            replace(share, key="silent", title="silent", detail="without a match", better="higher"),
            replace(share, key="stated", title=f"first {SHOWN}", detail="stated", brief=False),
            replace(share, key="matched", title=f"first {SHOWN}", detail="match", brief=False),
        ],
        rows,
        note=f"First {SHOWN}: the mean probability of the first {SHOWN} answers at the prior of "
        "any row of the gallery, and the share of them that matches.",
        intervals=INTERVALS,
    )


def _shares(one: Abstention) -> list[Any]:
    return [one.precision, one.coverage, one.silent, one.stated, one.matched]


def _type(one: MatchProbability) -> str:
    """`image–text`; within a modality with what makes a match there."""
    across = f"{one.first}–{one.second}"
    return across if one.match == "item" else f"{across} ({MATCH_WORDS[one.match]})"
