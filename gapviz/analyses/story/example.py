"""Which query tells the story: a held-out one that a strategy mends, chosen by a stated rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Indices, Mask
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.mixed import sampled_queries
from gapviz.measures.retrieval.outcome import MixedOutcome
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query, ResultList

MOST_EXAMPLES = 12
"""That are told one after the other."""

SHORT_WORDS = 3
"""Words of a query that is read at a glance."""

CHOICE_RULE = (
    f"a held-out query whose match is not among the first {DEPTH} of raw cosine and is among them "
    "with the strategy; of those queries, the one whose match rises by the median number of "
    "places, then those nearest to it (equals in the order of the items, one query an item; texts "
    f"of at most {SHORT_WORDS} words where there are any)"
)
"""How an example is chosen."""


@dataclass(frozen=True, eq=False)
class Example:
    """One query with its first answers, raw and with a strategy."""

    item: int
    """Position of the item that asks, in the collection that was measured."""
    item_id: str
    modality: str
    """Of the query."""
    words: str | None
    """The caption that asks; None where a picture does, or the collection has no words."""
    answer_modality: str
    """Of the entry that it should find."""
    query: Query
    raw: ResultList
    fixed: ResultList
    n_entries: int
    """That are ranked for it: all but its own."""

    @property
    def raw_rank(self) -> int:
        """Where its match stands with raw cosine."""
        return self.raw.match_rank or 0

    @property
    def fixed_rank(self) -> int:
        """Where it stands with the strategy."""
        return self.fixed.match_rank or 0

    def own_kind(self, found: ResultList) -> int:
        """How many of the answers are of the query's own modality."""
        return sum(hit.modality == self.modality for hit in found.hits)


def mended_queries(raw: MixedOutcome, fixed: MixedOutcome) -> Indices:
    """Numbers of the queries that a strategy mends, rising.

    Whatever the order of equal scores, the match is outside the first ten and then among them.

    Args:
        raw: with raw cosine.
        fixed: the same queries with a strategy.
    """
    return np.flatnonzero((raw.recall(DEPTH) == 0) & (fixed.recall(DEPTH) == 1))


def by_median_effect(queries: Indices, raw: MixedOutcome, fixed: MixedOutcome) -> Indices:
    """Some queries, the one of the median effect first; of those of one item the first alone.

    Args:
        queries: their numbers.
        raw: with raw cosine.
        fixed: the same queries with a strategy.
    """
    gain = raw.match_rank[queries] - fixed.match_rank[queries]
    by_gain = queries[np.lexsort((queries, raw.items[queries], gain))]
    away = np.abs(np.arange(by_gain.size) - (by_gain.size - 1) // 2)
    nearest: Indices = by_gain[np.argsort(away, kind="stable")]
    first = np.unique(raw.items[nearest], return_index=True)[1]
    chosen: Indices = nearest[np.sort(first)]
    return chosen


def examples_of(
    raw: Measurement, fixed: Measurement, modality: str, most: int = MOST_EXAMPLES
) -> tuple[list[Example], int]:
    """The first examples with the answers they get, and how many there are in all.

    Args:
        raw: raw cosine.
        fixed: a strategy on the same items.
        modality: of the queries.
        most: examples that are told.
    """
    outcomes = raw.mixed[modality], fixed.mixed[modality]
    block = raw.collection.modality(modality)
    asking = sampled_queries(block.queries.n_rows, raw.seed, raw.outcomes.max_queries)
    mended = mended_queries(*outcomes)
    words = {n: _words(raw.collection, modality, int(asking[n])) for n in mended.tolist()}
    short = [n for n, text in words.items() if text and len(text.split()) <= SHORT_WORDS]
    chosen = by_median_effect(np.array(short, dtype=np.int64) if short else mended, *outcomes)
    before, after = (ExactIndex.of(one.collection, one.strategy) for one in (raw, fixed))
    told = []
    for number in chosen[:most].tolist():
        row = int(asking[number])
        item = int(block.queries.item_index[row])
        query = Query(block.queries.vectors[row], modality, item)
        found = after.search(query, DEPTH)
        answer = next(hit for hit in found.hits if hit.item == item and hit.modality != modality)
        told.append(
            Example(
                item,
                raw.collection.items[item].id,
                modality,
                words[number],
                answer.modality,
                query,
                before.search(query, DEPTH),
                found,
                int(raw.mixed[modality].n_entries[number]),
            )
        )
    return told, int(chosen.size)


def example_json(example: Example, collection: Collection) -> dict[str, Any]:
    """What is told of an example: query, ranks, and both lists."""
    return {
        "item": example.item_id,
        "query_modality": example.modality,
        "words": example.words,
        "answer_modality": example.answer_modality,
        "entries": example.n_entries,
        "rank": {"raw": example.raw_rank, "fixed": example.fixed_rank},
        "own_kind": {
            "raw": example.own_kind(example.raw),
            "fixed": example.own_kind(example.fixed),
        },
        "raw": _hits(collection, example.raw),
        "fixed": _hits(collection, example.fixed),
    }


def chosen_example(examples: Sequence[Example], number: int, n_examples: int) -> Example:
    """The example of a number, from 1.

    Raises:
        GapvizError: there is none of that number.
    """
    if number > len(examples):
        raise GapvizError(
            f"there is no example {number:,}: of {n_examples:,} the first {len(examples)} are told",
            hint=f"give 1 to {len(examples)}",
        )
    return examples[number - 1]


def _hits(collection: Collection, found: ResultList) -> list[dict[str, Any]]:
    return [
        {"rank": hit.rank, "item": collection.items[hit.item].id, "modality": hit.modality}
        for hit in found.hits
    ]


def _words(collection: Collection, modality: str, row: int) -> str | None:
    """The caption of a row of the queries of a modality: rows of an item follow its captions."""
    if modality != "text":
        return None
    block = collection.modality(modality)
    item = int(block.queries.item_index[row])
    of_item: Mask = block.item_index == item
    places = np.flatnonzero(of_item)
    asks = block.query_only[places]
    asking = np.flatnonzero(asks) if asks.any() else np.arange(places.size)
    nth = int(np.count_nonzero(block.queries.item_index[:row] == item))
    captions = collection.items[item].captions
    place = int(asking[nth])
    return captions[place] if place < len(captions) else None
