"""Queries of one's own through the encoder of the items that they search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from gapviz.core.collection import IMAGE, TEXT, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.fused import FUSED, fused_rows
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Indices

NEEDS = {TEXT: (TEXT,), IMAGE: (IMAGE,), FUSED: (TEXT, IMAGE)}
"""What a query of a modality is made of."""


def with_encoded_queries(
    collection: Collection,
    encode: Callable[[Collection, tuple[str, ...]], Collection],
    encodable: Sequence[str],
) -> Evaluation | None:
    """The queries of a collection with new vectors; those that cannot be encoded have none.

    A query that is text and picture at once is fused of both, each weighing alike.

    Args:
        collection: whose queries to encode; None comes of one that has none.
        encode: gives the vectors of a collection of items, in some modalities.
        encodable: the modalities that it can.
    """
    evaluation = collection.evaluation
    if evaluation is None:
        return None
    vectors: dict[str, ModalityVectors] = {}
    notes = list(evaluation.notes)
    for modality in evaluation.modality_names:
        parts = NEEDS.get(modality, ())
        asking = [
            place
            for place, query in enumerate(evaluation.queries)
            if query.modality == modality
            and (query.text or TEXT not in parts)
            and (query.image or IMAGE not in parts)
        ]
        if not asking or not parts or not set(parts) <= set(encodable):
            continue
        queries = [evaluation.queries[place] for place in asking]
        items = tuple(
            Item(
                query.id,
                captions=(query.text,) if TEXT in parts else (),
                image=query.image if IMAGE in parts else None,
            )
            for query in queries
        )
        try:
            encoded = encode(
                Collection(evaluation.name, items, {}, root=collection.root), parts
            ).modalities
        except GapvizError as error:
            notes.append(f"No {modality} query is encoded: {error.sentence}")
            continue
        found = [encoded[part].first_rows for part in parts if part in encoded]
        if len(found) < len(parts):
            continue
        owners: Indices = found[0].item_index
        rows = found[0].vectors
        if len(found) > 1:
            owners, first, second = np.intersect1d(
                owners, found[1].item_index, assume_unique=True, return_indices=True
            )
            if not owners.size:
                continue
            rows = fused_rows(rows[first], found[1].vectors[second])
        vectors[modality] = ModalityVectors.of(rows, np.array(asking)[owners])
    return replace(evaluation, vectors=vectors, notes=tuple(dict.fromkeys(notes)))
