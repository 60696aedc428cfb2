"""What a guided tour tells of a collection, stop by stop, all of the same held-out items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from gapviz.analyses.advice.decision import PlainChange, plain_changes
from gapviz.analyses.advice.evidence import mixed_trials
from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.changes import gap_change
from gapviz.analyses.figure_words import bias_reading, of_hundred
from gapviz.analyses.measure import gap_reading
from gapviz.analyses.story.example import Example
from gapviz.analyses.story.readings import story_readings
from gapviz.analyses.story.story import Story, tell
from gapviz.core.change import Change
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import NORMAL_95
from gapviz.core.progress import Progress, share_of
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.core.wording import counted, figure
from gapviz.measures.geometry.centroids import Gap
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.strategies import StrategyOptions

STOP_TITLES = (
    "The cones",
    "The number",
    "A query that fails",
    "All queries",
    "Subtract",
    "Better and worse",
    "Route and fuse",
    "The decision",
)
CENTRED = StrategyOptions("centre")
"""What is subtracted at the stop that moves both centres."""
ROUTED = StrategyOptions("route")
MOST_TILES = 800
"""Queries that are drawn, one tile each."""

Entry = tuple[str, int]
"""Modality and item."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two kinds of pairs are on average, with two entries that stand for them."""

    words: str
    cosine: float
    one: Entry
    other: Entry


@dataclass(frozen=True, eq=False)
class AskedItems:
    """Every query of one modality that has a match, and whether it finds it."""

    items: Indices
    """`(n,)` positions, of at most `MOST_TILES` queries evenly spread."""
    found: Float64
    """`(n,)`: chance that the match is among the first ten of raw cosine."""
    n_queries: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What one strategy does, or why it cannot be tried."""

    label: str
    changes: tuple[PlainChange, ...] = ()
    """What is better or worse by more than chance."""
    example: Example | None = None
    """The query of the story with what it finds now."""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Moved:
    """The gap before and after a strategy, and what the change is worth."""

    before: Gap
    after: Gap
    change: Change


@dataclass(frozen=True, eq=False)
class Tour:
    """Everything that the stops show but the pictures of clouds and what Decide says."""

    story: Story
    gap: Gap
    gap_words: str
    """What the gap means, in a sentence."""
    bias_words: str
    """What a mixed index gives, in a sentence."""
    likeness: tuple[Likeness, ...]
    asked: AskedItems | None
    """None where no query has a match."""
    centred: Tried
    routed: Tried

    @property
    def example(self) -> Example | None:
        """The query that fails, the one of the first screen."""
        return self.story.examples[0] if self.story.examples else None


def numbered_stops() -> dict[int, str]:
    """Number → what is on its button and in its link, from 1 on."""
    return {number: str(number) for number in range(1, len(STOP_TITLES) + 1)}


def counts_reading(collection: Collection) -> str:
    """What every figure of the tour is measured on."""
    return (
        f"All figures: {counted(collection.n_items, 'held-out item')} in one index, "
        f"the first {DEPTH} answers."
    )


def of_all_reading(story: Story) -> str:
    """What the queries of the other modalities find, and all together, as Decide counts them.

    Empty where none of them has a match.
    """
    known = {name: one for name, one in story.often.items() if one.n_matched}
    others = [
        f"{figure(one.raw.found.value * one.n_matched, 0)} of {one.n_matched:,} {name} queries"
        for name, one in known.items()
        if name != story.modality
    ]
    if not others:
        return ""
    share = float(np.mean([one.raw.found.value for one in known.values()]))
    return (
        f"{' and '.join(others)} do: together, each kind weighing the same, "
        f"{of_hundred(share)} of 100. "
    )


def find_tour(request: Request, progress: Progress) -> Finding:
    """The stops of the tour; the request's strategy is what the story holds against raw cosine."""
    request = replace(request, read_measurement=cache(request.measured))
    story = tell(request, share_of(progress, 0, 3))
    raw = request.measured(StrategyOptions())
    example = story.examples[0] if story.examples else None
    tried = [
        _tried(request, options, example, share_of(progress, place, 3))
        for place, options in enumerate((CENTRED, ROUTED), start=1)
    ]
    tour = Tour(
        story,
        raw.geometry.gap,
        gap_reading(raw),
        bias_reading(raw),
        _likeness(raw, example),
        asked_items(raw, story.modality),
        *tried,
    )
    return request.finding(figures={}, readings=story_readings(story, example), result=tour)


