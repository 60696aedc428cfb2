"""From the rules and the figures to a ranked list, each entry with its evidence; made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.judging import Recommendation, Verdict, judged, title_of
from gapviz.analyses.advice.rules import TASKS, Rule, Situation, applicable
from gapviz.core.collection import EVALUATE
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.core.wording import counted
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies.spec import Task

KIND = "advice"

# Raise it when the same evidence and rules would give other advice.
REVISION = 4

_PLACE: dict[Verdict, int] = {"better": 0, "as it is": 1, "no difference": 2, "worse": 3}

_COUNTS: dict[Task, str] = {
    "one-way": "A query's answer is its own item.",
    "mixed": "A query's answer is its own item in another modality, and nothing else.",
    "within": "A query's answers are the items that share its label.",
    "scores": "The threshold lets 95 % of the matched calibration pairs pass.",
}


@dataclass(frozen=True, eq=False)
class Advice:
    """All recommendations, best first."""

    situation: Situation
    recommendations: tuple[Recommendation, ...]
    not_measured: tuple[tuple[str, str], ...]
    """(what, why) of ways that could not be judged."""
    protocol: str

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
            "protocol": self.protocol,
        }


def advise(evidence: Evidence, situation: Situation, *, progress: Progress = no_progress) -> Advice:
    """Rank what can be done, by what it did on the held-out items of this collection.

    First what is better than doing nothing by more than chance (95 %), the largest gain
    first, and behind those the ones whose figure turns on ties; then doing nothing; then what
    makes no difference that can be told; then what is worse. Gains of unlike figures are not
    compared: what is judged by another figure stands behind.

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
    rules, _ = applicable(situation)
    found: list[Recommendation] = []
    missing: list[tuple[str, str]] = []
    for number, rule in enumerate(rules):
        progress(number / len(rules), title_of(rule))
        try:
            found += judged(evidence, situation, rule)
        except GapvizError as error:
            missing.append((title_of(rule), error.sentence))
    figures = list(dict.fromkeys(one.effects[0].figure for one in found if one.effects))

    def place(one: Recommendation) -> tuple[float, ...]:
        if not one.effects:
            return (_PLACE[one.verdict], 0, 0, 0)
        first = one.effects[0]
        return (_PLACE[one.verdict], one.fragile, figures.index(first.figure), -first.gain)

    measured = evidence.raw.collection
    return Advice(
        situation=situation,
        recommendations=tuple(sorted(found, key=place)),
        not_measured=tuple(missing),
        protocol=(
            f"{TASKS[situation.task]}. Fitted on the calibrate split, measured on the "
            f"{counted(measured.n_items, 'item')} of the evaluate split, encoder "
            f"{measured.encoder}; changes are paired by query, with 95 % bootstrap intervals over "
            f"items, seed {evidence.seed}. {_COUNTS[situation.task]} Several ways are tried on "
            "the same items: the best of them is flattered a little, and of twenty that do nothing "
            "one would seem to do something."
        ),
    )


def cached_advice(evidence: Evidence, situation: Situation) -> CachedResult[Advice]:
    """The ranked advice for a situation; see `advise`.

    Other models and dedicated encoders count only where a rule that is open to the situation
    asks for them.
    """
    rules, _ = applicable(situation)
    kinds = {rule.kind for rule in rules}
    collection = evidence.collection
    models = evidence.models if "model" in kinds else {}
    towers = evidence.towers if "dedicated" in kinds else ()
    key = content_key(
        collection=[collection.content_hash, collection.name, collection.encoder],
        models=[[title, one.split(EVALUATE).content_hash] for title, one in models.items()],
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
