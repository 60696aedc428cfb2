"""The rows that are searched, pooled over modalities, each with its modality and item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.evaluation import Evaluation
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.unmoved import Move, RawRows, Unmoved
from gapviz.core.vectors import Float32, Indices, Mask

FEWEST_QUERIES = 10
"""Queries of one's own, of a modality, that make a bank."""


class MovesVectors(Protocol):
    """What gives new unit rows in place of those of one modality, such as an alignment."""

    def transform(self, vectors: Float32, modality: str) -> Float32:
        """New unit rows `(n, dim)` of what is indexed."""

    def transform_queries(self, vectors: Float32, modality: str) -> Float32:
        """New unit rows `(n, dim)` of what asks."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Unit rows of several modalities in one matrix, by modality and then by row."""

    names: tuple[str, ...]
    """Modalities; `modality` holds positions in this tuple."""
    stored: Float32 | Unmoved
    """`(n, dim)`; or what they are made of, where they are made when `vectors` is first read."""
    modality: Indices
    """`(n,)`."""
    item: Indices
    """`(n,)`, positions in `Collection.items`."""

    @cached_property
    def vectors(self) -> Float32:
        """`(n, dim)`.

        Raises:
            GapvizError: a row that the move leaves with no length.
        """
        return self.stored.moved if isinstance(self.stored, Unmoved) else self.stored

    @property
    def unmoved(self) -> Unmoved | None:
        """What the vectors are made of, as long as nobody has read them whole."""
        waiting = isinstance(self.stored, Unmoved) and "vectors" not in vars(self)
        return self.stored if waiting else None  # type: ignore[return-value]

    @property
    def dim(self) -> int:
        """Dimensions."""
        return self.stored.raw.dim if isinstance(self.stored, Unmoved) else self.stored.shape[1]

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
        rows = self.unmoved
        kept = self.vectors[keep] if rows is None else rows.of(keep)
        return Rows(self.names, kept, self.modality[keep], self.item[keep])


_indexed: WeakKeyDictionary[Collection, Rows] = WeakKeyDictionary()


def corpus_rows(collection: Collection, alignment: MovesVectors) -> Rows:
    """The indexed rows of every modality, moved by `alignment` when they are first read whole.

    Those of several strategies share the rows as encoded.
    """
    raw = _indexed.get(collection)
    if raw is None:
        blocks = {name: block.corpus for name, block in collection.modalities.items()}
        raw = _indexed[collection] = _rows(blocks, lambda vectors, modality: vectors)
    assert isinstance(raw.stored, Unmoved)
    return replace(raw, stored=Unmoved(raw.stored.raw, alignment.transform))


def query_rows(collection: Collection, alignment: MovesVectors) -> Rows:
    """The asking rows of every modality, moved by `alignment` as queries are."""
    asking = {n: b.queries for n, b in collection.modalities.items()}
    return _rows(asking, alignment.transform_queries)


def reference_queries(collection: Collection) -> dict[str, ModalityVectors]:
    """The queries that something is learned of, by modality.

    Of a modality with enough queries of one's own it is those, of item −1; else the asking rows.
    """
    blocks = {name: block.queries for name, block in collection.modalities.items()}
    if collection.evaluation is not None:
        for name, block in collection.evaluation.vectors.items():
            if name in blocks and block.n_rows >= FEWEST_QUERIES:
                blocks[name] = replace(block, item_index=np.full(block.n_rows, -1))
    return blocks


def reference_rows(collection: Collection, alignment: MovesVectors) -> Rows:
    """`reference_queries`, moved by `alignment` as queries are."""
    return _rows(reference_queries(collection), alignment.transform_queries)


def evaluation_rows(evaluation: Evaluation, alignment: MovesVectors) -> Rows:
    """The queries of an evaluation, moved by `alignment` as queries are.

    Those that are no items are of item −1.
    """
    own = evaluation.own_item
    blocks = {
        name: replace(
            block,
            item_index=np.full(block.n_rows, -1) if own is None else own[block.item_index],
        )
        for name, block in evaluation.vectors.items()
    }
    return _rows(blocks, alignment.transform_queries)


def rows_of_one(modality: str, vectors: Float32, item: Indices) -> Rows:
    """Rows of a single modality: unit rows `(n, dim)` and their items `(n,)`."""
    return Rows((modality,), vectors, np.zeros(item.size, dtype=np.int64), item)


def _rows(blocks: Mapping[str, ModalityVectors], move: Move) -> Rows:
    names = tuple(blocks)
    raw = RawRows(names, tuple(block.vectors for block in blocks.values()))
    return Rows(
        names,
        Unmoved(raw, move),
        modality=np.concatenate(
            [np.full(block.n_rows, code, np.int64) for code, block in enumerate(blocks.values())]
        ),
        item=np.concatenate([block.item_index for block in blocks.values()]),
    )
