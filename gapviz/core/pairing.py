"""Which vectors of a collection belong together, counted and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from gapviz.core.collection import Collection, Item


@dataclass(frozen=True, slots=True)
class Pairing:
    """How many items have vectors of which modalities."""

    items: dict[str, int]
    """Items with a vector, by modality."""
    both: dict[tuple[str, str], int]
    """Items with vectors of both, by pair of modalities."""
    alone: dict[str, int]
    """Items whose vectors are of that modality only; those that have none are left out."""
    by_position: bool
    """Whether row i of every modality is item i, since the source named no items."""

    @property
    def comparable(self) -> bool:
        """Whether there is more than one modality, and so a gap."""
        return len(self.items) > 1

    @property
    def sentences(self) -> tuple[str, ...]:
        """What belongs together, what stands alone, and what that leaves to be done."""
        if not self.comparable:
            (only,) = self.items
            return (
                f"There are {only} vectors only, so there is no gap: Search finds neighbours among "
                "them, Within a modality compares them with another model's, and "
                "the other pages need a second modality, from the same model and in the same "
                "file.",
            )
        told = [self._pairs_told(pair, count) for pair, count in self.both.items()]
        told += [
            f"{count:,} {_items(count)} {modality} vectors only, and no pair."
            for modality, count in self.alone.items()
        ]
        return tuple(told)

    def _pairs_told(self, pair: tuple[str, str], count: int) -> str:
        first, second = pair
        if not count:
            return (
                f"No item has both {first} and {second} vectors: the gap between them can be "
                "measured, matches and recall cannot."
            )
        how = (
            f"row i of {first} belongs to row i of {second}"
            if self.by_position
            else "paired by the items' ids"
        )
        plural = "s" if count > 1 else ""
        return f"{count:,} {first}–{second} pair{plural}: {how}."


def pairing_of(collection: Collection) -> Pairing:
    """Count the pairs of a collection with vectors.

    Raises:
        GapvizError: no encoder has seen it.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> pairing_of(builtin_collection()).sentences
    ("1,619 image–text pairs: paired by the items' ids.",)
    """
    collection.refuse_without_vectors()
    names = collection.modality_names
    has = {name: np.zeros(collection.n_items, dtype=np.bool_) for name in names}
    for name in names:
        has[name][collection.modality(name).corpus.item_index] = True
    kinds = np.sum([has[name] for name in names], axis=0)
    alone = {name: int((has[name] & (kinds == 1)).sum()) for name in names}
    return Pairing(
        items={name: int(has[name].sum()) for name in names},
        both={(a, b): int((has[a] & has[b]).sum()) for a, b in combinations(names, 2)},
        alone={name: count for name, count in alone.items() if count},
        by_position=_are_numbered(collection.items),
    )


def _are_numbered(items: Sequence[Item]) -> bool:
    """Whether the ids are those of `items_of_rows`, some of which may have been left out."""
    ids = [item.id for item in items]
    if not all(name.isascii() and name.isdigit() for name in ids):
        return False
    numbers = [int(name) for name in ids]
    rising = all(left < right for left, right in pairwise(numbers))
    # At most half of the rows may be broken.
    return rising and len({*map(len, ids)}) == 1 and numbers[-1] < 2 * len(ids)


def _items(count: int) -> str:
    return "item has" if count == 1 else "items have"