def find_moved(request: Request, progress: Progress) -> Finding:
    """The gap before and after the request's strategy."""
    raw, after = request.measured(StrategyOptions()), request.measured(request.strategy)
    moved = Moved(raw.geometry.gap, after.geometry.gap, gap_change(raw, after))
    return request.finding(readings=[gap_reading(after)], result=moved)


def asked_items(raw: Measurement, modality: str) -> AskedItems | None:
    """Every query of a modality that has a match, and whether raw cosine finds it."""
    outcome = raw.mixed[modality]
    found = outcome.recall(DEPTH)
    known = np.flatnonzero(~np.isnan(found))
    if not known.size:
        return None
    shown = known
    if known.size > MOST_TILES:
        shown = known[np.linspace(0, known.size - 1, MOST_TILES).astype(int)]
    return AskedItems(outcome.items[shown], found[shown], int(known.size))


def _tried(
    request: Request, options: StrategyOptions, example: Example | None, progress: Progress
) -> Tried:
    progress(0.0, options.spec.title)
    try:
        raw, after = request.measured(StrategyOptions()), request.measured(options)
    except GapvizError as error:
        return Tried(options.spec.title, reason=error.sentence)
    effects = [trial.effect(NORMAL_95) for trial in mixed_trials(raw, after)]
    gains, losses = plain_changes(effects)
    if example is not None:
        index = ExactIndex.of(after.collection, after.strategy)
        example = replace(example, fixed=index.search(example.query, DEPTH))
    return Tried(after.strategy.label, (*gains, *losses), example)


def _likeness(raw: Measurement, example: Example | None) -> tuple[Likeness, ...]:
    """Of a pair that belongs together, and of two of one kind that do not: the mean cosines."""
    first, second = raw.pair
    collection = raw.collection
    item = 0 if example is None else example.item
    found = []
    pairs = collection.pairs(first, second)
    if pairs.rows_a.size:
        rows = [
            collection.modality(name).corpus.vectors[picked]
            for name, picked in ((first, pairs.rows_a), (second, pairs.rows_b))
        ]
        owners = collection.modality(first).corpus.item_index[pairs.rows_a]
        paired = item if item in owners else int(owners[0])
        found.append(
            Likeness(
                f"{first} and {second} of the same item",
                float(np.einsum("ij,ij->i", *rows).mean()),
                (first, paired),
                (second, paired),
            )
        )
    for name in (second, first):
        block = collection.modality(name).corpus
        owners = np.unique(block.item_index)
        if owners.size > 1:
            one = item if item in owners else int(owners[0])
            other = int(
                owners[(int(np.searchsorted(owners, one)) + owners.size // 2) % owners.size]
            )
            words = f"two {name}s of different items"
            mean = _mean_apart(block.vectors, block.item_index)
            found.append(Likeness(words, mean, (name, one), (name, other)))
    return tuple(found)


def _mean_apart(vectors: Float32, items: Indices) -> float:
    """Mean cosine of rows `(n, dim)` of different items `(n,)`."""
    rows = vectors.astype(np.float64)
    of_item = np.zeros((int(items.max()) + 1, rows.shape[1]))
    np.add.at(of_item, items, rows)
    n_own = np.bincount(items)
    total, own = rows.sum(axis=0), float((of_item**2).sum())
    n_pairs = len(rows) ** 2 - int((n_own**2).sum())
    return (float(total @ total) - own) / n_pairs
