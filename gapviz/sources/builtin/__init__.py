"""The collections that come with gapviz: OpenMoji drawings with their names, and outlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gapviz.core.collection import Collection
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.sources.builtin.dedicated import DedicatedVectors, dedicated_vectors
from gapviz.sources.builtin.outlines import OUTLINES, outlines_collection
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
    "SHIPPED_COLLECTIONS",
    "DedicatedVectors",
    "builtin_collection",
    "dedicated_vectors",
    "encoder_title",
    "shipped_collection",
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


@dataclass(frozen=True, slots=True)
class ShippedCollection:
    """A collection that comes with gapviz."""

    title: str
    encoders: tuple[str, ...]
    """Those of `BUILTIN_ENCODERS` that have seen it."""
    modalities: tuple[str, ...]
    load: Callable[[str], Collection]
    """By the encoder's name."""


SHIPPED_COLLECTIONS: Mapping[str, ShippedCollection] = {
    BUILTIN: ShippedCollection(
        "OpenMoji drawings (built in)",
        tuple(BUILTIN_ENCODERS),
        ("image", "text"),
        builtin_collection,
    ),
    OUTLINES: ShippedCollection(
        "OpenMoji in colour and outline (built in)",
        (BUILTIN,),
        ("image", "outline", "text"),
        lambda encoder: outlines_collection(builtin_collection(encoder)),
    ),
}
"""By their name as a source; the first is the default."""


def shipped_collection(source: str) -> Collection | None:
    """What `builtin`, a variant of it or another name of `SHIPPED_COLLECTIONS` stands for; None for
    any other source.

    Raises:
        GapvizError: the shipped files are missing or damaged.
    """
    if source in BUILTIN_ENCODERS:
        return builtin_collection(source)
    known = SHIPPED_COLLECTIONS.get(source)
    return None if known is None else known.load(BUILTIN)
