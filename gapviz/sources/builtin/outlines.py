"""A second collection that comes with gapviz: drawings in colour, in outline, and by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.sources.builtin.drawings import OUTLINE_SCHEME
from gapviz.sources.builtin.shipped import shipped_folder, shipped_tensors
from gapviz.storage.saved_collection import VECTORS_FILE

OUTLINES = "outlines"
"""Its name as a source."""
OUTLINE = "outline"
"""Its third modality."""
VECTORS = f"{OUTLINE}.vectors"


def with_outlines(held_out: Collection, vectors: ModalityVectors) -> Collection:
    """Give every drawing its outline as a modality of its own.

    Args:
        held_out: drawings in colour and their names.
        vectors: one row an item, of its black lines.
    """
    items = tuple(
        replace(item, other_pictures=((OUTLINE, f"{OUTLINE_SCHEME}{item.id}"),))
        for item in held_out.items
    )
    image, text = held_out.modality("image"), held_out.modality("text")
    return replace(
        held_out,
        name="OpenMoji in colour and outline",
        items=items,
        modalities={"image": image, OUTLINE: vectors, "text": text},
    )


def held_out_drawings(collection: Collection) -> Collection:
    """Those that the encoder's heads were not trained on, with both splits.

    Args:
        collection: the built-in one.
    """
    halves = {name: collection.splits[name] for name in (CALIBRATE, EVALUATE)}
    places = np.concatenate(list(halves.values()))
    ends = np.cumsum([len(members) for members in halves.values()])
    numbers = np.split(np.arange(places.size), ends[:-1])
    return replace(collection.subset(places), splits=dict(zip(halves, numbers, strict=True)))


def outlines_collection(builtin: Collection) -> Collection:
    """About 800 drawings, each in colour (`image`), in black lines (`outline`) and by name.

    Three modalities of the same items by the built-in encoder, whose heads were trained on
    none of them and saw no outline: what is alike in kind lies together here too, although both
    kinds are pictures and went through the same tower.

    Args:
        builtin: the built-in collection.

    Raises:
        GapvizError: the shipped file is missing or damaged.
    """
    path = shipped_folder(OUTLINES) / VECTORS_FILE
    vectors = shipped_tensors(path, [VECTORS])[VECTORS]
    return with_outlines(held_out_drawings(builtin), ModalityVectors.of(vectors, where=str(path)))
