"""Each kind of rule held against the figures of a collection, and what it recommends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal

import numpy as np

from gapviz.analyses.advice.effect import Effect, Trial
from gapviz.analyses.advice.evidence import (
    Evidence,
    mixed_trials,
    one_way_trials,
    tower_trial,
    within_trial,
)
from gapviz.analyses.advice.judged_evidence import (
    judged_mixed_trials,
    judged_one_way_trials,
    judged_words,
)
from gapviz.analyses.advice.passing import one_threshold, passing_trials
from gapviz.analyses.advice.rules import Kind, Rule, Situation
from gapviz.analyses.judged import NO_ANSWER, unjudged_words
from gapviz.analyses.measure import NO_GAP, content_reading
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.rows import corpus_rows
from gapviz.core.wording import figure
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.costs import bytes_per_item, query_operations
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.sources.builtin.dedicated import ENCODERS as DEDICATED_ENCODERS
from gapviz.strategies import StrategyOptions, strategy_spec, unavailable_reason
from gapviz.strategies.spec import Expectation

Verdict = Literal["better", "as it is", "undecided", "no difference", "worse"]
Stance = Literal["agrees", "contradicts", "leaves open"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a change asks for."""

    storage: str
    query: str
    encoders: str
    bytes_per_item: float | None = None
    query_operations: int | None = None
    """Multiply-adds a query by exact search over the measured items: a count, not a time."""


