"""The built-in collection, as a pair of heads sees it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from recipes import FLOAT16_BITS, VARIANTS
from tower_features import TowerFeatures

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, Indices, unit_rows
from gapviz.encoders.builtin import Head
from gapviz.sources.builtin import ATTRIBUTION
from gapviz.sources.builtin.variants import HEADS_FILE, encoder_name

_bits = {variant.name: variant.significant_bits for variant in VARIANTS}


def as_stored(array: Float32, variant: str) -> npt.NDArray[np.floating]:
    """Heads or vectors as precise as they are stored: those of variants as float16.

    Where a variant has fewer significant bits, numbers are rounded to the nearest that has no
    more, of two as near the larger one.
    """
    if not variant:
        return array
    half = array.astype(np.float16)
    dropped = FLOAT16_BITS - _bits[variant]
    if not dropped:
        return half
    bits = half.view(np.uint16) + np.uint16(1 << (dropped - 1))
    return (bits & np.uint16(-1 << dropped & 0xFFFF)).view(np.float16)


def load_heads(folder: Path) -> dict[str, Head]:
    """Both heads of a variant, as they are stored."""
    return {part: Head.load(folder / HEADS_FILE, part) for part in ("image", "text")}


def collection_of(
    items: tuple[Item, ...],
    features: TowerFeatures,
    heads: Mapping[str, Head],
    splits: Mapping[str, Indices],
    variant: str,
) -> Collection:
    """Every drawing and caption through the heads, as precise as the variant's file is."""
    owners = np.repeat(np.arange(len(items)), features.n_captions)
    # The first caption of each item is indexed; the others only ask.
    asks = np.concatenate([[False], owners[1:] == owners[:-1]])
    images = unit_rows(heads["image"].project(features.images))
    texts = unit_rows(heads["text"].project(features.texts))
    return Collection(
        name="OpenMoji drawings",
        items=items,
        modalities={
            "image": ModalityVectors.of(as_stored(images, variant)),
            "text": ModalityVectors.of(as_stored(texts, variant), owners, asks),
        },
        splits=splits,
        encoder=encoder_name(variant),
        attribution=ATTRIBUTION,
    )
