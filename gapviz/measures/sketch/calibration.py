"""The sketches of calibration items: what later vectors are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.pairs import matching_rows
from gapviz.core.vectors import Float32, Float64
from gapviz.measures.geometry.sums import SecondMoments, entry_steps, exact_blocks, merged
from gapviz.measures.sketch.item_marks import ItemMarks
from gapviz.measures.sketch.reference import Reference, basis_of, coordinates
from gapviz.measures.sketch.rows import SameItem
from gapviz.measures.sketch.sketch import QUERIES, Sketch


@dataclass(frozen=True, eq=False)
class Calibration:
    """What is kept of calibration items: a sketch a modality, and one of what asks apart."""

    sketches: Sequence[Sketch]
    basis: Float32 | None = None
    """The directions of their second moments; None for all dimensions."""

    @classmethod
    def of(cls, collection: Collection) -> Calibration:
        """Of the indexed rows of every modality, and of rows that only ask.

        Args:
            collection: the items that a strategy is fitted on.
        """
        blocks = {name: block.corpus for name, block in collection.modalities.items()}
        basis = basis_of({name: block.vectors for name, block in blocks.items()})
        moments = {name: _moments(block.vectors, basis) for name, block in blocks.items()}
        reference = Reference.of(moments, basis)
        told = {"encoder": collection.encoder, "encoder_record": collection.encoder_record}
        sketches = [
            Sketch.of_calibration(
                block.vectors,
                name,
                reference,
                {other: _same_item(block, blocks[other]) for other in blocks},
                marks=_marks(collection, block),
                **told,
            )
            for name, block in blocks.items()
        ]
        for name, block in collection.modalities.items():
            if block.query_only.any():
                asking = block.rows(block.query_only)
                same = {other: _same_item(asking, blocks[other]) for other in blocks}
                sketches.append(
                    Sketch.of_calibration(
                        asking.vectors, name, reference, same, role=QUERIES, **told
                    )
                )
        return cls(sketches, basis)

    @cached_property
    def corpus(self) -> Mapping[str, Sketch]:
        """The sketch of the indexed rows by modality."""
        return {one.modality: one for one in self.sketches if one.role != QUERIES}

    @cached_property
    def reference(self) -> Reference:
        """What further sketches are made against."""
        return Reference.of({name: one.moments for name, one in self.corpus.items()}, self.basis)

    def held_against(self, sketch: Sketch) -> Sketch:
        """What a sketch is compared with: queries with queries, where any only ask."""
        for one in self.sketches:
            if (one.modality, one.role) == (sketch.modality, sketch.role):
                return one
        return self.corpus[sketch.modality]


def _moments(rows: Float32, basis: Float32 | None) -> SecondMoments:
    dim = rows.shape[1]
    size = dim if basis is None else len(basis)
    none = SecondMoments(0, (0,) * dim, np.zeros((size, size)), np.zeros((size, size)))
    parts = (
        SecondMoments.of(coordinates(block, basis), entry_steps(block))
        for block in exact_blocks(rows)
    )
    return merged(parts, none)


def _same_item(block: ModalityVectors, other: ModalityVectors) -> SameItem:
    pairs = matching_rows(block.item_index, other.item_index)
    cosines: Float64 = np.einsum(
        "nd,nd->n",
        block.vectors[pairs.rows_a].astype(np.float64),
        other.vectors[pairs.rows_b].astype(np.float64),
    )
    size = block.n_rows
    return SameItem(
        np.bincount(pairs.rows_a, minlength=size).astype(np.float64),
        np.bincount(pairs.rows_a, cosines, minlength=size).astype(np.float64),
        np.bincount(pairs.rows_a, cosines**2, minlength=size).astype(np.float64),
    )


def _marks(collection: Collection, block: ModalityVectors) -> ItemMarks:
    first = block.first_rows
    ids = [collection.items[place].id for place in first.item_index]
    return ItemMarks.of(ids, first.vectors)
