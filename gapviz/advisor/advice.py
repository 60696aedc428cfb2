"""From the rules and the figures to a ranked list, each entry with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gapviz.advisor.effects import Effect, mixed_effects, one_way_effects
from gapviz.advisor.evidence import Evidence, tower_effect, within_effect
from gapviz.advisor.passing import passing_effects
from gapviz.advisor.rules import TASKS, Expectation, Rule, Situation, applicable, rule_named
from gapviz.encoders.base import Progress
from gapviz.errors import GapvizError
from gapviz.evaluation.costs import bytes_per_item, query_operations
from gapviz.measure import Measurement
from gapviz.retrieval.corpus import corpus_rows
from gapviz.strategies import StrategyOptions, strategy_card, unavailable_reason

Verdict = Literal["better", "as it is", "no difference", "worse"]
Stance = Literal["agrees", "contradicts", "leaves open"]

_EXPECTED: dict[Expectation, Verdict] = {
    "helps": "better",
    "hurts": "worse",
    "no change": "no difference",
}

FRAGILE_TIES = 0.05
"""Share of queries whose match stands in a tie, above which a figure turns on breaking it."""

BIASED_LIFT = 1.05
"""Mean bias lift above which an index counts as sorting by modality."""

MOST_PASS = 0.5
"""Share of unrelated pairs of one kind above which a threshold counts as letting all pass."""

_PLACE: dict[Verdict, int] = {"better": 0, "as it is": 1, "no difference": 2, "worse": 3}


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
        cost = {name: getattr(self.cost, name) for name in Cost.__slots__}
        return {
            "rule": self.rule_name,
            "title": self.title,
            "verdict": self.verdict,
            "effects": [effect.to_json() for effect in self.effects],
            "evidence": list(self.evidence),
            "cost": cost,
            "usual_advice": self.rule.usual,
            "this_data": self.stance,
            "wrong_when": self.rule.wrong_when,
            "turns_on_ties": self.fragile,
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


def advise(evidence: Evidence, situation: Situation, *, progress: Progress | None = None) -> Advice:
    """Rank what can be done, by what it did on the held-out items of this collection.

    First what is better than doing nothing by more than chance (95 %), the largest gain
    first, and behind those the ones whose figure turns on ties; then doing nothing; then what
    makes no difference that can be told; then what is worse.

    Args:
        evidence: what was, and can be, measured.
        situation: what is searched, and what can be changed.
        progress: told after every rule; may raise to cancel.

    Raises:
        GapvizError: a modality that the collection does not have.

    >>> from gapviz.advisor import Situation, gather
    >>> from gapviz.builtin import builtin_collection
    >>> given = advise(gather(builtin_collection()), Situation("one-way", "neither"))
    >>> given.recommendations[0].title
    'Leave it as it is'
    """
    evidence.collection.modality(situation.found)
    rules, _ = applicable(situation)
    found: list[Recommendation] = []
    missing: list[tuple[str, str]] = []
    for number, rule in enumerate(rules, start=1):
        try:
            found += _JUDGES[rule.kind](evidence, situation, rule)
        except GapvizError as error:
            missing.append((title_of(rule), error.sentence))
        if progress is not None:
            progress(number / len(rules), title_of(rule))
    figures = list(dict.fromkeys(one.effects[0].figure for one in found if one.effects))

    def place(one: Recommendation) -> tuple[float, ...]:
        if not one.effects:
            return (_PLACE[one.verdict], 0, 0, 0)
        first = one.effects[0]
        kind = figures.index(first.figure) if situation.task == "scores" else 0
        return (_PLACE[one.verdict], one.fragile, kind if kind > 1 else 0, -first.gain)

    measured = evidence.raw.collection
    return Advice(
        situation=situation,
        recommendations=tuple(sorted(found, key=place)),
        not_measured=tuple(missing),
        protocol=(
            f"{TASKS[situation.task]}. Fitted on the calibrate split, measured on the "
            f"{measured.n_items:,} items of the evaluate split, encoder {measured.encoder}; "
            "changes are paired by query, with 95 % bootstrap intervals over items, seed "
            f"{evidence.seed}. Several ways are tried on the same items, so the best of them is "
            "flattered a little."
        ),
    )


def _nothing(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    raw = evidence.raw
    gap = raw.geometry.gap
    words = [f"The gap is {gap.gap:.3f} [{gap.low:.3f}, {gap.high:.3f}], of 0 to 2."]
    agrees: Stance = "agrees"
    if situation.task == "one-way":
        words.append(_recall_words(raw, *_way(evidence, situation)))
        words.append("Taking the offset out of every candidate's score changes no rank at all.")
    elif situation.task == "mixed":
        lift = {name: estimate.value for name, estimate in raw.lift.items()}
        agrees = "agrees" if np.nanmean(list(lift.values())) > BIASED_LIFT else "contradicts"
        words += [
            f"{name} queries: bias@10 {bias.value:.3f} [{bias.low:.3f}, {bias.high:.3f}], "
            f"{lift[name]:.2f} × the corpus share."
            for name, bias in raw.bias.items()
        ]
    elif situation.task == "scores":
        first = passing_effects(evidence, None)
        worst = max(effect.before.value for effect in first[:2])
        agrees = "agrees" if worst > MOST_PASS else "contradicts"
        words += [f"{e.figure} one threshold: {e.before.value:.1%}." for e in first]
    else:
        words.append(f"It plays no part here: {situation.found} vectors are compared alone.")
    cost = Cost("nothing", "nothing", "the one there is")
    return [
        Recommendation(rule.name, "Leave it as it is", "as it is", (), tuple(words), cost, agrees)
    ]


def _strategy(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    options = StrategyOptions(rule.strategy or "raw")
    reason = unavailable_reason(strategy_card(options.name), evidence.calibration, None)
    if reason is not None:
        raise GapvizError(reason)
    after = evidence.measured(options)
    effects = _effects(evidence, situation, after, rule)
    card, corpus = after.strategy.card, corpus_rows(after.collection, after.strategy.alignment)
    tied = np.concatenate([outcome.tied for outcome in after.mixed.values()])
    fragile = effects[0].figure.startswith("NDCG") and float(tied.mean()) > FRAGILE_TIES
    words = list(after.strategy.warnings)
    if fragile:
        words.append(
            f"{tied.mean():.0%} of the matches stand in a tie that is counted as won: with it "
            "lost, the figure is lower."
        )
    cost = Cost(
        storage=card.stores,
        query=card.query_cost,
        encoders="the one there is",
        bytes_per_item=bytes_per_item(corpus, after.strategy, after.collection.n_items),
        query_operations=query_operations(corpus, after.strategy),
    )
    return [_judged(rule, after.strategy.label, effects, words, cost, fragile=fragile)]


def _model(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    others = evidence.comparable_models()
    if not others:
        raise GapvizError(
            "no other model has encoded these items", mend="encode them on the Data page"
        )
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
            mend="encode them with one (gapviz encode --model efficientnet-lite0 or minilm)",
        )
    found = []
    for tower in towers:
        effect = tower_effect(evidence, tower)
        if effect is None:
            raise _no_labels()
        size = 4 * tower.vectors.shape[1]
        cost = Cost(
            f"a second index: {size:,} bytes an item beside the joint one, as float32",
            "as now, in the other index",
            "one more, for this modality alone",
            bytes_per_item=float(size),
        )
        found.append(_judged(rule, f"Search with {tower.title}", [effect], [], cost))
    return found


def _thresholds(evidence: Evidence, situation: Situation, rule: Rule) -> list[Recommendation]:
    cost = Cost("one number a pair of modalities", "one comparison", "the one there is")
    effects = passing_effects(evidence, None)
    return [_judged(rule, "A threshold for each pair of modalities", effects, [], cost)]


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
    if situation.task == "scores" and not after.strategy.card.routed:
        return passing_effects(evidence, rule.strategy)
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
    if verdict == _EXPECTED[rule.expects]:
        return "agrees"
    return "leaves open" if verdict == "no difference" else "contradicts"


def _way(evidence: Evidence, situation: Situation) -> tuple[str, str]:
    """(what asks, what is found)."""
    other = [name for name in evidence.pair if name != situation.found]
    return other[0], situation.found


def _recall_words(raw: Measurement, source: str, target: str) -> str:
    one, ten = raw.recall[source, target][1], raw.recall[source, target][10]
    return (
        f"{source} → {target} finds the match at R@1 {one.value:.3f} [{one.low:.3f}, "
        f"{one.high:.3f}] and R@10 {ten.value:.3f} [{ten.low:.3f}, {ten.high:.3f}]."
    )


def _no_labels() -> GapvizError:
    return GapvizError(
        "no two items share a label, so likeness is not known", mend="give the items labels"
    )


def title_of(rule: Rule) -> str:
    """What a rule is about, before anything is measured."""
    return strategy_card(rule.strategy).title if rule.strategy else _KIND_TITLES[rule.kind]


_KIND_TITLES = {
    "nothing": "Leave it as it is",
    "model": "Another model",
    "dedicated": "A dedicated encoder",
    "thresholds": "A threshold for each pair of modalities",
}

_JUDGES: dict[str, Callable[[Evidence, Situation, Rule], list[Recommendation]]] = {
    "nothing": _nothing,
    "strategy": _strategy,
    "model": _model,
    "dedicated": _dedicated,
    "thresholds": _thresholds,
}
