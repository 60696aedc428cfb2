"""The collection that comes with gapviz: OpenMoji drawings with their names."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.collection import Collection
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.sources.builtin.dedicated import DedicatedVectors, dedicated_vectors
from gapviz.sources.builtin.shipped import shipped_folder, shipped_tensors
from gapviz.sources.builtin.variants import (
    BUILTIN,
    BUILTIN_ENCODERS,
    encoder_title,
    variant_folder,
    variant_of,
)
from gapviz.storage.saved_collection import VECTORS_FILE, load_collection

__all__ = [
    "ATTRIBUTION",
    "BUILTIN_ENCODERS",
    "DedicatedVectors",
    "builtin_collection",
    "dedicated_vectors",
    "encoder_title",
]

ATTRIBUTION = (
    "Drawings: OpenMoji – the open-source emoji and icon project (openmoji.org), CC BY-SA 4.0"
)


def builtin_collection(encoder: str = BUILTIN) -> Collection:
    """About 1,600 drawings with captions, encoded by the built-in encoder or a variant of it.

    Modalities `image` (one row an item) and `text` (its name indexed, its other captions
    query-only); splits `train`, `calibrate` and `evaluate`, of which the encoder's heads
    saw only the first. Needs no encoder, and none of their libraries.

    Args:
        encoder: one of `BUILTIN_ENCODERS`; items, captions and splits are the same for all.

    Raises:
        GapvizError: no such encoder, or the shipped files are missing or damaged.
    """
    variant = variant_of(encoder)
    base = load_collection(shipped_folder("builtin"))
    if not variant:
        return base
    path = variant_folder(variant) / VECTORS_FILE
    vectors = shipped_tensors(path, [f"{name}.vectors" for name in base.modality_names])
    modalities = {
        name: ModalityVectors.of(
            vectors[f"{name}.vectors"], block.item_index, block.query_only, where=str(path)
        )
        for name, block in base.modalities.items()
    }
    return replace(base, modalities=modalities, encoder=encoder)
