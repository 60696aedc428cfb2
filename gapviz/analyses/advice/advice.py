"""From the rules and the figures to a ranked list, each entry with its evidence; made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.judging import (
    Candidate,
    Recommendation,
    Verdict,
    candidates,
    title_of,
    verdict_on,
)
from gapviz.analyses.advice.rules import TASKS, Rule, Situation, applicable
from gapviz.analyses.judged import Protocol, judged_queries_words, too_few_queries
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.core.splits import EVALUATE
from gapviz.core.wording import counted, too_few
from gapviz.measures.retrieval.intervals import simultaneous
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import StrategyOptions
from gapviz.strategies.spec import Task

KIND = "advice"

# Raise it when the same evidence and rules would give other advice.
REVISION = 9

_PLACE: dict[Verdict, int] = {
    "better": 0,
    "as it is": 1,
    "undecided": 2,
    "no difference": 3,
    "worse": 4,
}

_COUNTS: dict[Task, str] = {
    "one-way": "A query's answer is its own item.",
    "mixed": "A query's answer is its own item in another modality, and nothing else.",
    "within": "A query's answers are the items that share its label.",
    "scores": "The threshold lets 95 % of the matched calibration pairs pass.",
}


JUDGED_COUNTS = (
    "A query's answers are the items that its judgments call relevant; what nobody judged counts "
    "as wrong."
)

VERDICT_RULE = (
    "A way is better or worse where its gain differs from 0 in an interval that holds for all ways "
    "tried at once (max-T, 95 %), with every tie counted against it, and where its figure is above "
    "what chance finds."
)
"""What a verdict says."""


@dataclass(frozen=True, eq=False)
class Advice:
    """All recommendations, best first."""

    situation: Situation
    recommendations: tuple[Recommendation, ...]
    not_measured: tuple[tuple[str, str], ...]
    """(what, why) of ways that could not be judged."""
    protocol: str
    measured_by: Protocol = "paired"
    """Whose figures decide."""
    n_queries: int = 0
    """Judged queries that were measured; 0 where items ask."""
    n_items: int = 0
    """Held-out items that were measured."""
    n_tried: int = 0
    """Ways that were held against doing nothing."""
    other_half: float | None = None
    """What the best of them gains on the half of the items that did not choose it, mean of both
    ways; None where the deciding figures are unlike or not measured by halves."""

    @property
    def needs_more(self) -> tuple[Rule, ...]:
        """Rules of the task that need something which cannot be changed."""
        return applicable(self.situation)[1]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "task": self.situation.task,
            "changeable": self.situation.changeable,
            "found": self.situation.found,
            "recommendations": [one.to_json() for one in self.recommendations],
            "not_measured": [{"what": what, "why": why} for what, why in self.not_measured],
            "needs_more": [rule.name for rule in self.needs_more],
            "measured_by": self.measured_by,
            "n_queries": self.n_queries,
            "n_items": self.n_items,
            "n_tried": self.n_tried,
            "other_half": self.other_half,
            "protocol": self.protocol,
        }


def advise(evidence: Evidence, situation: Situation, *, progress: Progress = no_progress) -> Advice:
    """Rank what can be done, by what it did on the held-out items of this collection.

    First what is better than doing nothing, the largest gain with every tie lost first; then doing
    nothing; then what cannot be decided; then what makes no difference that can be told; then
    what is worse. Better and worse hold for all that were tried at once (max-T, 95 %), and better
    only beyond what chance finds. Gains of unlike figures are not compared: what is judged by
    another figure stands behind.

    Args:
        evidence: what was, and can be, measured.
        situation: what is searched, and what can be changed.
        progress: told before every rule; may raise to cancel.

    Raises:
        GapvizError: a modality that the collection does not have.

    >>> from gapviz.analyses.advice.evidence import Evidence
    >>> from gapviz.analyses.advice.rules import Situation
    >>> from gapviz.sources.builtin import builtin_collection
    >>> given = advise(Evidence(builtin_collection()), Situation("one-way", "neither"))
    >>> given.recommendations[0].title
    'Leave it as it is'
    """
    evidence.collection.modality(situation.found)
    protocol = evidence.protocol_of(situation)
    rules, _ = applicable(situation)
    tried: list[Candidate] = []
    missing: list[tuple[str, str]] = []
    for number, rule in enumerate(rules):
        progress(number / len(rules), title_of(rule))
        try:
            tried += candidates(evidence, situation, rule)
        except GapvizError as error:
            missing.append((title_of(rule), error.sentence))
    deciding = [one.trials[0] for one in tried if one.trials]
    times = simultaneous([trial.gain for trial in deciding])
    measured = evidence.raw.collection
    doubt, n_queries, asked = too_few(measured.n_items), 0, counted(measured.n_items, "item")
    measured_on, counts = f"the {asked} of the evaluate split", _COUNTS[situation.task]
    if protocol == "judged":
        by_judgments = evidence.judged(StrategyOptions(), evidence.way_of(situation))
        n_queries = by_judgments.judged.evaluation.n_queries
        doubt = too_few_queries(min(by_judgments.n_queries.values()))
        measured_on, counts = judged_queries_words(n_queries), JUDGED_COUNTS
    found = [verdict_on(one, times, doubt) for one in tried]
    figures = list(dict.fromkeys(trial.figure for trial in deciding))

    def place(one: Recommendation) -> tuple[float, ...]:
        if not one.effects:
            return (_PLACE[one.verdict], 0, 0)
        first = one.effects[0]
        return (_PLACE[one.verdict], figures.index(first.figure), -first.ranked_gain)

    return Advice(
        situation=situation,
        recommendations=tuple(sorted(found, key=place)),
        not_measured=tuple(missing),
        protocol=(
            f"{TASKS[situation.task]}. Fitted on the calibrate split, measured on "
            f"{measured_on}, encoder {measured.encoder}, seed {evidence.seed}. {counts} "
            f"{VERDICT_RULE} Here "
            f"{counted(len(deciding), 'way')} and {times:.2f} standard errors instead of 1.96. "
            f"{_varied(situation)}"
        ),
        measured_by=protocol,
        n_queries=n_queries,
        n_items=measured.n_items,
        n_tried=len(deciding),
        other_half=other_half([trial.halves for trial in deciding]) if len(figures) == 1 else None,
    )


def other_half(gains: Sequence[tuple[float, float]]) -> float | None:
    """What the best of several gains on the half that did not choose it, mean of both ways.

    The best on the half that chose it is flattered by the choice; on the other it is not.

    Args:
        gains: of each way, on either half of the items.
    """
    known = np.array([pair for pair in gains if not np.isnan(pair).any()]).reshape(-1, 2)
    if not len(known):
        return None
    first, second = known.argmax(axis=0)
    return float((known[first, 1] + known[second, 0]) / 2)


def _varied(situation: Situation) -> str:
    if situation.task in ("within", "scores"):
        return "Intervals resample the queries; gallery and fit are held."
    return "Queries, gallery and fit vary in the intervals."


def cached_advice(evidence: Evidence, situation: Situation) -> CachedResult[Advice]:
    """The ranked advice for a situation; see `advise`.

    Other models and dedicated encoders count only where a rule that is open to the situation
    asks for them.
    """
    rules, _ = applicable(situation)
    kinds = {rule.kind for rule in rules}
    collection, protocol = evidence.collection, evidence.protocol_of(situation)
    models = evidence.models if "model" in kinds else {}
    towers = evidence.towers if "dedicated" in kinds else ()
    key = content_key(
        collection=[collection.content_hash, collection.name, collection.encoder],
        models=[
            [title, (one if protocol == "judged" else one.split(EVALUATE)).content_hash]
            for title, one in models.items()
        ],
        protocol=protocol,
        towers=[tower for tower in towers if tower.modality == situation.found],
        pair=evidence.pair,
        seed=evidence.seed,
        situation=[situation.task, situation.changeable, situation.found],
        rules=rules,
        revision=REVISION,
    )
    return CachedResult(
        KIND, key, Advice, lambda progress: advise(evidence, situation, progress=progress)
    )
