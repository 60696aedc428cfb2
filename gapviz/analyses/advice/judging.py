"""Each kind of rule held against the figures of a collection, and what it recommends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isclose, isnan
from typing import Any, Literal

import numpy as np

from gapviz.analyses.advice.evidence import (
    Effect,
    Evidence,
    mixed_effects,
    one_way_effects,
    tower_effect,
    within_effect,
)
from gapviz.analyses.advice.passing import one_threshold, passing_effects
from gapviz.analyses.advice.rules import Kind, Rule, Situation, rule_named
from gapviz.analyses.measure import NO_GAP
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.rows import corpus_rows
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.costs import bytes_per_item, query_operations
from gapviz.measures.retrieval.mixed import mean_of_known
from gapviz.sources.builtin.dedicated import ENCODERS as DEDICATED_ENCODERS
from gapviz.strategies import StrategyOptions, strategy_spec, unavailable_reason
from gapviz.strategies.spec import Expectation

Verdict = Literal["better", "as it is", "no difference", "worse"]
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
    """One way, judged by what it did on this collection.

    Raises:
        KeyError: no rule of that name.
    """

    rule_name: str
    title: str
    verdict: Verdict
    effects: tuple[Effect, ...]
    """The deciding figure first; empty for doing nothing."""
    evidence: tuple[str, ...]
    """What the figures say, one sentence each."""
    cost: Cost
    stance: Stance
    """How this data stands to the usual advice."""
    fragile: bool = False
    """Its figure turns on how ties are broken."""

    def __post_init__(self) -> None:
        rule_named(self.rule_name)

    @property
    def rule(self) -> Rule:
        """The line of the decision table that it stands on."""
        return rule_named(self.rule_name)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rule": self.rule_name,
            "title": self.title,
            "verdict": self.verdict,
            "effects": [effect.to_json() for effect in self.effects],
            "evidence": list(self.evidence),
            "cost": plain_json(self.cost),
            "usual_advice": self.rule.usual,
            "this_data": self.stance,
            "wrong_when": self.rule.wrong_when,
            "turns_on_ties": self.fragile,
        }


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

FRAGILE_TIES = 0.05
"""Share of queries whose match stands in a tie, above which a figure turns on breaking it."""

BIASED_LIFT = 1.05
"""Mean bias lift above which an index counts as sorting by modality."""

MOST_PASS = 0.5
"""Share of unrelated pairs of one kind above which a threshold counts as letting all pass."""


def judged(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    """What the rule's way does on this collection; one entry each where it has several.

    Raises:
        GapvizError: it cannot be told.
    """
    return _JUDGES[rule.kind](evidence, situation, rule)


def _nothing(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    raw = evidence.raw
    words = [_gap_words(raw)]
    agrees: Stance = "agrees"
    if situation.task == "one-way":
        words.append(_recall_words(raw, *_way(evidence, situation)))
        words.append("Taking the offset out of every candidate's score changes no rank at all.")
    elif situation.task == "mixed":
        lift = {name: estimate.value for name, estimate in raw.lift.items()}
        agrees = _holds(mean_of_known(np.array(list(lift.values()))), BIASED_LIFT)
        words += [
            f"{name} queries: bias@10 {bias}, {lift[name]:.2f} × the corpus share."
            for name, bias in raw.bias.items()
            if not isnan(lift[name])
        ]
    elif situation.task == "scores":
        passing = passing_effects(evidence, None)
        agrees = _holds(max(effect.before.value for effect in passing[:2]), MOST_PASS)
        words.append(_passing_words(one_threshold(evidence), passing))
    else:
        words.append(f"It plays no part here: {situation.found} vectors are compared alone.")
        likeness = within_effect(raw, raw, situation.found)
        if likeness is not None:
            words.append(f"{likeness.figure} is {likeness.before}.")
    cost = _cost(raw, "the vectors alone", "one product with every vector")
    return [
        Recommendation(rule.name, "Leave it as it is", "as it is", (), tuple(words), cost, agrees)
    ]


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


def _strategy(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    options = StrategyOptions(rule.strategy or "raw")
    spec = strategy_spec(options.name)
    if spec.ranks_items:
        raise GapvizError(
            "it ranks items, so that no figure of a list of vectors can be held against it",
            hint="see what it does on the scoreboard",
        )
    reason = unavailable_reason(options, evidence.calibration)
    if reason is not None:
        raise GapvizError(reason)
    after = evidence.measured(options)
    effects = _effects(evidence, situation, after, rule)
    tied = np.concatenate([outcome.tied for outcome in after.mixed.values()])
    fragile = effects[0].figure.startswith("NDCG") and float(tied.mean()) > FRAGILE_TIES
    words = list(after.strategy.warnings)
    if fragile:
        words.append(
            f"{tied.mean():.0%} of the matches stand in a tie that is counted as won: with it "
            "lost, the figure is lower."
        )
    if spec.routed:
        words += _tie_words(evidence, options, after)
    cost = _cost(after, spec.stores, spec.query_cost)
    return [_judged(rule, after.strategy.label, effects, words, cost, fragile=fragile)]


def _cost(measured: Measurement, storage: str, query: str) -> Cost:
    """What a strategy costs that needs no other encoder."""
    strategy = measured.strategy
    corpus = corpus_rows(measured.collection, strategy)
    stored = bytes_per_item(corpus, strategy, measured.collection.n_items)
    return Cost(storage, query, "the one there is", stored, query_operations(corpus, strategy))


def _tie_words(evidence: Evidence, options: StrategyOptions, after: Measurement) -> tuple[str, ...]:
    turned = evidence.measured(options.having(ties="other-first"))
    usual, other = (mixed_effects(evidence.raw, one)[0].after.value for one in (after, turned))
    if isclose(usual, other, abs_tol=5e-4):
        return ()
    return (
        "Where entries of two lists tie, the query's modality is put first; with the other first, "
        f"NDCG@10 is {other:.3f}.",
    )


def _model(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    others = evidence.comparable_models()
    if not others:
        what = "these items" if not evidence.models else "the same captions of these items"
        raise GapvizError(f"no other model has encoded {what}", hint="encode them on the Data page")
    cost = Cost("as now: its vectors replace those of today", "as now", "the other one instead")
    return [
        _judged(rule, f"Change to {title}", _effects(evidence, situation, after, rule), [], cost)
        for title, after in others.items()
    ]


def _dedicated(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    towers = [tower for tower in evidence.towers if tower.modality == situation.found]
    if not towers:
        raise GapvizError(
            f"no encoder of {situation.found} alone has seen these items",
            hint=_encode_alone(situation.found),
        )
    found = []
    for tower in towers:
        effect = tower_effect(evidence, tower)
        if effect is None:
            raise _no_labels()
        size = 4 * tower.vectors.shape[1]
        cost = Cost(
            f"a second index beside the joint one: {size:,} bytes an item more, as float32",
            "as now, in the other index",
            "one more, for this modality alone",
        )
        found.append(_judged(rule, f"Search with {tower.title}", [effect], [], cost))
    return found


def _thresholds(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    cost = Cost("one number a pair of modalities", "one comparison", "the one there is")
    effects = passing_effects(evidence, None)
    words = [
        "Within a modality the threshold is set to pass as many unrelated pairs as between them; "
        "with labels or clicks at hand, set it by the pairs that must pass."
    ]
    return [_judged(rule, title_of(rule), effects, words, cost)]


def _effects(
    evidence: Evidence, situation: Situation, after: Measurement, rule: Rule
) -> list[Effect]:
    raw = evidence.raw
    if situation.task == "one-way":
        return one_way_effects(raw, after, *_way(evidence, situation))
    if situation.task == "within":
        effect = within_effect(raw, after, situation.found)
        if effect is None:
            raise _no_labels()
        return [effect]
    if situation.task == "scores" and not after.strategy.spec.routed:
        return [*passing_effects(evidence, rule.strategy), mixed_effects(raw, after)[0]]
    return mixed_effects(raw, after)


def _judged(
    rule: Rule,
    title: str,
    effects: list[Effect],
    words: list[str],
    cost: Cost,
    *,
    fragile: bool = False,
) -> Recommendation:
    first = effects[0]
    if isnan(first.change.value):
        raise GapvizError(f"{first.figure}: these items have none to count")
    verdict: Verdict = "better" if first.better else "worse" if first.worse else "no difference"
    lost = [effect.figure for effect in effects[1:] if effect.worse]
    if lost:
        words.append(f"It costs more than chance elsewhere: {'; '.join(lost)}.")
    return Recommendation(
        rule.name,
        title,
        verdict,
        tuple(effects),
        tuple(words),
        cost,
        _stance(rule, verdict),
        fragile,
    )


def _stance(rule: Rule, verdict: Verdict) -> Stance:
    expected = _EXPECTED[rule.expects]
    if verdict == expected:
        return "agrees"
    return "leaves open" if expected is None or verdict == "no difference" else "contradicts"


def _way(evidence: Evidence, situation: Situation) -> tuple[str, str]:
    """(what asks, what is found)."""
    other = [name for name in evidence.pair if name != situation.found]
    return other[0], situation.found


def _recall_words(raw: Measurement, source: str, target: str) -> str:
    one, ten = raw.recall[source, target][1], raw.recall[source, target][10]
    return f"{source} → {target} finds the match at R@1 {one} and R@10 {ten}."


def _encode_alone(modality: str) -> str:
    encoder = DEDICATED_ENCODERS.get(modality)
    if encoder is None:
        return f"bring {modality} vectors of such an encoder beside the joint ones"
    return f"encode them with one (gapviz encode --model {encoder})"


def _passing_words(threshold: float, passing: list[Effect]) -> str:
    if isnan(threshold):
        return "There are no matched pairs to set a threshold by."
    shares = "; ".join(
        f"{effect.figure.removesuffix(' that pass')} {effect.before.value:.1%}"
        for effect in passing
        if not isnan(effect.before.value)
    )
    return f"One threshold for all, the cosine {threshold:.3f}, lets pass: {shares}."


def _no_labels() -> GapvizError:
    return GapvizError(
        "no two items share a label, so likeness is not known", hint="give the items labels"
    )


_JUDGES: dict[Kind, Callable[[Evidence, Situation, Rule], list[Recommendation]]] = {
    "nothing": _nothing,
    "strategy": _strategy,
    "model": _model,
    "dedicated": _dedicated,
    "thresholds": _thresholds,
}
