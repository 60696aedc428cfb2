"""Which rows of a source without ids are one item, where row by row is not the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.equal_items import equal_rows, joined
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Indices, read_only


def owners_of_rows(counts: Mapping[str, int], in_turn: bool, *, where: str) -> dict[str, Indices]:
    """`(n_rows,)` the entry of each row by modality: as many entries as the fewest rows.

    Args:
        counts: rows of each modality.
        in_turn: true where all rows of an item follow one another (0, 0, 1, 1, …), false where
            the items take turns (0, 1, …, 0, 1, …).
        where: what to call the source.

    Raises:
        GapvizError: the rows of a modality are no multiple of the fewest.
    """
    fewest = min(counts.values())
    for name, count in counts.items():
        if count % fewest:
            raise GapvizError(
                f"holds {count:,} {name} rows, which is no multiple of {fewest:,}",
                where=where,
                hint="name the item of each row by ids, or leave --pairing out",
            )
    return {
        name: np.arange(n) // (n // fewest) if in_turn else np.arange(n) % fewest
        for name, n in counts.items()
    }


def with_equal_merged(collection: Collection) -> Collection:
    """The collection with the items that share an equal vector as one item, without splits.

    Vectors count as equal as in `equal_rows`, and an item keeps one of each. An item has the
    captions of all; label and picture are those of the first that has any.
    """
    groups = joined(collection.n_items, collection.equal_by_modality.values())
    first, group = np.unique(groups, return_index=True, return_inverse=True)[1:]
    # By the first item of each group, so that their order stays.
    place = np.argsort(np.argsort(first))[group.reshape(-1)]
    members: list[list[Item]] = [[] for _ in first]
    for item, at in zip(collection.items, place.tolist(), strict=True):
        members[at].append(item)
    return replace(
        collection,
        items=tuple(map(_merged, members)),
        modalities={name: _rows(block, place) for name, block in collection.modalities.items()},
        splits={},
    )


def _merged(items: Sequence[Item]) -> Item:
    captions = dict.fromkeys(caption for item in items for caption in item.captions)
    return Item(
        items[0].id,
        next((item.label for item in items if item.label is not None), None),
        tuple(captions),
        next((item.image for item in items if item.image is not None), None),
    )


def _rows(block: ModalityVectors, place: Indices) -> ModalityVectors:
    """Its rows under the merged items, each vector of an item once."""
    owners = place[block.item_index]
    kinds = np.stack([owners, equal_rows(block.vectors)], axis=1)
    once = np.sort(np.unique(kinds, axis=0, return_index=True)[1])
    return replace(block.rows(once), item_index=read_only(owners[once]))