@dataclass(frozen=True, eq=False)
class Recommendation:
    """One way, judged by what it did on this collection."""

    rule: Rule
    """The line of the decision table that it stands on."""
    title: str
    verdict: Verdict
    effects: tuple[Effect, ...]
    """The deciding figure first; empty for doing nothing."""
    evidence: tuple[str, ...]
    """What the figures say, one sentence each."""
    cost: Cost
    stance: Stance
    """How this data stands to the usual advice."""

    @property
    def carried_by_ties(self) -> bool:
        """Whether the order of equal scores moves its deciding figure."""
        return bool(self.effects) and self.effects[0].carried_by_ties

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rule": self.rule.name,
            "title": self.title,
            "verdict": self.verdict,
            "effects": [effect.to_json() for effect in self.effects],
            "evidence": list(self.evidence),
            "cost": plain_json(self.cost),
            "usual_advice": self.rule.usual,
            "this_data": self.stance,
            "wrong_when": self.rule.wrong_when,
            "turns_on_ties": self.carried_by_ties,
        }


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way with what it did, before it is judged among all that were tried."""

    rule: Rule
    title: str
    trials: tuple[Trial, ...]
    """The deciding figure first; empty for doing nothing."""
    evidence: tuple[str, ...]
    cost: Cost
    stance: Stance = "agrees"
    """Of doing nothing."""


def title_of(rule: Rule) -> str:
    """What a rule is about, before anything is measured."""
    return strategy_spec(rule.strategy).title if rule.strategy else _KIND_TITLES[rule.kind]


_KIND_TITLES = {
    "nothing": "Leave it as it is",
    "model": "Another model",
    "dedicated": "A dedicated encoder",
    "thresholds": "A threshold for each pair of modalities",
}


_EXPECTED: dict[Expectation, Verdict | None] = {
    "helps": "better",
    "hurts": "worse",
    "no change": "no difference",
    "depends": None,
}

BIASED_LIFT = 1.05
"""Mean bias lift above which an index counts as sorting by modality."""

MOST_PASS = 0.5
"""Share of unrelated pairs of one kind above which a threshold counts as letting all pass."""


def candidates(evidence: Evidence, situation: Situation, rule: Rule) -> list[Candidate]:
    """What the rule's way does on this collection; one entry each where it has several.

    Raises:
        GapvizError: it cannot be told.
    """
    found = _TRIED[rule.kind](evidence, situation, rule)
    for one in found:
        if one.trials and isnan(one.trials[0].change.value):
            raise GapvizError(f"{one.trials[0].figure}: these items have none to count")
    return found


def verdict_on(one: Candidate, times: float, doubt: str | None) -> Recommendation:
    """The verdict on a way.

    Args:
        one: the way.
        times: standard errors that hold for all that were tried; see `simultaneous`.
        doubt: why so few items or queries decide nothing, in a sentence; None where they do.
    """
    rule, words = one.rule, list(one.evidence)
    if not one.trials:
        return Recommendation(rule, one.title, "as it is", (), one.evidence, one.cost, one.stance)
    effects = tuple(trial.effect(times) for trial in one.trials)
    first = effects[0]
    verdict: Verdict = "no difference"
    if doubt is not None or first.decided_by_ties or isnan(first.gain.low):
        verdict = "undecided"
    elif first.better or first.worse:
        verdict = "better" if first.better else "worse"
    words += filter(None, [doubt, _chance_words(first), _tie_words(first)])
    lost = [effect.figure for effect in effects[1:] if effect.worse]
    if lost and doubt is None:
        words.append(f"It costs more than chance elsewhere: {'; '.join(lost)}.")
    expected = _EXPECTED[rule.expects]
    stance: Stance = "contradicts"
    if verdict == expected:
        stance = "agrees"
    elif expected is None or verdict in ("no difference", "undecided"):
        stance = "leaves open"
    return Recommendation(rule, one.title, verdict, effects, tuple(words), one.cost, stance)


def _chance_words(effect: Effect) -> str:
    if not effect.found_by_chance:
        return ""
    return (
        f"{effect.figure} is {effect.after}, no better than where all entries score alike "
        f"({figure(effect.chance or 0)})."
    )


def _tie_words(effect: Effect) -> str:
    if not effect.carried_by_ties:
        return ""
    return (
        f"Equal scores carry part of it: with every tie lost, {effect.figure} gains "
        f"{figure(effect.ranked_gain, signed=True)} instead of "
        f"{figure(effect.gain.value, signed=True)}."
    )


def _nothing(evidence: Evidence, situation: Situation, rule: Rule) -> list[Candidate]:
    raw = evidence.raw
    words = [_gap_words(raw)]
    agrees: Stance = "agrees"
    judged = evidence.protocol_of(situation) == "judged"
    if judged:
        found = evidence.judged(StrategyOptions(), evidence.way_of(situation))
        words += [*judged_words(found, situation.task), unjudged_words(found)]
        if not found.has_content:
            words.append(NO_ANSWER)
        lift = {name: found.estimate("lift", name).value for name in found.modalities}
    else:
        words += filter(None, [content_reading(raw)])
        lift = {name: estimate.value for name, estimate in raw.lift.items()}
    if situation.task == "one-way":
        if not judged:
            source, target = evidence.way_of(situation) or evidence.pair
            one, ten = (raw.recall[source, target][k] for k in (1, 10))
            words.append(f"{source} → {target} finds the match at R@1 {one} and R@10 {ten}.")
        words.append("Taking the offset out of every candidate's score changes no rank at all.")
    elif situation.task == "mixed":
        agrees = _holds(mean_of_known(np.array(list(lift.values()))), BIASED_LIFT)
        words += [
            f"{name} queries: bias rate {bias}, {lift[name]:.2f} × the corpus share."
            for name, bias in raw.bias.items()
            if not judged and not isnan(lift[name])
        ]
    elif situation.task == "scores":
        passing = passing_trials(evidence, None)
        agrees = _holds(max(trial.before.value for trial in passing[:2]), MOST_PASS)
        words.append(_passing_words(one_threshold(evidence), passing))
    else:
        words.append(f"It plays no part here: {situation.found} vectors are compared alone.")
        with suppress(GapvizError):
            likeness = within_trial(raw, raw, situation.found)
            words.append(f"{likeness.figure} is {likeness.before}.")
    cost = _cost(raw, "the vectors alone", "one product with every vector")
    return [Candidate(rule, title_of(rule), (), tuple(words), cost, agrees)]


def _holds(figure: float, bound: float) -> Stance:
    """How the data stands to a warning that the figure lies above a bound."""
    if isnan(figure):
        return "leaves open"
    return "agrees" if figure > bound else "contradicts"


def _gap_words(raw: Measurement) -> str:
    gap = raw.geometry.gap
    words = f"The gap is {gap.estimate}, of 0 to 2"
    if isnan(gap.low):
        return f"{words}; so few items have no interval."
    words += f"; the noise floor here is {gap.noise_floor:.3f}."
    return f"{words} {NO_GAP}" if gap.none else words


def _strategy(evidence: Evidence, situation: Situation, rule: Rule) -> list[Candidate]:
    options = StrategyOptions(rule.strategy or "raw")
    spec = strategy_spec(options.name)
    judged = evidence.protocol_of(situation) == "judged"
    if spec.ranks_items and not (judged and _lists_items(evidence)):
        raise GapvizError(
            "it ranks items, so that no figure of a list of vectors can be held against it",
            hint="see what it does on the scoreboard",
        )
    reason = unavailable_reason(options, evidence.calibration)
    if reason is not None:
        raise GapvizError(reason)
    after = evidence.measured(options)
    cost = _cost(after, spec.stores, spec.query_cost)
    words = after.strategy.warnings
    if judged:
        found = evidence.judged(options, evidence.way_of(situation))
        trials, words = _judged_trials(evidence, situation, found), (*words, unjudged_words(found))
    else:
        trials = _trials(evidence, situation, after, rule)
    return [Candidate(rule, after.strategy.label, trials, words, cost)]


def _lists_items(evidence: Evidence) -> bool:
    """Whether lists by judgments hold items, whatever ranks them."""
    evaluation = evidence.collection.evaluation
    return evaluation is not None and evaluation.unit == "items"


def _cost(measured: Measurement, storage: str, query: str) -> Cost:
    """What a strategy costs that needs no other encoder."""
    strategy = measured.strategy
    corpus = corpus_rows(measured.collection, strategy)
    stored = bytes_per_item(corpus, strategy, measured.collection.n_items)
    return Cost(storage, query, "the one there is", stored, query_operations(corpus, strategy))


def _model(evidence: Evidence, situation: Situation, rule: Rule) -> list[Candidate]:
    judged = evidence.protocol_of(situation) == "judged"
    found = (
        {
            title: _judged_trials(evidence, situation, after)
            for title, after in evidence.judged_models(evidence.way_of(situation)).items()
        }
        if judged
        else {
            title: _trials(evidence, situation, after, rule)
            for title, after in evidence.comparable_models.items()
        }
    )
    if not found:
        same = "the same judged queries" if judged else "the same captions of these items"
        what = "these items" if not evidence.models else same
        raise GapvizError(f"no other model has encoded {what}", hint="encode them on the Data page")
    cost = Cost("as now: its vectors replace those of today", "as now", "the other one instead")
    return [
        Candidate(rule, f"Change to {title}", trials, (), cost) for title, trials in found.items()
    ]


def _dedicated(evidence: Evidence, situation: Situation, rule: Rule) -> list[Candidate]:
    towers = [tower for tower in evidence.towers if tower.modality == situation.found]
    if not towers:
        encoder = DEDICATED_ENCODERS.get(situation.found)
        raise GapvizError(
            f"no encoder of {situation.found} alone has seen these items",
            hint=f"encode them with one (gapviz encode --encoder {encoder})"
            if encoder
            else f"bring {situation.found} vectors of such an encoder beside the joint ones",
        )
    found = []
    for tower in towers:
        trial = tower_trial(evidence, tower)
        size = 4 * tower.vectors.shape[1]
        cost = Cost(
            f"a second index beside the joint one: {size:,} bytes an item more, as float32",
            "as now, in the other index",
            "one more, for this modality alone",
        )
        found.append(Candidate(rule, f"Search with {tower.title}", (trial,), (), cost))
    return found


def _thresholds(evidence: Evidence, situation: Situation, rule: Rule) -> list[Candidate]:
    cost = Cost("one number a pair of modalities", "one comparison", "the one there is")
    words = (
        "Within a modality the threshold is set to pass as many unrelated pairs as between them; "
        "with labels or clicks at hand, set it by the pairs that must pass."
    )
    trials = tuple(passing_trials(evidence, None))
    return [Candidate(rule, title_of(rule), trials, (words,), cost)]


def _trials(
    evidence: Evidence, situation: Situation, after: Measurement, rule: Rule
) -> tuple[Trial, ...]:
    raw = evidence.raw
    if situation.task == "one-way":
        source, target = evidence.way_of(situation) or evidence.pair
        return tuple(one_way_trials(raw, after, source, target))
    if situation.task == "within":
        return (within_trial(raw, after, situation.found),)
    if situation.task == "scores" and not after.strategy.spec.routed:
        return (*passing_trials(evidence, rule.strategy), mixed_trials(raw, after)[0])
    return tuple(mixed_trials(raw, after))


def _judged_trials(
    evidence: Evidence, situation: Situation, after: JudgedMeasurement
) -> tuple[Trial, ...]:
    """The effect on the judged queries."""
    before = evidence.judged(StrategyOptions(), evidence.way_of(situation))
    if situation.task == "one-way":
        return tuple(judged_one_way_trials(before, after))
    return tuple(judged_mixed_trials(before, after))


def _passing_words(threshold: float, passing: list[Trial]) -> str:
    if isnan(threshold):
        return "There are no matched pairs to set a threshold by."
    shares = "; ".join(
        f"{effect.figure.removesuffix(' that pass')} {effect.before.value:.1%}"
        for effect in passing
        if not isnan(effect.before.value)
    )
    return f"One threshold for all, the cosine {threshold:.3f}, lets pass: {shares}."


_TRIED: dict[Kind, Callable[[Evidence, Situation, Rule], list[Candidate]]] = {
    "nothing": _nothing,
    "strategy": _strategy,
    "model": _model,
    "dedicated": _dedicated,
    "thresholds": _thresholds,
}
