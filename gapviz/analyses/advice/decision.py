"""The advice in one answer: what to do, why, what it gains and what it costs, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.analyses.advice.advice import Advice
from gapviz.analyses.advice.effect import Effect
from gapviz.analyses.advice.judging import Recommendation
from gapviz.core.change import Change
from gapviz.core.plain_json import plain_json
from gapviz.core.wording import counted, figure
from gapviz.strategies import StrategyOptions


@dataclass(frozen=True, slots=True)
class PlainChange:
    """What a change does to one figure, in plain words."""

    words: str
    """What is counted."""
    before: str
    after: str
    unit: str
    """Behind both figures: `of 100`, or nothing."""
    aim: str
    """What would be even; empty where more is better, or less."""
    change: Change
    rises: bool
    """Whether the figure went up, which of some is for the worse."""

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        unit = f" {self.unit}" if self.unit else ""
        aim = f" ({self.aim} would be even)" if self.aim else ""
        return f"{self.words}: {self.before} → {self.after}{unit}{aim}"


@dataclass(frozen=True, slots=True)
class Decision:
    """The first of the advised ways, for somebody who reads one thing only."""

    title: str
    reason: str
    gains: tuple[PlainChange, ...]
    """What gets better by more than chance, what is easiest to read first."""
    losses: tuple[PlainChange, ...]
    """What gets worse by more than chance."""
    costs: tuple[str, ...]
    """What it asks for, one sentence each."""
    strategy: StrategyOptions | None
    """What is to be exported, as it was measured; None where nothing is."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        plain: dict[str, Any] = plain_json(self)
        return plain


def decision_of(advice: Advice) -> Decision:
    """The answer that the advice comes to.

    >>> from gapviz.analyses.advice.advice import advise
    >>> from gapviz.analyses.advice.evidence import Evidence
    >>> from gapviz.analyses.advice.rules import Situation
    >>> from gapviz.sources.builtin import builtin_collection
    >>> evidence = Evidence(builtin_collection())
    >>> decision_of(advise(evidence, Situation("one-way", "neither"))).title
    'Leave it as it is'
    """
    first = advice.recommendations[0]
    named = first.rule.strategy
    gains, losses = plain_changes(first.effects)
    return Decision(
        title=f"Use “{first.title}”" if named else first.title,
        reason=_reason(advice, first),
        gains=gains,
        losses=losses,
        costs=_costs(advice, first),
        strategy=StrategyOptions(named) if named else None,
    )


def _reason(advice: Advice, first: Recommendation) -> str:
    asked = (
        f"{advice.n_queries:,} judged queries"
        if advice.measured_by == "judged"
        else counted(advice.n_items, "held-out item")
    )
    if len(advice.recommendations) == 1:
        if advice.not_measured:
            return "For now: no other way could be measured on these items."
        return "Every other way needs more than you can change."
    if first.rule.kind == "nothing":
        tried = counted(advice.n_tried, "other way")
        return f"{tried} tried on {asked}: nothing is better by more than chance."
    ways = counted(advice.n_tried, "way")
    several = f"Of {ways} tried on {asked}, it gains most, and more than chance explains."
    one = f"On {asked} it gains more than chance explains."
    words = several if advice.n_tried > 1 else one
    if advice.other_half is None:
        return words
    effect = first.effects[0]
    # Of a figure that is better lower a gain is a fall.
    change = -advice.other_half if effect.higher_is_better is False else advice.other_half
    holds = "it holds" if advice.other_half > 0 else "it does not hold"
    # The right answer stands higher among fewer items.
    among = "" if advice.measured_by == "judged" else ", among half as many"
    return (
        f"{words} Chosen on one half of the items, {holds} on the other{among}: "
        f"{effect.figure.partition(',')[0]} {figure(change, 2, signed=True)}."
    )


def plain_changes(
    effects: Sequence[Effect],
) -> tuple[tuple[PlainChange, ...], tuple[PlainChange, ...]]:
    """What gets better, and what worse, by more than chance.

    What is counted in queries or answers comes first, then figures of the field.
    """
    easiest = sorted(effects, key=lambda effect: effect.out_of == 1)
    return (
        tuple(_plain(one, "better") for one in easiest if one.better),
        tuple(_plain(one, "worse") for one in easiest if one.worse),
    )


def _plain(effect: Effect, change: Change) -> PlainChange:
    name = effect.words or effect.figure
    return PlainChange(
        f"{name[0].upper()}{name[1:]}",
        _shown(effect.before.value, effect.out_of),
        _shown(effect.after.value, effect.out_of),
        f"of {effect.out_of}" if effect.out_of > 1 else "",
        "" if effect.aim is None else _shown(effect.aim, effect.out_of),
        change,
        effect.change.value > 0,
    )


def _shown(value: float, out_of: int) -> str:
    """`47` of 100, `2.8` of 10, `0.24`."""
    if out_of == 1:
        return figure(value, 2)
    return figure(value * out_of, 1 if out_of < 100 else 0).removesuffix(".0")


def _costs(advice: Advice, first: Recommendation) -> tuple[str, ...]:
    if first.rule.kind == "nothing":
        return ("Nothing.",)
    cost, found = first.cost, []
    as_it_is = next((one.cost for one in advice.recommendations if not one.effects), None)
    more = times = ""
    if as_it_is and cost.bytes_per_item is not None and as_it_is.bytes_per_item:
        added = cost.bytes_per_item - as_it_is.bytes_per_item
        more = f" ({figure(added, 1)} bytes an item, on top of {as_it_is.bytes_per_item:,.0f})"
    if as_it_is and cost.query_operations is not None and as_it_is.query_operations:
        share = cost.query_operations / as_it_is.query_operations - 1
        times = f" ({share:.1%} more arithmetic)" if share > 0 else " (no more arithmetic)"
    found += [
        f"To store: {cost.storage}{more}.",
        f"For each query: {cost.query}{times}.",
    ]
    if cost.encoders != "the one there is":
        found.append(f"Encoders: {cost.encoders}.")
    if first.carried_by_ties:
        found.append("Equal scores carry a part of the gain.")
    return (*found, f"Beware. {first.rule.wrong_when}")
