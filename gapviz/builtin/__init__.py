"""The collection that comes with gapviz: OpenMoji drawings with their names."""

from __future__ import annotations

from gapviz.builtin.shipped import shipped_folder
from gapviz.collection import Collection

ATTRIBUTION = (
    "Drawings: OpenMoji – the open-source emoji and icon project (openmoji.org), CC BY-SA 4.0"
)


def builtin_collection() -> Collection:
    """About 1,600 drawings with captions, encoded by the built-in encoder.

    Modalities `image` (one row an item) and `text` (its name indexed, its other captions
    query-only); splits `train`, `calibrate` and `evaluate`, of which the encoder's heads
    saw only the first. Needs no encoder, and none of their libraries.

    Raises:
        GapvizError: the shipped files are missing or damaged.
    """
    return Collection.load(shipped_folder("builtin"))
