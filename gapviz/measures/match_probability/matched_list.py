"""A result list, judged: how likely each answer matches, and whether any is to be accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gapviz.core.plain_json import JsonFields
from gapviz.core.wording import counted
from gapviz.measures.match_probability.answers import AnswerThreshold
from gapviz.measures.match_probability.calibration import MatchCalibration
from gapviz.measures.match_probability.model import MATCH_WORDS, Match
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Hit, Query, ResultList

ALMOST = 0.995
"""From which probability on a rounded percentage would claim certainty."""


@dataclass(frozen=True, slots=True)
class MatchedHit(JsonFields):
    """What is known of one answer."""

    match: Match
    """What a match is between the query's modality and that of the answer."""
    probability: float
    """That it matches."""
    prior: float
    """Probability of a pair of the query and any row of that modality."""
    accepted: bool | None
    """Whether its score reaches the threshold; None where there is no threshold for it."""
    reachable: bool
    """Whether any score would."""

    @property
    def words(self) -> str:
        """As it stands beside the score: `match 83%`."""
        return f"{MATCH_WORDS[self.match]} {share_words(self.probability)}"


@dataclass(frozen=True, slots=True)
class MatchedList:
    """What is known of the answers to one query."""

    hits: tuple[MatchedHit | None, ...]
    """As in the list; None of a pair type of which nothing is known."""
    precision: float
    """Of the answers accepted."""
    readings: tuple[str, ...]
    """What to know of it, a sentence each; empty where nothing is."""
    lacking: tuple[str, ...] = ()
    """Why nothing is known of some, a sentence each."""

    @property
    def nothing_matches(self) -> bool:
        """True where there are thresholds, and no answer that is shown reaches its own."""
        told = [one.accepted for one in self.hits if one is not None and one.accepted is not None]
        return bool(told) and not any(told)

    @property
    def nothing_reading(self) -> str:
        """That nothing matches, in a sentence; empty where something may."""
        if not self.nothing_matches:
            return ""
        words = f"Nothing here matches at {self.precision:.0%} precision"
        if any(one is not None and one.reachable for one in self.hits):
            return f"{words}."
        return f"{words}: no score is high enough among so many rows."


def match_list(
    calibration: MatchCalibration,
    index: ExactIndex,
    query: Query,
    found: ResultList,
    *,
    precision: float,
    prior: float | None = None,
) -> MatchedList:
    """Judge the answers of a list.

    Args:
        calibration: of the strategy of the index.
        index: what was searched; among more rows a score says less.
        query: what was searched for; its own entry is not judged.
        found: the list.
        precision: share of the answers accepted that shall be right.
        prior: probability that a pair of query and row matches; unless given, that of as many
            matches a query as the calibration items have, one say, among the rows of the
            answer's modality.

    Raises:
        GapvizError: a prior or a precision that is not between 0 and 1.
    """
    rows = index.rows
    n_rows = {
        name: span.stop - span.start for name, span in zip(rows.names, rows.spans, strict=True)
    }
    thresholds = {
        name: calibration.threshold(query.modality, name, precision, n)
        for name, n in n_rows.items()
    }
    hits = tuple(
        _judged(calibration, query, hit, n_rows, thresholds[hit.modality], prior)
        for hit in found.hits
    )
    readings = _readings(calibration, hits, found.hits, n_rows, prior)
    return MatchedList(hits, precision, readings, calibration.lacking)


def share_words(probability: float) -> str:
    """A probability in whole percent, never as certain."""
    if probability >= ALMOST:
        return "over 99%"
    return f"{probability:.0%}" if probability >= 1 - ALMOST else "under 1%"


def _judged(
    calibration: MatchCalibration,
    query: Query,
    hit: Hit,
    n_rows: Mapping[str, int],
    threshold: AnswerThreshold | None,
    prior: float | None,
) -> MatchedHit | None:
    known = calibration.probability(query.modality, hit.modality)
    if known is None or (hit.item, hit.modality) == (query.item, query.modality):
        return None
    score = hit.cosine if calibration.of_cosines else hit.score
    there = n_rows[hit.modality]
    at = known.prior_among(hit.modality, there) if prior is None else prior
    return MatchedHit(
        match=known.match,
        probability=float(known.curve.probability(score, at)),
        prior=at,
        accepted=None
        if threshold is None
        else threshold.score is not None and score >= threshold.score,
        reachable=threshold is not None and threshold.score is not None,
    )


def _readings(
    calibration: MatchCalibration,
    hits: tuple[MatchedHit | None, ...],
    answers: tuple[Hit, ...],
    n_rows: Mapping[str, int],
    prior: float | None,
) -> tuple[str, ...]:
    """What each kind of probability is of, once."""
    if prior is not None and any(hits):
        sentences = [f"Probability of a match, where a share of {prior:g} of such pairs matches."]
    else:
        told = {
            (one.match, answer.modality): one.prior
            for one, answer in zip(hits, answers, strict=True)
            if one is not None
        }
        sentences = [
            f"{MATCH_WORDS[match].capitalize()}: the probability, if "
            f"{_of_all(at * n_rows[modality], n_rows[modality], modality)}."
            for (match, modality), at in told.items()
        ]
    if sentences and calibration.why_cosines:
        sentences.append(calibration.why_cosines)
    return tuple(sentences)


def _of_all(n_matches: float, n_rows: int, modality: str) -> str:
    """`one of the 400 text rows matches`."""
    rows = f"of the {counted(n_rows, f'{modality} row')}"
    if round(n_matches) <= 1:
        return f"one {rows} matches"
    return f"{round(n_matches):,} {rows} match"
