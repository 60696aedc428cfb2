"""Text and picture as one row: αt + (1 − α)v, of documents and of queries alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.collection import IMAGE, TEXT, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, Indices, Mask, read_only, unit_rows

FUSED = f"{TEXT}+{IMAGE}"
"""The modality of what is text and picture at once."""

HALF = 0.5
"""α that weighs both alike, as GR-CLIP does."""


def fused_rows(text: Float32, image: Float32, alpha: float = HALF) -> Float32:
    """Unit rows `(n, dim)` of αt + (1 − α)v, from unit rows of either (GR-CLIP, Li et al. 2025).

    Raises:
        GapvizError: α outside 0…1, or a row in which text and picture cancel out.
    """
    if not 0 <= alpha <= 1:
        raise GapvizError(f"α is {alpha:g}", hint="weigh the text by 0 to 1")
    mixed = alpha * text.astype(np.float64) + (1 - alpha) * image.astype(np.float64)
    return unit_rows(mixed, where=f"α·{TEXT} + (1 − α)·{IMAGE}")


def with_fused_documents(collection: Collection, alpha: float = HALF) -> Collection:
    """The collection in which an item with text and picture is one row instead of several.

    The row is made of its first indexed row of either. Items with one of the two keep theirs, and
    captions that only ask stay as they are. The fused rows are a modality of their own, so that a
    strategy learns of them what it learns of any: GR-CLIP centres αt + (1 − α)v by the mean of the
    same.

    Raises:
        GapvizError: no item has both, or as `fused_rows`.
    """
    text, image = (collection.modality(name).corpus.first_rows for name in (TEXT, IMAGE))
    both, of_text, of_image = np.intersect1d(
        text.item_index, image.item_index, assume_unique=True, return_indices=True
    )
    if not both.size:
        raise GapvizError(
            "has no item with text and picture",
            where=collection.name,
            hint="leave the fusion of documents out",
        )
    rows = fused_rows(text.vectors[of_text], image.vectors[of_image], alpha)
    blocks = {}
    for name, block in collection.modalities.items():
        kept: Mask = np.ones(block.n_rows, dtype=np.bool_)
        if name in (TEXT, IMAGE):
            kept = block.query_only | ~np.isin(block.item_index, both)
        if (kept & ~block.query_only).any():
            blocks[name] = block.rows(kept)
    owners: Indices = read_only(both.astype(np.int64))
    blocks[FUSED] = ModalityVectors.of(rows, owners)
    return replace(collection, modalities=blocks)
