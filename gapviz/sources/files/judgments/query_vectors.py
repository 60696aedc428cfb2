"""The vectors of queries, out of any source of vectors: the ids of its items are query ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery
from gapviz.core.item import items_of_rows
from gapviz.core.modality_names import ALIASES
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Indices
from gapviz.core.wording import counted
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.texts import shown


def queries_in(source: Collection) -> list[JudgedQuery]:
    """The items of a source as queries, each of the first modality that it has vectors of."""
    modality: dict[int, str] = {}
    for name, block in source.modalities.items():
        for item in np.unique(block.item_index).tolist():
            modality.setdefault(item, name)
    return [
        JudgedQuery(item.id, modality[place], next(iter(item.captions), ""))
        for place, item in enumerate(source.items)
        if place in modality
    ]


def with_query_vectors(
    evaluation: Evaluation, source: Collection, told: Told, *, where: str
) -> Evaluation:
    """The evaluation with the first vector of each query, of the query's own modality.

    Rows without ids are the queries in their order, where there are as many. A query whose modality
    nothing but its text says is of the modality of its vectors.

    Args:
        evaluation: its queries are looked for.
        source: whose items are queries.
        told: gathers what is left out.
        where: what to call the source.

    Raises:
        GapvizError: none of the queries has a vector there.
    """
    source.refuse_without_vectors()
    position = _positions(evaluation, source, told, where)
    unknown = np.flatnonzero(position < 0)
    if unknown.size == position.size:
        raise GapvizError(
            f"holds vectors of none of the queries (its first id: "
            f"{source.items[0].id[:80]!r}, the first query: {evaluation.queries[0].id[:80]!r})",
            where=where,
            hint="give its rows the ids of the queries",
        )
    if unknown.size:
        first = shown(source.items[int(unknown[0])].id, 60)
        told.lost(
            where,
            f"holds vectors of {counted(unknown.size, 'thing')} that no query is called "
            f"(the first: {first})",
        )
    return _with_blocks(evaluation, source, position, told, where)


def _positions(evaluation: Evaluation, source: Collection, told: Told, where: str) -> Indices:
    """`(n_items,)`: the query that each item of the source is; −1 for none."""
    ids = [item.id for item in source.items]
    n = len(ids)
    nameless = ids == [item.id for item in items_of_rows(n)]
    if nameless and set(ids) != set(evaluation.position):
        if n != evaluation.n_queries:
            raise GapvizError(
                f"holds {n:,} vectors without ids, and there are {evaluation.n_queries:,} queries",
                where=where,
                hint="give its rows the ids of the queries",
            )
        told.open.append(f"{where} names no queries, so that row i was taken for query i.")
        return np.arange(n, dtype=np.int64)
    return np.array([evaluation.position.get(one, -1) for one in ids], dtype=np.int64)


def _with_blocks(
    evaluation: Evaluation, source: Collection, position: Indices, told: Told, where: str
) -> Evaluation:
    """One row a query: of its modality, else of the one block that it stands in.

    Where that block is named after a modality the query is of that one; any other name (`queries`)
    says nothing of it.
    """
    queries = list(evaluation.queries)
    # Row by query and block; the first of several.
    rows: dict[int, dict[str, int]] = {}
    for name, block in source.modalities.items():
        owners, first = np.unique(position[block.item_index], return_index=True)
        for query, row in zip(owners.tolist(), first.tolist(), strict=True):
            if query >= 0:
                rows.setdefault(query, {})[name] = row
    chosen: dict[str, dict[int, tuple[str, int]]] = {}
    changed, other = Counter[tuple[str, str]](), []
    for query, found in sorted(rows.items()):
        was = name = queries[query].modality
        if name not in found and len(found) > 1:
            other.append(query)
            continue
        block_name = name if name in found else next(iter(found))
        if block_name != was:
            name = block_name if _is_modality(block_name) else was
            changed[block_name, name] += 1
            queries[query] = replace(queries[query], modality=name)
        chosen.setdefault(name, {})[query] = block_name, found[block_name]
    for (block_name, name), count in changed.items():
        told.open.append(
            f"{where} holds {shown(block_name, 60)} vectors of "
            f"{counted(count, 'query', 'queries')}, which count as {name} queries."
        )
    if other:
        first_id = shown(queries[other[0]].id, 60)
        told.lost(
            where,
            f"holds vectors of {counted(len(other), 'query', 'queries')} in several modalities "
            f"that are not theirs (the first: {first_id})",
        )
    vectors = {
        name: ModalityVectors.of(
            np.stack([source.modalities[block].vectors[row] for block, row in of_it.values()]),
            list(of_it),
            where=where,
        )
        for name, of_it in chosen.items()
    }
    return replace(evaluation, queries=tuple(queries), vectors=vectors)


def _is_modality(name: str) -> bool:
    return all(part in ALIASES for part in name.split("+"))
