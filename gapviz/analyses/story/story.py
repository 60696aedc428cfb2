"""What the first screen tells of a collection, from its measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gapviz.analyses.analysis import Request
from gapviz.analyses.story.example import Example, examples_of
from gapviz.analyses.story.often import HowOften, how_often
from gapviz.core.collection import Collection
from gapviz.core.progress import Progress, no_progress
from gapviz.core.wording import too_few
from gapviz.measures.measurement import Measurement
from gapviz.strategies import StrategyOptions

Ending = Literal["fixed", "no example", "no gap", "no way", "no matches", "no content", "too few"]
"""How the story goes: a query is fixed; the strategy mends no query; there is no gap that is worth
fixing; there is one, and no way is better; no query has a match to find; none is found better than
by chance; too few items."""


@dataclass(frozen=True, eq=False)
class Story:
    """What the first screen tells."""

    collection: Collection
    """The held-out items, which examples speak of."""
    strategy: StrategyOptions
    """What is held against raw cosine; raw cosine where Decide leaves all as it is."""
    label: str
    """What it is called."""
    ending: Ending
    modality: str
    """Of the queries that examples are of."""
    examples: tuple[Example, ...]
    """The first ones, in their order; none unless the ending is `fixed`."""
    n_examples: int
    """How many there are in all."""
    often: Mapping[str, HowOften]
    """By query modality."""


def tell(request: Request, progress: Progress = no_progress) -> Story:
    """The story of a collection under the request's strategy.

    Raises:
        GapvizError: fewer than two modalities, no evaluate split, or a strategy that cannot be
            fitted.
    """
    progress(0.0, "raw cosine")
    raw = request.measured(StrategyOptions())
    held_out, options = raw.collection, request.strategy
    fixed = None
    if options.name != StrategyOptions().name:
        progress(0.4, options.spec.title)
        fixed = request.measured(options)
        if not set(raw.mixed) <= set(fixed.mixed):
            fixed = None
    often, ending = how_often(raw, fixed), _without_examples(raw)
    modality, examples, n_examples = request.pair[1], list[Example](), 0
    if ending is None and fixed is not None:
        modality, examples, n_examples = _examples(request, raw, fixed)
        ending = "fixed" if examples else "no example"
    if ending is None:
        ending = "no gap" if _favours_none(often) else "no way"
    return Story(
        held_out,
        options,
        options.spec.title if fixed is None else fixed.strategy.label,
        ending,
        modality,
        tuple(examples),
        n_examples,
        often,
    )


def _without_examples(raw: Measurement) -> Ending | None:
    """Why no query can tell anything, whatever the strategy; None where one can."""
    if too_few(raw.collection.n_items) is not None:
        return "too few"
    if raw.has_content is None:
        return "no matches"
    return None if raw.has_content else "no content"


def _favours_none(often: Mapping[str, HowOften]) -> bool:
    """Whether no query modality sees more of its own kind than there is, beyond chance."""
    return all(not one.bias.low > one.neutral for one in often.values())


def _examples(
    request: Request, raw: Measurement, fixed: Measurement
) -> tuple[str, list[Example], int]:
    """The query modality, its first examples, and how many there are.

    Unless a modality is asked for, the one that is searched with most: the second of the pair,
    text where there is text; the others where it has no example.
    """
    asked = request["query_modality"]
    if asked is not None:
        raw.collection.modality(asked)
    first, second = request.pair
    names = [asked] if asked else list(dict.fromkeys([second, first, *raw.mixed]))
    for name in names:
        told, n_told = examples_of(raw, fixed, name)
        if told:
            return name, told, n_told
    return names[0], [], 0
