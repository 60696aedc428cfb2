"""`gapviz advise`: what to do about the gap, ranked by what was measured."""

from __future__ import annotations

import argparse
from math import isnan
from textwrap import wrap
from typing import TYPE_CHECKING

from gapviz.commands.output import json_text
from gapviz.commands.situation import add_situation, chosen_evidence
from gapviz.commands.source import Commands, add_seed, add_source, progress_bar
from gapviz.commands.strategy import add_pair

if TYPE_CHECKING:
    from gapviz.analyses.advice import Advice, Evidence, Recommendation

WIDTH = 96


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "advise",
        help="tell what to do about the gap, ranked by what was measured",
        description="Hold the usual advice for a task against what every way does on the items of "
        "the evaluate split, and rank the ways. Other models and encoders of one modality, in the "
        "same source or in another, are tried as well.",
    )
    add_source(command)
    add_situation(command)
    add_pair(command)
    add_seed(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """The ranked advice, as text or as one JSON object.

    Raises:
        GapvizError: bad input.
    """
    from gapviz.analyses.advice.stored import cached_advice

    asked = chosen_evidence(options)
    with progress_bar() as progress:
        advice = cached_advice(asked.evidence, asked.situation).compute(progress)
    if options.json:
        return json_text(advice.to_json())
    return _told(asked.evidence, advice)


def _told(evidence: Evidence, advice: Advice) -> str:
    from gapviz.analyses.advice import TASKS, title_of

    collection, situation = evidence.collection, advice.situation
    what = TASKS[situation.task].lower()
    if situation.task in ("one-way", "within"):
        what += f", {situation.found} is found"
    lines = [
        f"{collection.name}, encoder {collection.encoder}: {what}; can change: "
        f"{situation.changeable}",
        "",
    ]
    for place, one in enumerate(advice.recommendations, start=1):
        lines += _entry(place, one)
    lines += [f"not judged  {what}: {why}" for what, why in advice.not_measured]
    if advice.needs_more:
        titles = dict.fromkeys(title_of(rule) for rule in advice.needs_more)
        lines.append(f"not looked at, since it needs more than can be changed: {'; '.join(titles)}")
    return "\n".join([*lines, "", *wrap(advice.protocol, WIDTH)])


def _entry(place: int, one: Recommendation) -> list[str]:
    marks = ", turns on ties" * one.fragile
    if one.stance == "contradicts":
        marks += ", against the usual advice"
    lines = [f"{place:>2}. {one.title}: {one.verdict}{marks}"]
    lines += [
        f"    {effect.figure:42}{effect.before.value:>6.3f} → {effect.after.value:.3f}  "
        f"{effect.change_told}  better: {effect.best}"
        for effect in one.effects
        if not isnan(effect.change.value)
    ]
    cost = f"Cost. Stored: {one.cost.storage}. A query: {one.cost.query}."
    for words in (*one.evidence, f"Usually said: {one.rule.usual} {one.rule.wrong_when}", cost):
        lines += wrap(words, WIDTH, initial_indent="    ", subsequent_indent="    ")
    return [*lines, ""]
