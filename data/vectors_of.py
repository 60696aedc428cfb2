"""The built-in collection, as a pair of heads sees it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from inputs import Inputs
from recipes import FLOAT16_BITS, VARIANTS

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, Indices, unit_rows
from gapviz.encoders.heads import JoinedHeads
from gapviz.sources.builtin import ATTRIBUTION
from gapviz.sources.builtin.variants import encoder_name

_bits = {variant.name: variant.significant_bits for variant in VARIANTS}


def as_stored(array: Float32, variant: str) -> npt.NDArray[np.floating]:
    """Heads or vectors as precise as they are stored: as float16.

    Where a variant has fewer significant bits, numbers are rounded to the nearest that has no
    more, of two as near the larger one.
    """
    half = array.astype(np.float16)
    dropped = FLOAT16_BITS - _bits[variant]
    if not dropped:
        return half
    bits = half.view(np.uint16) + np.uint16(1 << (dropped - 1))
    return (bits & np.uint16(-1 << dropped & 0xFFFF)).view(np.float16)


def collection_of(
    items: tuple[Item, ...],
    inputs: Inputs,
    heads: Mapping[str, JoinedHeads],
    splits: Mapping[str, Indices],
    variant: str,
    *,
    exact: bool = False,
) -> Collection:
    """Every drawing and caption through the heads, as precise as the variant's file is.

    Args:
        items: all.
        inputs: of all.
        heads: of images and texts.
        splits: the items of each split.
        variant: whose heads.
        exact: keep the vectors as they are computed.
    """
    features = inputs.features
    owners = np.repeat(np.arange(len(items)), features.n_captions)
    # The first caption of each item is indexed; the others only ask.
    asks = np.concatenate([[False], owners[1:] == owners[:-1]])
    images = unit_rows(heads["image"].project(inputs.images))
    texts = unit_rows(heads["text"].project(features.texts))
    kept = (lambda rows: rows) if exact else (lambda rows: as_stored(rows, variant))
    return Collection(
        name="OpenMoji drawings",
        items=items,
        modalities={
            "image": ModalityVectors.of(kept(images)),
            "text": ModalityVectors.of(kept(texts), owners, asks),
        },
        splits=splits,
        encoder=encoder_name(variant),
        attribution=ATTRIBUTION,
    )
