"""One collection's items as another source holds them."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError


def with_items_of(other: Collection, collection: Collection) -> Collection:
    """The vectors of `other` for the items of `collection`: their order, labels and splits.

    Items are the same where their ids are; of bare vectors, these are the numbers of the rows.
    What else `other` holds is left out.

    Raises:
        GapvizError: `other` lacks some of the items.
    """
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
