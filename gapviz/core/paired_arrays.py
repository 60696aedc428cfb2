"""A collection out of bare arrays: row i of every modality is item i."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.halves import split_alike
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors


def paired_collection(
    arrays: Mapping[str, Any], *, name: str = "arrays", halved: bool = False
) -> Collection:
    """Arrays `(n, dim)` by modality as a collection of nameless items.

    Args:
        arrays: rows of numbers of any kind, as many of each modality; they are scaled to length 1.
        name: of the collection.
        halved: whether the items get the splits `calibrate` and `evaluate`, as `even_halves` makes
            them.

    Raises:
        GapvizError: no arrays, arrays of differing length or dimension, or as `unit_rows`.

    >>> import numpy as np
    >>> paired_collection({"image": np.eye(4), "text": np.eye(4)}).n_items
    4
    """
    blocks = {str(one): ModalityVectors.of(rows, where=str(one)) for one, rows in arrays.items()}
    lengths = {one: block.n_rows for one, block in blocks.items()}
    if not blocks or len(set(lengths.values())) > 1:
        told = ", ".join(f"{count:,} of {one}" for one, count in lengths.items()) or "none"
        raise GapvizError(
            f"the arrays do not pair: {told}",
            where=name,
            hint="give one row of each modality an item, such as {'image': X, 'text': Y}; items "
            "that lack one, or have several, need a gapviz.Collection",
        )
    n_items = next(iter(lengths.values()))
    collection = Collection(name, items_of_rows(n_items), blocks)
    return split_alike([collection])[0] if halved else collection
