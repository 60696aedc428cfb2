"""Figures of search in plain words: counts out of ten answers and out of a hundred queries.

Terminal, report and pages say these words first, and the figure that they stand for after them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from gapviz.core.wording import FEWEST_ITEMS, UNKNOWN, counted, figure, tenths
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.measures.retrieval.outcomes import DEPTH

_KINDS: Mapping[str, tuple[str, str]] = {
    "image": ("picture", "pictures"),
    "text": ("text", "text"),
    "video": ("video", "videos"),
    "outline": ("outline", "outlines"),
}
"""What one and what several contents of a modality are called, where that is not its name."""


def kind_of(modality: str, *, several: bool = False) -> str:
    """What contents of a modality are called: `picture`, `text`; of others their name."""
    return _KINDS.get(modality, (modality, modality))[several]


def own_words(share: float, modality: str) -> str:
    """A bias rate in words.

    >>> own_words(1.0, "text")
    '10 of 10 answers are text'
    >>> own_words(0.53, "image")
    '5.3 of 10 answers are pictures'
    """
    return f"{tenths(share)} of 10 answers are {kind_of(modality, several=True)}"


def bias_reading(measurement: Measurement) -> str:
    """What a mixed index gives to a query, in results out of ten."""
    n_items = measurement.collection.n_items
    if n_items < FEWEST_ITEMS:
        held_out = counted(n_items, "held-out item")
        return f"What a mixed index favours cannot be said from {held_out}."
    parts = []
    for name, estimate in measurement.bias.items():
        expected = mean_of_known(measurement.mixed[name].expected_share)
        if isnan(estimate.value) or isnan(expected):
            parts.append(f"what {_article(name)} query gets is unknown: none can be asked here")
            continue
        number = tenths(estimate.value)
        parts.append(
            f"{_article(name)} query gets {number} {name} result{'s' * (number != '1')} in its "
            f"first 10 (neutral: {tenths(expected)})"
        )
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"


def of_hundred(share: float) -> str:
    """A share of queries as a count of 100, without a digit that says nothing.

    >>> of_hundred(0.034), of_hundred(0.002), of_hundred(0.0)
    ('3', 'under 1', '0')
    """
    if isnan(share):
        return UNKNOWN
    return "under 1" if 0 < share < 0.005 else figure(100 * share, 0)


def found_words(share: float, source: str, target: str) -> str:
    """For how many queries the match stands in the first ten, in words.

    >>> found_words(0.03, "text", "image")
    'the right picture is among the first 10 for 3 of 100 text queries'
    """
    return (
        f"the right {kind_of(target)} is among the first {DEPTH} for {of_hundred(share)} of 100 "
        f"{source} queries"
    )


def found_reading(measurement: Measurement) -> str | None:
    """What a search finds in one mixed index and in an index of the right kind alone; None where
    nothing can be said of it.
    """
    ways = (measurement.pair, measurement.pair[::-1])
    mixed = {way: measurement.mixed_recall[way[0]].value for way in ways}
    alone = {way: measurement.recall[way][DEPTH].value for way in ways if way in measurement.recall}
    known = [*mixed.values(), *alone.values()]
    if measurement.collection.n_items < FEWEST_ITEMS or len(alone) < 2 or any(map(isnan, known)):
        return None
    counts = " and ".join(of_hundred(alone[way]) for way in ways)
    if len(measurement.bias) > 2:
        # There the right answer may be of any of the other kinds.
        said = " and ".join(f"{of_hundred(mixed[way])} of 100 {way[0]} queries" for way in ways)
        told = f"an answer of the query's own item is among the first {DEPTH} for {said}"
        where = " and ".join(f"{kind_of(way[1], several=True)} alone" for way in ways)
        return f"In one index of all, {told}. Where {where} are searched, for {counts} of 100."
    first, (source, target) = ways
    second = f"the right {kind_of(target)} for {of_hundred(mixed[ways[1]])} of 100 {source} queries"
    told = f"{found_words(mixed[first], *first)}, and {second}"
    return (
        f"In one index of both, {told}. Where only the other kind is searched, for {counts} of 100."
    )


def own_change(before: Measurement, after: Measurement) -> str:
    """What a strategy does to the kinds of answers, a sentence; empty where that is unknown."""
    parts = []
    for name, bias in before.bias.items():
        was, now = bias.value, after.bias[name].value
        if isnan(was) or isnan(now):
            return ""
        kind = kind_of(name, several=True)
        parts.append(f"{tenths(now)} instead of {tenths(was)} are {kind} for {name} queries")
    return f"Of 10 answers, {', '.join(parts)}."


def found_change(before: Measurement, after: Measurement) -> str:
    """What a strategy does to what is found, a sentence; empty where that is unknown."""
    parts = []
    for source, target in (before.pair, before.pair[::-1]):
        was, now = before.mixed_recall[source].value, after.mixed_recall[source].value
        if isnan(was) or isnan(now):
            return ""
        count = f"{of_hundred(now)} instead of {of_hundred(was)}"
        parts.append(f"the right {kind_of(target)} for {count} of 100 {source} queries")
    return f"Among the first {DEPTH} is {', '.join(parts)}."
