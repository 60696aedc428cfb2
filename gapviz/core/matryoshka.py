"""Prefixes of vectors: what Matryoshka models (Kusupati et al. 2022) allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.modality_vectors import ModalityVectors

_FIRST = re.compile(r" \(first [0-9]+ of [0-9]+ dimensions\)\Z")


def whole_encoder(name: str) -> str:
    """The name of the encoder that made vectors, whether all of their dimensions were taken."""
    return _FIRST.sub("", name)


def first_dimensions(collection: Collection, dims: int) -> Collection:
    """The same items with the first `dims` dimensions of every vector, scaled to length 1 again.

    The name of the encoder says so: a query that it encodes has all of its dimensions. A
    collection without vectors stays as it is, and so does one that has no more dimensions.

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
    if dims == collection.dim:
        return collection

    def cut(blocks: Mapping[str, ModalityVectors], where: str) -> dict[str, ModalityVectors]:
        return {
            name: ModalityVectors.of(
                block.vectors[:, :dims],
                block.item_index,
                block.query_only,
                where=f"{where}, modality {name}",
            )
            for name, block in blocks.items()
        }

    asked = collection.evaluation
    return replace(
        collection,
        encoder=f"{collection.encoder} (first {dims} of {collection.dim} dimensions)",
        modalities=cut(collection.modalities, collection.name),
        evaluation=None
        if asked is None
        else replace(asked, vectors=cut(asked.vectors, asked.name)),
    )
