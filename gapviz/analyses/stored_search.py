"""A query that the engine of a vector store answers, in place of the search in memory."""

from __future__ import annotations

from dataclasses import dataclass

from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.measures.experiment import Experiment
from gapviz.retrieval.index import Query, ResultList
from gapviz.retrieval.recall import recall_against_exact
from gapviz.retrieval.store_index import StoreIndex
from gapviz.sources.stores.registry import open_store

ON = Parameter(
    "on",
    "Store",
    "text",
    None,
    "the collection of a vector store: let its engine search, where the vectors were written as "
    "the strategy moves them; the strategy ranks what it finds",
    flag="--on",
    metavar="ADDRESS",
)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a store found."""

    found: ResultList
    readings: tuple[str, ...]
    """How it was found; of an engine that may approximate, how much of exact search it finds."""


def stored_answer(address: str, experiment: Experiment, query: Query, k: int) -> StoredAnswer:
    """What the engine of a store finds for a query.

    Args:
        address: of a collection that holds the rows as the strategy moves them.
        experiment: the collection and the strategy.
        query: as encoded.
        k: how many.

    Raises:
        GapvizError: as `open_store`, `StoreIndex.of` and `StoreIndex.search`.
    """
    with open_store(address) as store:
        index = StoreIndex.of(experiment.collection, experiment.strategy, store)
        found = index.search(query, k)
        readings = [index.described]
        if not store.schema().searches_exactly:
            asking = {
                query.modality: experiment.collection.modality(query.modality).queries.vectors
            }
            recalls = recall_against_exact(index, experiment.index, asking, k)
            readings += [f"{index.spec.title} approximates: {one}." for one in recalls]
    return StoredAnswer(found, tuple(readings))


def refuse_on(*, judged: bool, run: bool) -> None:
    """Raise `GapvizError` where a store cannot be asked."""
    if judged or run:
        raise GapvizError(
            "--on answers a text, a picture or an item",
            hint=f"leave out {'--query-id' if judged else '--out'}, or --on",
        )
