"""One modality through two encoders: what the joint model's tower costs inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.collection import EVALUATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import plain_json
from gapviz.core.rows import Rows, rows_of_one
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Indices
from gapviz.core.wording import figure, interval
from gapviz.measures.retrieval.within import WithinComparison, compare_within
from gapviz.retrieval.index import Index, Query, ResultList
from gapviz.strategies.raw import Raw

FEW_ITEMS = 5
"""A label of fewer items has an interval that says little."""


@dataclass(frozen=True, eq=False)
class ItemRows:
    """One row of each item that has the modality."""

    modality: str
    items: Indices
    """`(n,)` positions in `Collection.items`, rising."""
    vectors: Float32
    """`(n, dim)`, unit rows."""

    @property
    def searchable(self) -> Rows:
        """The same, to be searched."""
        return rows_of_one(self.modality, self.vectors, self.items)

    def row(self, item: int) -> int | None:
        """The row of an item, or None where it has none."""
        place = int(np.searchsorted(self.items, item))
        return place if place < self.items.size and self.items[place] == item else None

    def of(self, items: Indices) -> ItemRows:
        """Only the rows of `items`, rising, all of which must have one."""
        return ItemRows(self.modality, items, self.vectors[np.searchsorted(self.items, items)])

    def neighbours(self, item: int, k: int) -> ResultList:
        """The `k` items nearest to one that has a row, itself left out.

        Raises:
            GapvizError: k below 1.
        """
        query = Query(self.of(np.array([item])).vectors[0], self.modality, item)
        raw = Raw()
        raw.modalities_ = (self.modality,)
        return Index(self.searchable, raw).search(query, k)


def item_rows(collection: Collection, modality: str) -> ItemRows:
    """The first indexed row of each item in one modality.

    Raises:
        GapvizError: the collection has no such modality.
    """
    block = collection.modality(modality).corpus.first_rows
    return ItemRows(modality, block.item_index, block.vectors)


def shared(joint: ItemRows, dedicated: ItemRows) -> tuple[ItemRows, ItemRows]:
    """Both, restricted to the items that both have."""
    items = np.intersect1d(joint.items, dedicated.items)
    return joint.of(items), dedicated.of(items)


def compare_modality(
    collection: Collection, joint: ItemRows, dedicated: ItemRows, *, seed: int = DEFAULT_SEED
) -> WithinComparison:
    """The joint tower beside a dedicated encoder on the held-out items that both have.

    Args:
        collection: whose items, labels and evaluate split they are.
        joint: rows of the joint model, as `item_rows` gives them.
        dedicated: of the same items, by another encoder, of any dimension.
        seed: of the bootstrap.

    Raises:
        GapvizError: no evaluate split, no item in common, or no label shared by two of them.
    """
    held_out = collection.splits.get(EVALUATE)
    if held_out is None:
        raise GapvizError(
            "has no evaluate split", where=collection.name, hint="name the held-out items"
        )
    ours, theirs = shared(joint, dedicated)
    measured = np.intersect1d(ours.items, np.asarray(held_out, dtype=np.int64))
    if not measured.size:
        raise GapvizError(
            f"no held-out item has {joint.modality} vectors of both encoders",
            where=collection.name,
            hint="encode the same items with both",
        )
    return compare_within(
        ours.of(measured).vectors,
        theirs.of(measured).vectors,
        collection.labels[measured],
        seed=seed,
    )


def has_shared_labels(collection: Collection) -> bool:
    """Whether two held-out items share a label, so that there is something to measure."""
    labels = collection.labels[collection.splits.get(EVALUATE, np.zeros(0, dtype=np.int64))]
    return bool((np.bincount(labels[labels >= 0], minlength=1) > 1).any())


def label_names(collection: Collection) -> dict[int, str]:
    """Code in `Collection.labels` → label."""
    return {
        int(code): item.label
        for code, item in zip(collection.labels, collection.items, strict=True)
        if item.label is not None
    }


def comparison_json(comparison: WithinComparison, names: Mapping[int, str]) -> dict[str, Any]:
    """A comparison as plain values, its labels by name; NaN becomes None."""
    return {
        "n_items": comparison.n_items,
        "n_queries": comparison.n_queries,
        "joint": plain_json(comparison.joint),
        "dedicated": plain_json(comparison.dedicated),
        "delta": plain_json(comparison.delta),
        "by_label": [
            plain_json(part) | {"label": names[part.label]} for part in comparison.by_label
        ],
    }


def delta_reading(delta: Estimate, name: str) -> str:
    """What a difference, dedicated minus joint, says; in a sentence."""
    if delta.high < 0:
        turned = Estimate(-delta.value, -delta.high, -delta.low)
        return (
            f"The joint tower's {name} is higher by {_in_words(turned)}: no dedicated encoder "
            "is needed for these items."
        )
    if delta.low > 0:
        return (
            f"The dedicated encoder's {name} is higher by {_in_words(delta)}: inside this "
            "modality the joint tower is the wrong tool."
        )
    return f"The {name} of both differs by {_in_words(delta)}: nothing these items could show."


def _in_words(delta: Estimate) -> str:
    return f"{figure(delta.value)} (95 % interval {interval(delta.low, delta.high)})"
