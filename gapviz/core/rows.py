"""The rows that are searched, pooled over modalities, each with its modality and item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.evaluation import Evaluation
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, Indices, Mask, read_only

FEWEST_QUERIES = 10
"""Queries of one's own, of a modality, that make a bank."""


class MovesVectors(Protocol):
    """What gives new unit rows in place of those of one modality, such as an alignment."""

    def transform(self, vectors: Float32, modality: str) -> Float32:
        """New unit rows `(n, dim)`."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Unit rows of several modalities in one matrix, by modality and then by row."""

    names: tuple[str, ...]
    """Modalities; `modality` holds positions in this tuple."""
    vectors: Float32
    """`(n, dim)`."""
    modality: Indices
    """`(n,)`."""
    item: Indices
    """`(n,)`, positions in `Collection.items`."""

    @property
    def n_rows(self) -> int:
        """Rows of all modalities together."""
        return int(self.item.size)

    def code(self, modality: str) -> int:
        """Position of a modality's name."""
        return self.names.index(modality)

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """Where the rows of each modality stand."""
        ends = np.cumsum(np.bincount(self.modality, minlength=len(self.names)))
        return tuple(slice(int(start), int(end)) for start, end in pairwise([0, *ends]))

    @cached_property
    def by_item(self) -> Indices:
        """`(n,)`: row numbers by rising item."""
        return np.argsort(self.item, kind="stable").astype(np.int64)

    def of_items(self, wanted: Mask) -> Rows:
        """Only the rows whose item is marked in `wanted` `(n_items,)`."""
        keep = wanted[self.item]
        return Rows(self.names, self.vectors[keep], self.modality[keep], self.item[keep])


def corpus_rows(collection: Collection, alignment: MovesVectors) -> Rows:
    """The indexed rows of every modality, moved by `alignment`."""
    return _rows({n: b.corpus for n, b in collection.modalities.items()}, alignment)


def query_rows(collection: Collection, alignment: MovesVectors) -> Rows:
    """The asking rows of every modality, moved by `alignment`."""
    return _rows({n: b.queries for n, b in collection.modalities.items()}, alignment)


def reference_rows(collection: Collection, alignment: MovesVectors) -> Rows:
    """The queries that a bank is made of, of every modality, moved by `alignment`.

    Of a modality with enough queries of one's own it is those, of item −1; else the asking rows.
    """
    blocks = {name: block.queries for name, block in collection.modalities.items()}
    if collection.evaluation is not None:
        for name, block in collection.evaluation.vectors.items():
            if name in blocks and block.n_rows >= FEWEST_QUERIES:
                blocks[name] = replace(block, item_index=np.full(block.n_rows, -1))
    return _rows(blocks, alignment)


def evaluation_rows(evaluation: Evaluation, alignment: MovesVectors) -> Rows:
    """The queries of an evaluation, moved by `alignment`; of item −1 where they are no items."""
    own = evaluation.own_item
    blocks = {
        name: replace(
            block,
            item_index=np.full(block.n_rows, -1) if own is None else own[block.item_index],
        )
        for name, block in evaluation.vectors.items()
    }
    return _rows(blocks, alignment)


def rows_of_one(modality: str, vectors: Float32, item: Indices) -> Rows:
    """Rows of a single modality: unit rows `(n, dim)` and their items `(n,)`."""
    return Rows((modality,), vectors, np.zeros(item.size, dtype=np.int64), item)


def _rows(blocks: Mapping[str, ModalityVectors], alignment: MovesVectors) -> Rows:
    return Rows(
        names=tuple(blocks),
        vectors=read_only(
            np.concatenate(
                [alignment.transform(block.vectors, name) for name, block in blocks.items()]
            )
        ),
        modality=np.concatenate(
            [np.full(block.n_rows, code, np.int64) for code, block in enumerate(blocks.values())]
        ),
        item=np.concatenate([block.item_index for block in blocks.values()]),
    )
