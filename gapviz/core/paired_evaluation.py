"""The judged protocol of a paired collection: an item asks, and its other half is the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.vectors import read_only


def paired_evaluation(collection: Collection) -> Evaluation:
    """Every asking row as a query whose own item, in other modalities, is the one answer.

    Rows are ranked, and the rows of its own item in its own modality are left out: the protocol of
    `gapviz.measures.retrieval.mixed`, of which figures by judgments are the general case.

    Raises:
        GapvizError: the collection holds no vectors.
    """
    collection.refuse_without_vectors()
    queries: list[JudgedQuery] = []
    vectors, owners = {}, []
    for name, block in collection.modalities.items():
        asking = block.queries
        start = len(queries)
        for row, item in enumerate(asking.item_index.tolist()):
            queries.append(JudgedQuery(f"{name}-{row}-{collection.items[item].id}", name))
        places = read_only(np.arange(start, len(queries), dtype=np.int64))
        vectors[name] = replace(asking, item_index=places)
        owners.append(asking.item_index)
    own_item = np.concatenate(owners)
    own = np.arange(own_item.size)
    return Evaluation(
        name=collection.name,
        queries=tuple(queries),
        judgments=Judgments.of(own, own_item, np.ones(own.size)),
        vectors=vectors,
        unit="rows",
        own_item=read_only(own_item),
    )
