"""The built-in collection, as a pair of heads sees it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tower_features import TowerFeatures

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Indices, unit_rows
from gapviz.encoders.builtin import Head
from gapviz.sources.builtin import ATTRIBUTION
from gapviz.sources.builtin.variants import HEADS_FILE, encoder_name


def stored_dtype(variant: str) -> npt.DTypeLike:
    """How heads and vectors are stored: those of variants in half the room."""
    return np.float16 if variant else np.float32


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
    dtype = stored_dtype(variant)
    owners = np.repeat(np.arange(len(items)), features.n_captions)
    # The first caption of each item is indexed; the others only ask.
    asks = np.concatenate([[False], owners[1:] == owners[:-1]])
    images = unit_rows(heads["image"].project(features.images))
    texts = unit_rows(heads["text"].project(features.texts))
    return Collection(
        name="OpenMoji drawings",
        items=items,
        modalities={
            "image": ModalityVectors.of(images.astype(dtype)),
            "text": ModalityVectors.of(texts.astype(dtype), owners, asks),
        },
        splits=splits,
        encoder=encoder_name(variant),
        attribution=ATTRIBUTION,
    )
