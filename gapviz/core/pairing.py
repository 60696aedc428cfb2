"""Which vectors of a collection belong together, counted and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from gapviz.core.collection import Collection, Item
from gapviz.core.wording import counted


@dataclass(frozen=True, slots=True)
class Pairing:
    """How many items have vectors of which modalities."""

    both: dict[tuple[str, str], int]
    """Items with vectors of both, by pair of modalities."""
    alone: dict[str, int]
    """Items whose vectors are of that modality only; those that have none are left out."""
    sentences: tuple[str, ...]
    """What belongs together, what stands alone, and what that leaves to be done."""


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
    n_kinds = np.sum([*has.values()], axis=0)
    counts = {name: int((own & (n_kinds == 1)).sum()) for name, own in has.items()}
    alone = {name: count for name, count in counts.items() if count}
    both = {(a, b): int((has[a] & has[b]).sum()) for a, b in combinations(names, 2)}
    by_position = _are_numbered(collection.items)
    told = [_pairs_told(*pair, count, by_position) for pair, count in both.items()] + [
        f"{count:,} {'item has' if count == 1 else 'items have'} {name} vectors only, and no pair."
        for name, count in alone.items()
    ]
    if not both:
        told = [
            f"There are {names[0]} vectors only, so there is no gap: Search finds neighbours among "
            "them, Within a modality compares them with another model's, and the other pages need "
            "a second modality, from the same model and in the same file."
        ]
    return Pairing(both, alone, tuple(told))


def _pairs_told(first: str, second: str, count: int, by_position: bool) -> str:
    if not count:
        return (
            f"No item has both {first} and {second} vectors: the gap between them can be "
            "measured, matches and recall cannot."
        )
    how = f"row i of {first} belongs to row i of {second}"
    how = how if by_position else "paired by the items' ids"
    return f"{counted(count, f'{first}–{second} pair')}: {how}."


def _are_numbered(items: Sequence[Item]) -> bool:
    """Whether the ids are those of `items_of_rows`, some of which may have been left out."""
    ids = [item.id for item in items]
    if not all(name.isascii() and name.isdigit() for name in ids):
        return False
    numbers = [int(name) for name in ids]
    rising = all(left < right for left, right in pairwise(numbers))
    # At most half of the rows may be broken.
    return rising and len({*map(len, ids)}) == 1 and numbers[-1] < 2 * len(ids)
