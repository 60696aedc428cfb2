"""From rows of vectors, and what is said of them, to the parts of a collection."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.described import (
    given_captions,
    given_ids,
    given_labels,
    given_pictures,
    refuse_equal_ids,
)
from gapviz.core.in_memory.given_splits import given_splits
from gapviz.core.in_memory.rows import GivenRows
from gapviz.core.in_memory.values import plain_values
from gapviz.core.item import Item, items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.repeats import repeated_rows
from gapviz.core.vectors import Indices

NONE = ()

SAME_ITEM = "where several rows belong to one item, name it in the argument item"


@dataclass(frozen=True, eq=False)
class Given:
    """The parts of a collection, as `Collection` takes them."""

    items: tuple[Item, ...]
    modalities: Mapping[str, ModalityVectors]
    splits: Mapping[str, Indices]
    """Empty where they are to be made."""
    root: Path | None = None


@dataclass(frozen=True, eq=False)
class Described:
    """What is said of the entries of a source: lists of one value an entry, or None."""

    ids: Any = None
    labels: Any = None
    captions: Any = None
    pictures: Any = None
    folder: str | os.PathLike[str] | None = None
    splits: Any = None


def parts_of(
    rows: Mapping[str, GivenRows],
    described: Described,
    owners: Mapping[str, Sequence[str]],
    *,
    where: str,
) -> Given:
    """The parts of a collection.

    Args:
        rows: by modality.
        described: one value an item.
        owners: by modality, the id of the item of each row; without them row i belongs to item i.
        where: what to call all of it in errors.

    Raises:
        GapvizError: what does not fit, in a sentence.
    """
    ids = _ids(rows, described, owners, where)
    n_items, root = len(ids), None
    labels = _values(described.labels, given_labels, n_items, "labels") or [NONE] * n_items
    captions = _values(described.captions, given_captions, n_items, "captions") or [NONE] * n_items
    pictures: list[str | None] = [None] * n_items
    if described.pictures is not None:
        values = _entries(described.pictures, n_items, "pictures")
        pictures, root = given_pictures(values, described.folder)
    items = tuple(
        Item(one, next(iter(own), None), captions[at], pictures[at], own[1:])
        for at, (one, own) in enumerate(zip(ids, labels, strict=True))
    )
    position = {one.id: at for at, one in enumerate(items)}
    splits = None if described.splits is None else given_splits(described.splits, position)
    blocks = {name: _block(name, one, owners.get(name), position) for name, one in rows.items()}
    return _without_empty(Given(items, blocks, splits or {}, root))


def _ids(
    rows: Mapping[str, GivenRows],
    described: Described,
    owners: Mapping[str, Sequence[str]],
    where: str,
) -> list[str]:
    """The id of every item."""
    counts = {name: one.n_rows for name, one in rows.items() if name not in owners}
    if len(set(counts.values())) > 1:
        listing = " and ".join(f"{name} has {count:,}" for name, count in counts.items())
        raise GapvizError(
            f"row i of each modality is one item, but their rows differ in number ({listing})",
            where=where,
            hint=f"give None in place of a row that an item has not; {SAME_ITEM}",
        )
    n_rows = next(iter(counts.values()), None)
    if described.ids is not None:
        values = plain_values(described.ids, where="ids")
        if n_rows not in (None, len(values)):
            raise _misfit("ids", len(values), n_rows or 0)
        ids = given_ids(values)
        refuse_equal_ids(ids, f"give each item its own id; {SAME_ITEM}")
        return ids
    if n_rows is not None:
        return [item.id for item in items_of_rows(n_rows)]
    return list(dict.fromkeys(one for each in owners.values() for one in each))


def _block(
    name: str,
    rows: GivenRows,
    owners: Sequence[str] | None,
    position: Mapping[str, int],
) -> ModalityVectors:
    vectors, item_index = rows.vectors, rows.present
    if owners is not None:
        if len(owners) != rows.n_rows:
            raise GapvizError(
                f"names the items of {len(owners):,} rows, and there are {rows.n_rows:,}",
                where=f"item, {name}",
                hint="give one a row",
            )
        places = [position.get(owners[row], -1) for row in rows.present.tolist()]
        item_index = np.array(places, dtype=np.int64)
        unknown = np.flatnonzero(item_index < 0)
        if unknown.size:
            row = int(rows.present[unknown[0]])
            raise GapvizError(
                f"belongs to {owners[row][:80]!r}, which is no item",
                where=f"{name}, row {row}",
                hint="name the items by their ids, or by their places from 0 where there are none",
            )
        again = repeated_rows(vectors, item_index, np.ones(len(item_index), dtype=np.bool_))
        if again.any():
            vectors, item_index = vectors[~again], item_index[~again]
    return ModalityVectors.of(vectors, item_index, where=name)


def _without_empty(given: Given) -> Given:
    """The same without items that no modality has a vector of."""
    n_items = len(given.items)
    held = [block.item_index for block in given.modalities.values()]
    used = np.unique(np.concatenate([*held, np.zeros(0, dtype=np.int64)]))
    if used.size == n_items:
        return given
    place = np.full(n_items, -1, dtype=np.int64)
    place[used] = np.arange(used.size)
    blocks = {
        name: ModalityVectors.of(block.vectors, place[block.item_index], where=name)
        for name, block in given.modalities.items()
    }
    splits = {name: place[members] for name, members in given.splits.items()}
    splits = {name: members[members >= 0] for name, members in splits.items()}
    return Given(tuple(given.items[at] for at in used.tolist()), blocks, splits, given.root)


def _values(values: Any, read: Any, n_items: int, where: str) -> list[tuple[str, ...]] | None:
    found: list[tuple[str, ...]] | None = None
    if values is not None:
        found = read(_entries(values, n_items, where))
    return found


def _entries(values: Any, n_items: int, where: str) -> list[Any]:
    found = plain_values(values, where=where)
    if len(found) != n_items:
        raise _misfit(where, len(found), n_items)
    return found


def _misfit(where: str, n_values: int, n_items: int) -> GapvizError:
    return GapvizError(
        f"has {n_values:,} entries, and there are {n_items:,} items",
        where=where,
        hint="give one an item",
    )
