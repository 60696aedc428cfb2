"""Queries that a collection itself holds: its items, captions that are typed, its pictures."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.vectors import Float32
from gapviz.encoders.pixels import Pixels
from gapviz.retrieval.index import Query
from gapviz.sources.images.decoding import over_white
from gapviz.sources.images.references import thumbnail_png

NEAREST = 20
"""Pictures of the collection that one from outside is compared with, pixel by pixel."""


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


def asks_differently(collection: Collection, text: str) -> bool:
    """Whether a caption of the collection, typed, is encoded in another way than its entry.

    So it is where the encoder has a prompt for queries, and the caption is indexed.
    """
    known = _caption_rows(collection).get(text.strip().casefold())
    if known is None or not collection.encoder_record.asks_apart:
        return False
    return not collection.modality("text").query_only[known[0]]


def picture_query(collection: Collection, image: Image.Image, vector: Float32) -> Query:
    """A picture from outside; one of the collection's own, by its pixels, knows its item.

    Args:
        collection: with vectors of the same encoder as `vector`, which put the same picture
            nearest.
        image: of any mode; the file of an item, or a thumbnail of it.
        vector: `(dim,)`, a unit row.
    """
    block = collection.modality("image").corpus
    nearest = np.argsort(-(block.vectors @ vector), kind="stable")[:NEAREST]
    pixels = np.asarray(over_white(image))
    for position in dict.fromkeys(block.item_index[nearest].tolist()):
        if _shows(collection.items[position], collection, pixels):
            return Query(vector, "image", position)
    return Query(vector, "image")


def _shows(item: Item, collection: Collection, pixels: Pixels) -> bool:
    """Whether an item's picture has just these pixels, in its own size or as a thumbnail."""
    if item.image is None:
        return False
    try:
        shown = thumbnail_png(item.image, collection.root, max(pixels.shape[:2]))
    except GapvizError:
        return False  # a picture that is gone or damaged, or no size of a drawing
    return np.array_equal(np.asarray(Image.open(BytesIO(shown)).convert("RGB")), pixels)


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
