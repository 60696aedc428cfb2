"""Prefixes of vectors: what Matryoshka models (Kusupati et al. 2022) allow."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.collection import Collection, ModalityVectors
from gapviz.core.errors import GapvizError


def first_dimensions(collection: Collection, dims: int) -> Collection:
    """The same items with the first `dims` dimensions of every vector, scaled to length 1 again.

    A collection without vectors stays as it is.

    Raises:
        GapvizError: more than there are, vectors whose axes mean nothing, or one that is all
            zeros in its first dimensions.
    """
    if not collection.modalities:
        return collection
    if collection.no_axes:
        raise GapvizError(
            f"has no first dimensions: {collection.no_axes}",
            where=collection.name,
            hint="give the vectors themselves",
        )
    if dims > collection.dim:
        raise GapvizError(
            f"has {collection.dim} dimensions, fewer than the {dims} wanted",
            where=collection.name,
            hint="take at most as many",
        )
    return replace(
        collection,
        modalities={
            name: ModalityVectors.of(
                block.vectors[:, :dims],
                block.item_index,
                block.query_only,
                where=f"{collection.name}, modality {name}",
            )
            for name, block in collection.modalities.items()
        },
    )
