"""The lists of an index that is not ours: a function that answers vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.vectors import Float32
from gapviz.retrieval.run import Run
from gapviz.retrieval.run_file import run_of
from gapviz.retrieval.run_names import MARK
from gapviz.sources.runs.batch import RunBatch, absent, strings

Search = Callable[[Float32, int], Iterable[Iterable[Any]]]
"""`search(vectors, k)`: for each of the unit rows `(n, dim)` its k best results, best first.

A result is the id of an item, or its position in the collection as a whole number; where an item
has several rows, `(id, modality)` says which was found. Numbers below 0 are no result.
"""

ASKED_AT_ONCE = 256
"""Queries that are handed over together."""


def lists_from(
    search: Search, evaluation: Evaluation, collection: Collection, *, k: int, name: str = ""
) -> Run:
    """What an index answers to every query of an evaluation that has a vector.

    It is asked for as many more results as a query has rows of its own, which are left out.

    Args:
        search: the index; see `Search`.
        evaluation: its queries ask.
        collection: whose items the results are.
        k: how long the lists are.
        name: of the index; that of the function unless given.

    Raises:
        GapvizError: answers that are not one list a query, or that name none of the items.
    """
    named = name or str(getattr(search, "__name__", "search"))
    own = evaluation.own_item is not None
    spare = int(Corpus.of(collection).counts.max(initial=0)) if own else 0
    batches = list(_batches(search, evaluation, collection, k + spare, named))
    if not any(batch.score.size for batch in batches):
        raise GapvizError("gave no result to any query", where=named, hint="see that it is filled")
    run = run_of(
        batches,
        evaluation,
        collection,
        name=named,
        depth=k,
    )
    if not (run.item >= 0).any():
        raise GapvizError(
            "none of the results is an item of the collection",
            where=named,
            hint=f"return the ids of items, such as {collection.items[0].id[:40]!r}, or their "
            "positions as whole numbers",
        )
    return run


def _batches(
    search: Search, evaluation: Evaluation, collection: Collection, k: int, name: str
) -> Iterator[RunBatch]:
    for block in evaluation.vectors.values():
        for start in range(0, block.n_rows, ASKED_AT_ONCE):
            part = slice(start, start + ASKED_AT_ONCE)
            # A copy: whoever answers may write into what it is given.
            vectors, asking = block.vectors[part].copy(), block.item_index[part]
            lists = _listed(search(vectors, k), name)
            if len(lists) != len(vectors):
                raise GapvizError(
                    f"gave {len(lists):,} lists to {len(vectors):,} queries",
                    where=name,
                    hint="return one list of results for each row of the vectors",
                )
            ids = [evaluation.queries[place].id for place in asking.tolist()]
            found = [
                (query, written, rank)
                for query, results in zip(ids, lists, strict=True)
                for rank, written in enumerate(_written(results, collection, name)[:k])
            ]
            yield RunBatch(
                strings([query for query, _, _ in found]),
                strings([written for _, written, _ in found]),
                absent(len(found)),
                np.array([rank for _, _, rank in found], dtype=np.float64),
            )


def _listed(answer: Any, name: str) -> list[list[Any]]:
    try:
        return [list(results) for results in answer]
    except TypeError:
        raise GapvizError(
            f"gave {type(answer).__name__}, which is no list of lists",
            where=name,
            hint="return one list of results for each row of the vectors",
        ) from None


def _written(results: list[Any], collection: Collection, name: str) -> list[str]:
    """Results as entries of runs are called; see `EntryNames`."""
    written = []
    for result in results:
        found, modality = result if isinstance(result, (tuple, list)) else (result, None)
        if isinstance(found, (int, np.integer)):
            if found < 0:
                continue
            if found >= collection.n_items:
                raise GapvizError(
                    f"found position {found:,} of {collection.n_items:,} items",
                    where=name,
                    hint="count items from 0, or return their ids as text",
                )
            found = collection.items[int(found)].id
        written.append(str(found) if modality is None else f"{found}{MARK}{modality}")
    return written
