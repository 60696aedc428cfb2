"""Figures by judgments: what a strategy does to queries of one's own, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Literal

from gapviz.analyses.analysis import PROTOCOL, Request
from gapviz.analyses.changes import Change, named_change
from gapviz.analyses.figure_words import of_hundred
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.table import Cell, Changed, Column, Marked, Table
from gapviz.core.wording import FEWEST_ITEMS, counted, figure, sentence, tenths, too_few
from gapviz.measures.judged_measurement import UNJUDGED_DOUBTS, JudgedMeasurement
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.measures.retrieval.judged import DEPTH, JUDGED_FIGURES, QUALITY
from gapviz.measures.retrieval.outcome import mean_of_known

Protocol = Literal["judged", "paired"]

PROTOCOL_WORDS: Mapping[Protocol, str] = {
    "judged": "{queries} ask, and the items that their judgments call relevant are the answers",
    "paired": "each held-out item asks, and its other half is the answer",
}
"""What asks and what is right, in a clause; see `protocol_words`."""

QUERY = ("judged query", "judged queries")
"""One, and several."""

FIGURE_TITLES: Mapping[str, str] = {
    "ndcg": f"NDCG@{DEPTH}",
    "recall@10": "R@10",
    "recall@100": "R@100",
    "mrr": "MRR",
    "map": "MAP",
    "bias": "bias rate",
    "lift": "lift",
    "target_hit": f"target hits@{DEPTH}",
    "unjudged": f"unjudged@{DEPTH}",
}
"""Of `JUDGED_FIGURES`, as they stand in heads of tables."""

NO_ANSWER = "No answer is found better than by chance."

UNJUDGED_MARK = "unjudged"
"""Beside a figure of quality whose lists hold many results that nobody judged."""


def has_judgments(collection: Collection) -> bool:
    """Whether a collection has queries with judgments that are measured."""
    evaluation = collection.evaluation
    return evaluation is not None and evaluation.measured.size > 0


def chosen_protocol(collection: Collection, asked: str | None = None) -> Protocol:
    """The protocol asked for; unless one is, `judged` where the collection has judgments.

    Raises:
        GapvizError: figures by judgments of a collection without any.
    """
    there = has_judgments(collection)
    if asked == "judged" and not there:
        raise GapvizError(
            "has no queries with judgments",
            where=collection.name,
            hint="give them with --queries and --judgments, or choose the paired protocol",
        )
    return "paired" if asked == "paired" or not there else "judged"


def protocol_of(request: Request) -> Protocol:
    """The protocol that a request asks for; see `chosen_protocol`.

    Raises:
        GapvizError: as that.
    """
    return chosen_protocol(request.collection, request.values.get(PROTOCOL.name))


def protocol_words(protocol: Protocol, n_queries: int = 0) -> str:
    """What asks and what is right, in a clause.

    >>> protocol_words("judged", 50)
    '50 judged queries ask, and the items that their judgments call relevant are the answers'
    """
    return PROTOCOL_WORDS[protocol].format(queries=judged_queries_words(n_queries))


def judged_queries_words(n: int) -> str:
    """`1 judged query`, `50 judged queries`."""
    return counted(n, *QUERY)


def judged_table(found: JudgedMeasurement, before: JudgedMeasurement | None = None) -> Table:
    """Every figure by judgments, a row for each query modality.

    Args:
        found: what was measured.
        before: raw cosine with the same queries, for the change from it.
    """
    columns = [
        Column("figure", "figure", text=True),
        Column("queries", "queries", text=True),
        *([Column("raw", "raw")] if before else []),
        Column("value", found.judged.run.name if before else "value"),
        *([Column("change", "change", signed=True)] if before else []),
        Column("chance", "chance", missing=""),
        Column("better", "better is", text=True),
        Column("reading", "what it is", text=True, brief=False),
    ]
    rows: list[list[Cell]] = []
    for name, words in JUDGED_FIGURES.items():
        for modality in found.modalities:
            key = (name, modality)
            if isnan(found.estimate(*key).value):
                continue
            neutral = _neutral(found, *key)
            rows.append(
                [
                    FIGURE_TITLES[name],
                    modality,
                    *([judged_cell(before, *key)] if before else []),
                    judged_cell(found, *key),
                    *([_change_cell(found, before, *key)] if before else []),
                    float("nan") if neutral is None else neutral,
                    better_words(found, *key),
                    words,
                ]
            )
    return Table("By judgments", columns, rows, intervals=VARIED)


def judged_board(measurements: Mapping[str, JudgedMeasurement]) -> Table:
    """A row for each of several, their titles first, with the same queries and judgments."""
    one = next(iter(measurements.values()))
    columns, keys = [Column("strategy", "strategy", text=True)], []
    for name in one.modalities:
        for key in ("bias", "target_hit", "ndcg", "unjudged"):
            if isnan(one.estimate(key, name).value):
                continue
            keys.append((key, name))
            words = better_words(one, key, name)
            detail = f"{name} queries"
            columns.append(Column(f"{key}-{name}", FIGURE_TITLES[key], detail, better=words))
    rows = [
        [title, *(judged_cell(found, *key) for key in keys)]
        for title, found in measurements.items()
    ]
    return Table("By judgments", columns, rows, intervals=VARIED)


def judged_cell(found: JudgedMeasurement, *key: str) -> Cell:
    """A figure by judgments with its interval, marked where many results were judged by nobody.

    Raises:
        KeyError: no such figure.
    """
    name, modality = key
    share = mean_of_known(found.values["unjudged", modality])
    value = found.estimate(*key)
    if name not in QUALITY or not share > UNJUDGED_DOUBTS:
        return value
    why = (
        f"{share:.0%} of the first {DEPTH} results of {modality} queries were judged by nobody and "
        "count as wrong."
    )
    return Marked(value, UNJUDGED_MARK, why)


def better_words(found: JudgedMeasurement, *key: str) -> str:
    """Which way a figure by judgments is better: `higher`, `nearer 0.50`; empty where neither."""
    name = key[0]
    if name == "unjudged":
        return ""
    neutral = _neutral(found, *key)
    if name in ("bias", "lift"):
        return "" if neutral is None else f"nearer {figure(neutral, 2)}"
    return "higher"


def judged_change(found: JudgedMeasurement, before: JudgedMeasurement, *key: str) -> Change:
    """What a strategy did to a figure by judgments, where its 95 % interval does not hold 0.

    Raises:
        KeyError: no such figure.
    """
    old, new = before.replicates[key], found.replicates[key]
    neutral = _neutral(found, *key)
    if key[0] == "unjudged" or new.n < FEWEST_ITEMS:
        return "within chance"
    gain = new - old
    if key[0] in ("bias", "lift"):
        if neutral is None:
            return "within chance"
        gain = old.distance_to(neutral) - new.distance_to(neutral)
    return named_change(gain.estimate.low, gain.estimate.high)


def _change_cell(found: JudgedMeasurement, before: JudgedMeasurement, *key: str) -> Changed:
    return Changed(found.change(before, *key), judged_change(found, before, *key))


def _neutral(found: JudgedMeasurement, name: str, modality: str) -> float | None:
    """The figure where all entries score alike; None where it has none."""
    if name == "lift":
        return 1.0
    value = found.expected_bias[modality] if name == "bias" else found.chance.get((name, modality))
    return None if value is None or isnan(value) else value


def judged_reading(found: JudgedMeasurement, before: JudgedMeasurement | None = None) -> str:
    """What asks, and what it finds, in two sentences; and what a strategy changes about it."""
    told = [sentence(asking_words(found))]
    counts = found.n_queries
    enough = [name for name in found.modalities if counts[name] >= FEWEST_ITEMS]
    if not enough:
        return f"{told[0]} {too_few_queries(max(counts.values()))}"
    parts = []
    for name in enough:
        recall, reached = f"recall@{DEPTH}", figure(found.estimate("ndcg", name).value, 2)
        words = f"{name} queries find {of_hundred(found.estimate(recall, name).value)}"
        if before is not None:
            words += f" instead of {of_hundred(before.estimate(recall, name).value)}"
            reached += f", raw {figure(before.estimate('ndcg', name).value, 2)}"
        words += f" of 100 of their answers in their first {DEPTH} (NDCG@{DEPTH} {reached})"
        bias = found.estimate("bias", name).value
        if not isnan(bias):
            words += (
                f" and get {tenths(bias)} {name} results in their first {DEPTH} (neutral: "
                f"{tenths(found.expected_bias[name])})"
            )
        parts.append(words)
    told.append(sentence("; ".join(parts)))
    if not found.has_content:
        told.append(NO_ANSWER)
    elif before is not None:
        told.append(_moved(found, before))
    return " ".join(told)


def too_few_queries(n: int) -> str | None:
    """Why so few judged queries measure nothing, in a sentence; None where they are enough."""
    return too_few(n, *QUERY)


def unjudged_words(found: JudgedMeasurement) -> str:
    """How much of the first ten results nobody judged, by query modality, in a sentence."""
    shares = [
        f"{mean_of_known(found.values['unjudged', name]):.0%} of those of {name} queries"
        for name in found.modalities
    ]
    return f"Unjudged in the first {DEPTH} results: {', '.join(shares)}; they count as wrong."


def asking_words(found: JudgedMeasurement) -> str:
    """What asks and what is right, with how many queries of which modality, in a clause."""
    counts = found.n_queries
    n = sum(counts.values())
    kinds = ""
    if len(counts) > 1:
        kinds = f" ({', '.join(f'{count:,} {name}' for name, count in counts.items())})"
    elif counts:
        kinds = f" ({next(iter(counts))})"
    words = protocol_words("judged", n)
    first = judged_queries_words(n)
    return words.replace(first, f"{first}{kinds}", 1)


def _moved(found: JudgedMeasurement, before: JudgedMeasurement) -> str:
    changes: dict[Change, list[str]] = {}
    for name in found.modalities:
        for key in ("ndcg", "bias"):
            if not isnan(found.estimate(key, name).value):
                change = judged_change(found, before, key, name)
                changes.setdefault(change, []).append(f"{FIGURE_TITLES[key]} of {name} queries")
    told = [
        f"{way} by more than chance: {', '.join(changes[way])}"
        for way in ("better", "worse")
        if way in changes
    ]
    label = found.judged.run.name
    if not told:
        return f"Nothing that {label} changes here is more than chance."
    return f"With {label}, {'; '.join(told)}."


def judged_protocol(found: JudgedMeasurement) -> str:
    """How figures by judgments are made, in sentences."""
    unit = found.judged.evaluation.unit
    entries = "an item once, where the best of its vectors stands" if unit == "items" else "vectors"
    return (
        f"By judgments: {protocol_words('judged', sum(found.n_queries.values()))}. Indexed: the "
        f"whole collection; listed: {entries}, the first {found.judged.run.depth}. Grades are "
        "gains; what nobody judged counts as wrong. Strategies are fitted on the items and queries "
        f"that calibrate, which no measured query has as an answer. Intervals: {VARIED}."
    )
