"""`Corpus`: how many rows of which modality each item of a collection has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float64, Indices


@dataclass(frozen=True, eq=False)
class Corpus:
    """How many rows of which modality each item has, be it known from vectors or not."""

    names: tuple[str, ...]
    counts: Indices
    """`(n_items, n_modalities)`."""

    @classmethod
    def of(cls, collection: Collection) -> Corpus:
        """The indexed rows; where nothing is encoded yet, the picture and the first caption."""
        n = collection.n_items
        if collection.modalities:
            blocks = collection.modalities.values()
            columns = [np.bincount(one.corpus.item_index, minlength=n) for one in blocks]
            return cls(collection.modality_names, np.stack(columns, axis=1))
        shown = [[item.image is not None, bool(item.captions)] for item in collection.items]
        return cls(("image", "text"), np.array(shown, dtype=np.int64))

    @cached_property
    def share(self) -> Float64:
        """`(n_items, n_modalities)`: of an item's rows; 0 for an item without any."""
        total = np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        return np.asarray(self.counts / total, dtype=np.float64)
