"""Queries that a collection itself holds: its items, captions that are typed, its pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.vectors import Float32, Float64
from gapviz.retrieval.index import Query
from gapviz.sources.images.decoding import over_white
from gapviz.sources.images.references import thumbnail_png

NEAREST = 20
"""Pictures of the collection that one from outside is compared with, pixel by pixel."""
SIDE = 32
"""Pixels a side of the small picture by which one that was saved anew is known."""
SAVED_ANEW = 0.04
"""Root mean square of the difference of two small pictures, colours from 0 to 1, up to which they
are one picture that was saved anew.

Measured as JPEG of quality 25 to 90, as WebP, as GIF and in sizes from a third to double: 250
built-in drawings differ by at most 0.041, 34 photographs by at most 0.026. Another photograph
differs by 0.16 or more, another drawing in 98 of 100 by more than 0.04; the others are drawn
alike. A picture that is cropped or brightened is not known.
"""
LARGEST = 1_024
"""Pixels a side at which pictures are compared; a drawing can be no larger."""

_ENDS = " \t\n\"'“”‘’.,;:!?"
"""Left out at both ends of a caption that is typed."""


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
    """A typed text that is a caption of the collection: it knows its item.

    Case, spaces and the marks at both ends may differ.

    Captions are encoded already, so that they need no encoder. None where no item has it.
    """
    known = _caption_rows(collection).get(_typed(text))
    if known is None:
        return None
    row, item = known
    return Query(collection.modality("text").vectors[row], "text", item, leave_out_own=False)


def asks_differently(collection: Collection, text: str) -> bool:
    """Whether a caption of the collection, typed, is encoded in another way than its entry.

    So it is where the encoder has a prompt for queries, and the caption is indexed.
    """
    known = _caption_rows(collection).get(_typed(text))
    if known is None or not collection.encoder_record.asks_apart:
        return False
    return not collection.modality("text").query_only[known[0]]


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture from outside that the collection has."""

    item: int
    """Position of its item."""
    same_pixels: bool
    """False where it was saved anew: in another format or quality, or in another size."""

    @property
    def words(self) -> str:
        """How it was recognised."""
        return "by its pixels" if self.same_pixels else "though it was saved or resized anew"


def picture_query(collection: Collection, image: Image.Image, vector: Float32) -> Query:
    """A picture from outside; one of the collection's own, see `known_picture`, knows its item.

    Args:
        collection: as for `known_picture`, with `image` and `vector`.
        image: of any mode.
        vector: `(dim,)`, a unit row.
    """
    known = known_picture(collection, image, vector)
    return Query(vector, "image", None if known is None else known.item)


def known_picture(
    collection: Collection, image: Image.Image, vector: Float32
) -> KnownPicture | None:
    """The item whose picture this is, by its very pixels or saved anew; None where there is none.

    Only the `NEAREST` by their vectors are looked at. Of several that are alike the nearest in
    pixels counts.

    Args:
        collection: with vectors of the same encoder as `vector`, which put the same picture
            nearest.
        image: of any mode; the file of an item, a thumbnail of it, or a copy of another format,
            quality or size.
        vector: `(dim,)`, a unit row.
    """
    block = collection.modality("image").corpus
    nearest = np.argsort(-(block.vectors @ vector), kind="stable")[:NEAREST]
    pixels = over_white(image)
    small, apart = _small(pixels), dict[int, float]()
    for position in dict.fromkeys(block.item_index[nearest].tolist()):
        shown = _picture(collection.items[position], collection, min(max(pixels.size), LARGEST))
        if shown is None:
            continue
        if np.array_equal(np.asarray(shown), np.asarray(pixels)):
            return KnownPicture(position, same_pixels=True)
        apart[position] = float(np.sqrt(((_small(shown) - small) ** 2).mean()))
    closest = min(apart, key=lambda position: apart[position], default=None)
    if closest is None or apart[closest] > SAVED_ANEW:
        return None
    return KnownPicture(closest, same_pixels=False)


def _picture(item: Item, collection: Collection, size: int) -> Image.Image | None:
    """An item's picture, at most so large; None where there is none, or it is gone or damaged."""
    if item.image is None:
        return None
    try:
        shown = thumbnail_png(item.image, collection.root, size)
    except GapvizError:
        return None
    return Image.open(BytesIO(shown)).convert("RGB")


def _small(image: Image.Image) -> Float64:
    """`(SIDE, SIDE, 3)` colours of a picture of RGB, from 0 to 1."""
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64) / 255


def _typed(caption: str) -> str:
    """A caption without what people type in one way or another."""
    return re.sub(r"\s+", " ", caption).strip(_ENDS).casefold() or caption.casefold()


@lru_cache(maxsize=4)
def _caption_rows(collection: Collection) -> dict[str, tuple[int, int]]:
    """Caption as by `_typed` → its row of the text vectors, and its item."""
    if "text" not in collection.modalities:
        return {}
    block = collection.modality("text")
    seen: dict[int, int] = {}
    rows: dict[str, tuple[int, int]] = {}
    for row, item in enumerate(block.item_index.tolist()):
        place = seen[item] = seen.get(item, -1) + 1
        captions = collection.items[item].captions
        if place < len(captions):
            rows.setdefault(_typed(captions[place]), (row, item))
    return rows
