"""One collection's items as another source holds them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import items_of_rows


def is_numbered(collection: Collection) -> bool:
    """Whether its items are the numbers of their rows, since nothing names them."""
    named = items_of_rows(collection.n_items)
    return all(a.id == b.id for a, b in zip(collection.items, named, strict=True))


def with_items_of(other: Collection, collection: Collection) -> Collection:
    """The vectors of `other` for the items of `collection`: their order, labels and splits.

    Items are the same where their ids are; of bare vectors, these are the numbers of the rows.
    What else `other` holds is left out.

    Raises:
        GapvizError: `other` lacks some of the items.
    """
    other = _numbered_as(other, collection)
    found = [other.position.get(item.id) for item in collection.items]
    places = [place for place in found if place is not None]
    n_missing = len(found) - len(places)
    if n_missing:
        raise GapvizError(
            f"lacks {n_missing:,} of the {collection.n_items:,} items of {collection.name}",
            where=other.name,
            hint="give the same items, under the same ids, as another model encoded them",
        )
    same = other if places == list(range(other.n_items)) else other.subset(places)
    return replace(same, items=collection.items, splits=collection.splits)


def items_in_both(one: Collection, other: Collection) -> tuple[Collection, Collection]:
    """Both collections with the items alone that both have, and the modalities that both have.

    Order, labels and splits are those of `one`, less what `other` lacks.

    Raises:
        GapvizError: no item, or no modality, is in both.
    """
    other = _numbered_as(other, one)
    places = [k for k, item in enumerate(one.items) if item.id in other.position]
    names = [name for name in one.modality_names if name in other.modalities]
    if not places or not names:
        lacking = "item" if not places else "modality"
        raise GapvizError(
            f"has no {lacking} in common with {one.name}",
            where=other.name,
            hint="give the same items, under the same ids, as another model encoded them",
        )
    if len(places) < one.n_items:
        new_place = np.full(one.n_items, -1, dtype=np.int64)
        new_place[places] = np.arange(len(places))
        splits = {
            name: kept
            for name, members in one.splits.items()
            if (kept := new_place[members][new_place[members] >= 0]).size
        }
        one = replace(one.subset(places), splits=splits)
    kept_items = one.of_modalities(names)
    return kept_items, with_items_of(other, kept_items).of_modalities(names)


def _numbered_as(other: Collection, one: Collection) -> Collection:
    """`other` with as many zeros before the numbers of its rows as `one` has: 07 is 007."""
    width = len(one.items[0].id) if one.items else 0
    if not other.items or len(other.items[0].id) == width:
        return other
    if not (is_numbered(one) and is_numbered(other)):
        return other
    items = tuple(replace(item, id=str(k).zfill(width)) for k, item in enumerate(other.items))
    return replace(other, items=items)
