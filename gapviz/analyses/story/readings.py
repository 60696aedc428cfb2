"""The story in plain sentences."""

from __future__ import annotations

from gapviz.analyses.figure_words import kind_of
from gapviz.analyses.measure import NO_CONTENT
from gapviz.analyses.story.example import CHOICE_RULE, Example
from gapviz.analyses.story.often import HowOften
from gapviz.analyses.story.story import Story
from gapviz.core.wording import counted, percent, tenths, too_few
from gapviz.measures.retrieval.outcomes import DEPTH

NO_MATCHES = "No held-out item has two modalities, so no query has a right answer to find."
NO_GAP = "There is no gap worth fixing here."
NO_WAY = "There is a gap here, and nothing that was tried makes a search find more."


def story_readings(story: Story, example: Example | None) -> list[str]:
    """The story in sentences, the most telling one first."""
    told = [ending_reading(story)]
    if example is not None:
        told += [query_reading(example), raw_reading(example), fixed_reading(story, example)]
        told.append(choice_reading(story))
    told += [often_reading(name, one, story.label) for name, one in story.often.items()]
    return [one for one in told if one]


def ending_reading(story: Story) -> str:
    """How the story goes, where no query is fixed; empty where one is."""
    if story.ending == "fixed":
        return ""
    if story.ending == "no example":
        return (
            f"With {story.label} no {story.modality} query finds a match that raw cosine "
            f"leaves out of the first {DEPTH}: choose another strategy."
        )
    if story.ending == "too few":
        return str(too_few(story.collection.n_items))
    return {
        "no matches": NO_MATCHES, "no content": NO_CONTENT, "no gap": NO_GAP, "no way": NO_WAY,
    }[story.ending]  # fmt: skip


def query_reading(example: Example) -> str:
    """What is searched for."""
    if example.words is not None:
        return f"A search for “{example.words}”."
    return f"A search with the {kind_of(example.modality)} of item {example.item_id}."


def raw_reading(example: Example) -> str:
    """What that finds with raw cosine, and where the right answer is."""
    return (
        f"{_own(example, 'raw')}; the right {kind_of(example.answer_modality)} is at place "
        f"{example.raw_rank:,} of {example.n_entries:,}."
    )


def fixed_reading(story: Story, example: Example) -> str:
    """What it finds with the strategy."""
    return (
        f"With {story.label} the right {kind_of(example.answer_modality)} is at place "
        f"{example.fixed_rank:,}; {_own(example, 'fixed')}."
    )


def _own(example: Example, which: str) -> str:
    found = example.raw if which == "raw" else example.fixed
    own = kind_of(example.modality, several=True)
    return f"{example.own_kind(found)} of {len(found.hits)} answers are {own}"


def choice_reading(story: Story) -> str:
    """How the example was chosen, and of how many."""
    return (
        f"Chosen by a rule: {CHOICE_RULE}. There are {story.n_examples:,} such "
        f"{story.modality} queries."
    )


def often_reading(name: str, one: HowOften, label: str) -> str:
    """What all held-out queries of a modality get, in a sentence or two."""
    own = kind_of(name, several=True)
    only = f"{percent(one.raw.only_own.value)} see nothing but {own}"
    if one.fixed is not None:
        only = f"{only} (with {label} {percent(one.fixed.only_own.value)})"
    favoured = (
        f" {tenths(one.bias.value)} of 10 answers are {own}, and {tenths(one.neutral)} would be "
        "if no modality were favoured."
    )
    if not one.n_matched:
        queries = counted(one.n_queries, f"{name} query", f"{name} queries")
        return f"Of {queries} {only} in their first {DEPTH}.{favoured}"
    queries = counted(one.n_matched, f"{name} query", f"{name} queries")
    found = f"{percent(one.raw.found.value)} find their match among their first {DEPTH}"
    if one.fixed is None:
        return f"Of {queries} {found}; {only}.{favoured}"
    found = (
        f"{found}, with {label} {percent(one.fixed.found.value)} (95 % interval "
        f"{percent(one.fixed.found.low)} to {percent(one.fixed.found.high)})"
    )
    lost = f" {percent(one.lost or 0.0)} found it before and lose it." * bool(one.lost)
    return f"Of {queries} {found}; {only}.{lost}"
