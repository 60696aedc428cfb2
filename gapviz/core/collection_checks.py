"""What no collection may be: each function refuses one thing, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Indices


def refuse_duplicate_ids(name: str, items: Iterable[Item]) -> None:
    """Raise `GapvizError` where two items have one id."""
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise GapvizError(
                f"two items have the id {item.id!r}", where=name, hint="give each item its own id"
            )
        seen.add(item.id)


def refuse_dimension_clash(name: str, modalities: Mapping[str, ModalityVectors]) -> None:
    """Raise `GapvizError` where modalities have vectors of differing dimension."""
    dims = {modality: block.dim for modality, block in modalities.items()}
    if len(set(dims.values())) > 1:
        listing = ", ".join(f"{modality} {dim}" for modality, dim in dims.items())
        raise GapvizError(
            f"the modalities have different dimensions ({listing})",
            where=name,
            hint="give vectors of one joint space, made by one encoder, or name the modalities to "
            "take",
        )


def refuse_overlapping_splits(name: str, splits: Mapping[str, Indices], n_items: int) -> None:
    """Raise `GapvizError` where splits overlap, or name an item that does not exist."""
    if not splits:
        return
    members = np.concatenate([np.asarray(split, dtype=np.int64) for split in splits.values()])
    if members.size and (members.min() < 0 or members.max() >= n_items):
        raise GapvizError(
            "a split names an item that does not exist", where=name, hint="number items from 0"
        )
    if np.unique(members).size != members.size:
        raise GapvizError(
            "an item stands in two splits",
            where=name,
            hint="fit and evaluate on different items",
        )
