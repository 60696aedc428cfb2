"""What the advisor answers: ways ranked, each with its evidence and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gapviz.analyses.advice.effects import Effect
from gapviz.analyses.advice.rules import Rule, Situation, applicable, rule_named
from gapviz.strategies import strategy_spec

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


def title_of(rule: Rule) -> str:
    """What a rule is about, before anything is measured."""
    return strategy_spec(rule.strategy).title if rule.strategy else _KIND_TITLES[rule.kind]


_KIND_TITLES = {
    "nothing": "Leave it as it is",
    "model": "Another model",
    "dedicated": "A dedicated encoder",
    "thresholds": "A threshold for each pair of modalities",
}
