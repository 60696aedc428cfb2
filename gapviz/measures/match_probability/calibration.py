"""What a strategy's scores say of a match, learned from the calibration items alone.

What a strategy has learned flatters the pairs that it learned from. Where it learns, the
calibration items are therefore grouped into fifths: it is fitted without each, and scores the pairs
of that fifth, and the queries of that fifth against all calibration rows (cross-fitting).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import isfinite

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Mask
from gapviz.measures.match_probability.answers import (
    Answers,
    AnswerThreshold,
    BestAnswers,
    answers_of,
)
from gapviz.measures.match_probability.model import (
    USUAL_PRIOR,
    Match,
    MatchProbability,
    Method,
    fit_curve,
)
from gapviz.measures.match_probability.scored_pairs import (
    MOST_PAIRS,
    ScoredPairs,
    judges_cosines,
    match_within,
    scored_pairs,
)
from gapviz.measures.retrieval.intervals import fifths
from gapviz.strategies import Strategy, fit_strategy, unavailable_reason

FEWEST_MATCHED = 10
"""Matched calibration pairs below which nothing is said of a pair type."""

RANKS_TELL_NOTHING = (
    "The fused score tells a place in a list and nothing of a match: the probability is that of "
    "the cosine."
)
OTHER_AMONG_OTHERS = (
    "The score of a pair changes with all other queries and rows: the probability is that of the "
    "cosine."
)


@dataclass(frozen=True, eq=False)
class MatchCalibration:
    """Of every pair type, the probability of a match, and when to answer nothing."""

    unit: str
    """What a score is."""
    of_cosines: bool
    """Whether that is the cosine of the moved rows, though the strategy may rank by another
    score."""
    why_cosines: str
    """Why it is, in a sentence, where the strategy ranks by another score; else empty."""
    probabilities: tuple[MatchProbability, ...]
    answers: tuple[BestAnswers, ...]
    """What thresholds are chosen from."""
    lacking: tuple[str, ...] = ()
    """Why there is nothing for a pair type, a sentence each."""

    def probability(self, one: str, other: str) -> MatchProbability | None:
        """That of the pair type of two modalities, in either order; None where there is none."""
        wanted = frozenset((one, other))
        return next((found for found in self.probabilities if found.modalities == wanted), None)

    def threshold(
        self, query_modality: str, modality: str, precision: float, n_rows: int | None = None
    ) -> AnswerThreshold | None:
        """From which score on the best answer is accepted; None where that is not known.

        Arguments as of `BestAnswers.threshold`.

        Raises:
            GapvizError: a precision that is not between 0 and 1.
        """
        wanted = query_modality, modality
        for one in self.answers:
            if (one.query_modality, one.modality) == wanted:
                return one.threshold(precision, n_rows)
        return None

    def thresholds(self, precision: float) -> tuple[AnswerThreshold, ...]:
        """All that are known.

        Raises:
            GapvizError: a precision that is not between 0 and 1.
        """
        return tuple(one.threshold(precision) for one in self.answers)


@dataclass(frozen=True, eq=False)
class CalibrationScores:
    """What was learned from: pairs by pair type, and answers by query modality and modality."""

    matches: Mapping[tuple[str, str], Match]
    """What makes a pair of the type match."""
    pairs: Mapping[tuple[str, str], ScoredPairs]
    answers: Mapping[tuple[str, str], Answers]
    n_rows: Mapping[str, int]
    """Indexed calibration rows by modality."""
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """How a calibration is made."""

    method: Method = "logistic"
    prior: float = USUAL_PRIOR
    seed: int = DEFAULT_SEED


def calibrate_matches(
    calibration: Collection,
    strategy: Strategy,
    settings: CalibrationSettings | None = None,
    *,
    progress: Progress = no_progress,
) -> MatchCalibration:
    """Learn from the calibration items what the scores of a strategy say of a match.

    Args:
        calibration: the items that the strategy was fitted on.
        strategy: fitted on them.
        settings: the usual ones unless given.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a prior that is not between 0 and 1.
    """
    settings = settings or CalibrationSettings()
    scores = calibration_scores(calibration, strategy, seed=settings.seed, progress=progress)
    return calibration_from(scores, strategy, settings)


def why_of_cosines(strategy: Strategy) -> str:
    """Why a match is told from the cosine though the strategy ranks by another score; else ""."""
    if not judges_cosines(strategy) or strategy.score_name == "cosine":
        return ""
    return OTHER_AMONG_OTHERS if strategy.spec.transductive else RANKS_TELL_NOTHING


def calibration_from(
    scores: CalibrationScores, strategy: Strategy, settings: CalibrationSettings
) -> MatchCalibration:
    """`calibrate_matches` of scores that are known."""
    of_cosines, why = judges_cosines(strategy), why_of_cosines(strategy)
    probabilities = tuple(
        MatchProbability(
            first=pair[0],
            second=pair[1],
            match=scores.matches[pair],
            curve=fit_curve(
                found.matched, found.mismatched, method=settings.method, prior=settings.prior
            ),
            rate=found.rate,
            n_first=scores.n_rows[pair[0]],
            n_second=scores.n_rows[pair[1]],
            n_matched=int(found.matched.size),
        )
        for pair, found in scores.pairs.items()
    )
    answers = tuple(
        BestAnswers.of(found, *way, _match_of(way, scores.matches))
        for way, found in scores.answers.items()
    )
    unit = "cosine" if of_cosines else strategy.score_unit
    return MatchCalibration(unit, of_cosines, why, probabilities, answers, scores.lacking)


def _match_of(way: tuple[str, str], matches: Mapping[tuple[str, str], Match]) -> Match:
    """What makes a pair of a query modality and a modality match, in either order."""
    return matches[way if way in matches else way[::-1]]


def calibration_scores(
    calibration: Collection,
    strategy: Strategy,
    *,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> CalibrationScores:
    """Scores of the calibration items, each by a strategy that has not seen their pairs."""
    names = [name for name in calibration.modality_names if name in strategy.modalities_]
    types: dict[tuple[str, str], Match] = dict.fromkeys(combinations(names, 2), "item")
    for name in names:
        within = match_within(calibration, name)
        if within is not None:
            types[name, name] = within
    parts: list[tuple[Strategy, Mask | None]] = []
    pairs: dict[tuple[str, str], ScoredPairs] = {}
    answers: dict[tuple[str, str], Answers] = {}
    lacking = []
    for place, (pair, match) in enumerate(types.items()):
        progress(place / len(types), f"{pair[0]}–{pair[1]} pairs")
        head = f"Of {pair[0]}–{pair[1]} pairs no probability is told"
        try:
            parts = parts or list(_unseen(calibration, strategy, seed))
            found = _pairs(calibration, parts, pair, match, seed)
            if found is None or min(found.matched.size, found.mismatched.size) < FEWEST_MATCHED:
                lacking.append(
                    f"{head}: fewer than {FEWEST_MATCHED} calibration pairs match, or do not."
                )
                continue
            for way in dict.fromkeys((pair, pair[::-1])) if match != "row" else ():
                answers[way] = _answers(calibration, parts, way, match, seed)
            pairs[pair] = found
        except GapvizError as error:  # a part leaves a row no direction, say
            lacking.append(f"{head}. {error.sentence}")
    n_rows = {name: calibration.modality(name).corpus.n_rows for name in names}
    return CalibrationScores(types, pairs, answers, n_rows, tuple(lacking))


def _unseen(
    calibration: Collection, strategy: Strategy, seed: int
) -> Iterator[tuple[Strategy, Mask | None]]:
    """Strategies with the items `(n_items,)` that each has not seen; all where nothing is learned.

    Fifths that cannot be left out are left unscored.
    """
    if not strategy.spec.learns:
        yield strategy, None
        return
    options = strategy.options
    for kept in fifths(calibration.n_items, 1, seed).T:
        part = calibration.subset(np.flatnonzero(kept))
        whole = part.modality_names == calibration.modality_names
        if whole and unavailable_reason(options, part) is None:
            yield fit_strategy(options, part), ~kept


def _answers(
    calibration: Collection,
    parts: list[tuple[Strategy, Mask | None]],
    way: tuple[str, str],
    match: Match,
    seed: int,
) -> Answers:
    return Answers.together(
        [
            answers_of(calibration, strategy, *way, match, seed=seed, asking=unseen)
            for strategy, unseen in parts
        ]
    )


def _pairs(
    calibration: Collection,
    parts: list[tuple[Strategy, Mask | None]],
    pair: tuple[str, str],
    match: Match,
    seed: int,
) -> ScoredPairs | None:
    found = []
    for place, (strategy, unseen) in enumerate(parts):
        part, positions = calibration, np.arange(calibration.n_items, dtype=np.int64)
        if unseen is not None:
            positions = np.flatnonzero(unseen).astype(np.int64)
            part = calibration.subset(positions)
        if not set(pair) <= set(part.modality_names):
            continue
        scored = scored_pairs(
            part, strategy, pair, match, seed=seed + place, most=MOST_PAIRS // len(parts)
        )
        found.append(scored.of_items(positions))
    if not found:
        return None
    known = [one.rate for one in found if isfinite(one.rate)]
    rate = float(np.mean(known)) if known else float("nan")
    # Among fewer rows, the matches of one item are a larger share.
    return ScoredPairs.together(found, rate if match == "label" else rate / len(parts))
