"""The story of a collection: a query that fails, the same one fixed, how often, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gapviz.analyses.advice.advice import Advice, cached_advice
from gapviz.analyses.advice.analysis import evidence_of
from gapviz.analyses.advice.decision import decision_of
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.analysis import QUERY_MODALITY, Analysis, Finding, Request
from gapviz.analyses.listed import LISTED
from gapviz.analyses.story.example import (
    CHOICE_RULE,
    MOST_EXAMPLES,
    Example,
    chosen_example,
    example_json,
)
from gapviz.analyses.story.often import often_protocol, often_table
from gapviz.analyses.story.readings import story_readings
from gapviz.analyses.story.story import tell
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress, share_of
from gapviz.core.table import Column, Table
from gapviz.storage.cache import CachedResult


def advice_of(request: Request) -> CachedResult[Advice]:
    """What Decide says of a mixed index of the collection.

    Raises:
        GapvizError: fewer than two modalities.
    """
    return cached_advice(evidence_of(request), Situation(found=request.pair[0]))


def find_told(request: Request, progress: Progress) -> Finding:
    """The example, its lists, and how often: all but what Decide says."""
    story = tell(request, progress)
    example = None
    if story.examples:
        example = chosen_example(story.examples, request["example"], story.n_examples)
    tables: list[Table] = []
    if example is not None:
        tables = [
            answers_table(example, story.collection, "Raw cosine", example.raw.hits),
            answers_table(example, story.collection, story.label, example.fixed.hits),
        ]
    return request.finding(
        figures={
            "strategy": story.strategy.name,
            "label": story.label,
            "ending": story.ending,
            "rule": CHOICE_RULE,
            "n_examples": story.n_examples,
            "example": None if example is None else example_json(example, story.collection),
            "how_often": dict(story.often),
        },
        readings=story_readings(story, example),
        tables=[*tables, often_table(story.often, story.label)],
        protocol=often_protocol(story.collection.n_items),
        result=story,
    )


def find_story(request: Request, progress: Progress) -> Finding:
    """The example, its lists, how often, and what to do."""
    told = find_told(request, share_of(progress, 0, 2))
    try:
        advice = advice_of(request).compute(share_of(progress, 1, 2))
    except GapvizError as error:
        says, first = f"Decide says nothing: {error.sentence}", None
    else:
        decision = decision_of(advice)
        says = f"Decide says: {decision.title}. {decision.reason}"
        first = advice.recommendations[0].to_json()
    return replace(told, readings=[*told.readings, says], figures={**told.figures, "decide": first})


ANSWER_COLUMNS = (
    Column("rank", "rank", text=True),
    Column("modality", "modality", text=True),
    Column("right", "right", text=True),
    Column("item", "item", text=True),
    Column("caption", "caption", text=True),
)
LONGEST = 60


def answers_table(
    example: Example, collection: Collection, title: str, hits: Sequence[Any]
) -> Table:
    """One of the lists: rank, modality, whether it is the right answer, id and first caption."""
    rows = []
    for hit in hits:
        item = collection.items[hit.item]
        right = hit.item == example.item and hit.modality != example.modality
        caption = item.captions[0][:LONGEST] if item.captions else ""
        rows.append([str(hit.rank), hit.modality, "✓" * right, item.id[:LONGEST], caption])
    return Table(title, ANSWER_COLUMNS, rows)


ANALYSIS = Analysis(
    "story",
    LISTED["story"].help,
    "Show one held-out query that raw cosine fails and a strategy fixes, with both lists; how "
    "often that happens over all held-out queries; and what to do. The query is chosen by a rule: "
    f"{CHOICE_RULE}.",
    find_story,
    parameters=(
        replace(
            QUERY_MODALITY,
            help="the modality of the query (default: text where it has an example)",
        ),
        Parameter(
            "example",
            "Example",
            "count",
            1,
            "which example, from 1; the first is the median one",
            low=1,
            high=MOST_EXAMPLES,
        ),
    ),
    shared=("strategy", "pair", "also", "seed", "most-items"),
    strategy=None,
)
