"""Queries that a collection itself holds: its items, and captions that are typed."""

from __future__ import annotations

from functools import lru_cache

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.retrieval.index import Query


def item_query(collection: Collection, position: int, modality: str) -> Query:
    """An item of the collection that asks with its own vector.

    Raises:
        GapvizError: the item has no vector of that modality.
    """
    block = collection.modality(modality).corpus
    rows = (block.item_index == position).nonzero()[0]
    if not rows.size:
        raise GapvizError(f"this item has no {modality} vector", hint="ask with another modality")
    return Query(block.vectors[rows[0]], modality, position)


def caption_query(collection: Collection, text: str) -> Query | None:
    """A typed text that is a caption of the collection, whatever its case: it knows its item.

    Captions are encoded already, so that they need no encoder. None where no item has it.
    """
    known = _caption_rows(collection).get(text.strip().casefold())
    if known is None:
        return None
    row, item = known
    return Query(collection.modality("text").vectors[row], "text", item, leave_out_own=False)


@lru_cache(maxsize=4)
def _caption_rows(collection: Collection) -> dict[str, tuple[int, int]]:
    """Caption in lower case → its row of the text vectors, and its item."""
    if "text" not in collection.modalities:
        return {}
    block = collection.modality("text")
    seen: dict[int, int] = {}
    rows: dict[str, tuple[int, int]] = {}
    for row, item in enumerate(block.item_index.tolist()):
        place = seen[item] = seen.get(item, -1) + 1
        captions = collection.items[item].captions
        if place < len(captions):
            rows.setdefault(captions[place].casefold(), (row, item))
    return rows
