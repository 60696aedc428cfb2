"""Decide: what to do about the gap, as an analysis."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import Any

from gapviz.analyses.advice.advice import Advice, cached_advice
from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.judging import Recommendation, title_of
from gapviz.analyses.advice.rules import CHANGES, TASKS, Situation
from gapviz.analyses.analysis import PROTOCOL, Analysis, Finding, Request
from gapviz.analyses.listed import LISTED
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.table import Column, Table
from gapviz.sources.builtin import (
    BUILTIN_ENCODERS,
    DedicatedVectors,
    dedicated_vectors,
    encoder_title,
)

CHANGE = Column("change", "change", signed=True)
EFFECT_COLUMNS = (
    Column("figure", "figure", text=True),
    Column("before", "before"),
    Column("after", "after"),
    CHANGE,
    Column("better", "better", text=True),
)


def situation_of(request: Request) -> Situation:
    """What is searched, and what can be changed.

    Raises:
        GapvizError: fewer than two modalities, or no modality of that name.
    """
    found = request["find"] or request.pair[0]
    request.collection.modality(found)
    return Situation(request["task"], request["can_change"], found)


def evidence_of(request: Request) -> Evidence:
    """What can be measured, with other models and with encoders of one modality of every item.

    Raises:
        GapvizError: fewer than two modalities, or no modality of that name.
    """
    collection, others = request.collection, request.others
    names = set(collection.modality_names)
    models = {
        encoder_title(name): one for name, one in others.items() if set(one.modality_names) == names
    }
    towers = []
    for name, one in others.items():
        if len(one.modality_names) == 1:
            first = one.modality(one.modality_names[0]).corpus.first_rows
            if first.n_rows == one.n_items:
                towers.append(DedicatedVectors(one.modality_names[0], name, first.vectors))
    if request.source in BUILTIN_ENCODERS:
        towers += [dedicated_vectors(name) for name in collection.modality_names]
    asked: str | None = request.values.get(PROTOCOL.name)
    return Evidence(collection, request.pair, request.seed, models, tuple(towers), asked)


def question(situation: Situation) -> str:
    """What was asked, in words."""
    task = TASKS[situation.task]
    found = f", {situation.found} is found" if situation.task in ("one-way", "within") else ""
    change = CHANGES[situation.changeable].lower()
    return f"{task[0].lower()}{task[1:]}{found}; can change: {change}"


def advice_finding(advice: Advice, title: str = "", *, most: int | None = None) -> Finding:
    """The ways, best first, each with its effects, its evidence and its cost.

    Args:
        advice: what was found.
        title: the question unless given.
        most: how many ways to show; all of them where None.
    """
    shown, answer = advice.recommendations[:most], decision_of(advice)
    readings = [f"{answer.title}. {answer.reason}"]
    readings += [f"Not judged: {what}: {why}" for what, why in advice.not_measured]
    if advice.needs_more:
        titles = dict.fromkeys(title_of(rule) for rule in advice.needs_more)
        readings.append(
            f"Not looked at, since it needs more than can be changed: {'; '.join(titles)}."
        )
    return Finding(
        figures={**advice.to_json(), "decision": answer.to_json()},
        title=title or question(advice.situation),
        readings=readings,
        parts={str(place): _way(place, one) for place, one in enumerate(shown, 1)},
        protocol=advice.protocol,
        result=advice,
    )


def find_advice(request: Request, progress: Progress) -> Finding:
    """The usual advice for a task, held against what every way does on the data."""
    situation = situation_of(request)
    advice = cached_advice(evidence_of(request), situation).compute(progress)
    collection = request.collection
    head = f"{collection.name}, encoder {collection.encoder}: {question(situation)}"
    found, lacking = advice_finding(advice, head), request.not_measured
    named = [{"what": what, "why": why} for what, why in lacking.items()]
    return replace(
        found,
        warnings=[*lacking.values()],
        figures={**found.figures, "not_measured": [*found.figures["not_measured"], *named]},
    )


def _way(place: int, one: Recommendation) -> Finding:
    marks = ", ties carry part of it" * one.carried_by_ties
    if one.stance == "contradicts":
        marks += ", against the usual advice"
    effects: list[list[Any]] = [
        [each.figure, each.before.value, each.after.value, each.judged_change, each.best]
        for each in one.effects
        if not isnan(each.change.value)
    ]
    return Finding(
        title=f"{place}. {one.title}: {one.verdict}{marks}",
        readings=[
            *one.evidence,
            f"Usually said: {one.rule.usual} {one.rule.wrong_when}",
            f"Cost. Stored: {one.cost.storage}. A query: {one.cost.query}.",
        ],
        tables=[Table("", EFFECT_COLUMNS, effects, intervals="")] if effects else [],
    )


PARAMETERS = (
    Parameter(
        "task",
        "Task",
        "choice",
        "mixed",
        "what is searched: one-way: one modality finds another; mixed: one index of all; within: "
        "like finds like; scores: a threshold or fused scores",
        choices={str(name): title for name, title in TASKS.items()},
    ),
    Parameter(
        "can_change",
        "Can change",
        "choice",
        "index",
        "neither, index or model; each includes the one before it",
        choices={str(name): title for name, title in CHANGES.items()},
    ),
    Parameter(
        "find",
        "Found",
        "modality",
        None,
        "what is found: for one-way and within (default: image, or the first modality)",
    ),
    replace(PROTOCOL, help=f"{PROTOCOL.help}, for one-way and mixed"),
)

ANALYSIS = Analysis(
    "decide",
    LISTED["decide"].help,
    "Hold the usual advice for a task against what every way does on the items of the evaluate "
    "split, and rank the ways. Other models and encoders of one modality, in the same source or in "
    "another, are tried as well.",
    find_advice,
    parameters=PARAMETERS,
    shared=("pair", "seed", "also", "most-items"),
)
