"""A `Run` as text: TREC, JSON or CSV; read back, it gives the same figures.

Entries of one level are written with one score and one rank, every digit of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.vectors import Float64, Indices
from gapviz.retrieval.run import Run
from gapviz.retrieval.run_names import EntryNames

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_TAG = 60


def run_text(run: Run, evaluation: Evaluation, collection: Collection, ending: str) -> bytes:
    """The lists of a run over the queries of an evaluation, as UTF-8.

    Args:
        run: every entry of which is an item of the collection.
        evaluation: its queries, as many as the run has lists, in the same order.
        collection: whose items are listed.
        ending: one of `ENDINGS`.

    Raises:
        GapvizError: a run with what is no item, or an id that the format cannot hold.
    """
    if run.item.size and run.item.min() < 0:
        raise GapvizError(
            "has results that are no items of the collection", where=run.name,
            hint="write runs of strategies",
        )  # fmt: skip
    documents = EntryNames(collection, Corpus.of(collection)).written(run)
    return ENDINGS[ending](run, [query.id for query in evaluation.queries], documents)


def level_scores(run: Run) -> Float64:
    """`(n_entries,)`: one score a level, that of its first entry, falling from level to level."""
    first = np.flatnonzero(np.diff(run.level, prepend=-1))
    score = run.score[first].copy()
    same_list = np.diff(run.query[first], prepend=-1) == 0
    # What a rule has put in order may have equal scores; a hair makes them differ.
    while (rises := np.flatnonzero(same_list[1:] & (score[1:] >= score[:-1])) + 1).size:
        score[rises] = np.nextafter(score[rises - 1], -np.inf)
    return np.repeat(score, np.diff(np.append(first, run.level.size)))


def level_ranks(run: Run) -> Indices:
    """`(n_entries,)`: 1 + the entries of better levels in the list."""
    first = np.flatnonzero(np.diff(run.level, prepend=-1))
    rank = first - run.starts[run.query[first]] + 1
    return np.repeat(rank, np.diff(np.append(first, run.level.size)))


def _trec(run: Run, queries: list[str], documents: list[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [*queries, *documents]
    for name in names:
        if not name.strip() or any(mark in name for mark in "\t\r\n"):
            raise GapvizError(
                f"the id {name[:60]!r} cannot stand in a TREC run", where=run.name,
                hint="write a file that ends in .json",
            )  # fmt: skip
    # Other programs part fields by any blank; ids with blanks in them can stand between tabs alone.
    mark = "\t" if any(len(name.split()) > 1 or name != name.strip() for name in names) else " "
    tag = "_".join(run.name.split())[:LONGEST_TAG] or "gapviz"
    n = len(documents)
    query = pa.array(queries, pa.string()).take(pa.array(run.query))
    columns = [
        query,
        _constant("Q0", n),
        pa.array(documents, pa.string()),
        pa.array(level_ranks(run)).cast(pa.string()),
        pa.array(level_scores(run)).cast(pa.string()),
        _constant(tag, n),
    ]
    lines = pc.binary_join_element_wise(*columns, mark)
    return "".join(f"{line}\n" for line in lines.to_pylist()).encode()


def _json(run: Run, queries: list[str], documents: list[str]) -> bytes:
    scores = level_scores(run).tolist()
    lists = {}
    for place, query in enumerate(queries):
        here = run.list_of(place)
        lists[query] = dict(zip(documents[here], scores[here], strict=True))
    return json.dumps(lists, indent=0).encode()


def _csv(run: Run, queries: list[str], documents: list[str]) -> bytes:
    import pandas as pd

    columns = {
        "query": np.array(queries, dtype=object)[run.query],
        "item": documents,
        "rank": level_ranks(run),
        "score": level_scores(run),
    }
    text: str = pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")
    return text.encode()


def _constant(word: str, n: int) -> pa.Array:
    import pyarrow as pa

    return pa.array([word]).take(pa.array(np.zeros(n, dtype=np.int64)))


ENDINGS: Mapping[str, Callable[[Run, list[str], list[str]], bytes]] = {
    ".trec": _trec,
    ".run": _trec,
    ".json": _json,
    ".csv": _csv,
}
"""Ending of a file → what writes it."""
