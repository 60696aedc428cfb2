"""Which vectors of a collection belong together, counted and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.equal_items import n_equal
from gapviz.core.item import Item
from gapviz.core.wording import counted

REPEATING = 0.5
"""Of the rows of a modality, a share equal to others from which they are told to repeat."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """How many items have vectors of which modalities."""

    both: dict[tuple[str, str], int]
    """Items with vectors of both, by pair of modalities."""
    alone: dict[str, int]
    """Items whose vectors are of that modality only; those that have none are left out."""
    sentences: tuple[str, ...]
    """What belongs together, what stands alone, and what that leaves to be done."""
    guesses: tuple[str, ...] = ()
    """Why rows that were paired by their place may belong together otherwise, and what to do."""


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
    by_position = _are_numbered(collection.items) and all(
        block.first_rows.n_rows == block.n_rows for block in collection.modalities.values()
    )
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
    return Pairing(both, alone, tuple(told), guesses(collection))


def guesses(collection: Collection) -> tuple[str, ...]:
    """Why pairs by position may be wrong, one sentence each: the rows of one modality are a
    multiple of those of another, or repeat.
    """
    if len(collection.modalities) < 2 or not _are_numbered(collection.items):
        return ()
    counts = {
        name: int(np.unique(block.corpus.item_index).size)
        for name, block in collection.modalities.items()
    }
    found = [
        f"{n:,} {longer} rows are {n // m:,} × {m:,} {shorter} rows, so that row-by-row pairing is "
        f"a guess: name the item of each row in {longer}_ids, or read them with --pairing in-turn "
        f"(rows 0 to {n // m - 1:,} are item 0) or by-turns (every {m:,}th row is)."
        for (longer, n), (shorter, m) in permutations(counts.items(), 2)
        if m > 1 and n > m and n % m == 0
    ]
    for name, numbers in collection.equal_by_modality.items():
        known = numbers[numbers >= 0]
        n_different = int(np.unique(known).size)
        if n_different > 1 and n_equal(known) >= REPEATING * known.size:
            found.append(
                f"{known.size:,} {name} rows repeat {n_different:,} vectors, so that row-by-row "
                f"pairing is a guess: name the item of each row in {name}_ids, or read them with "
                "--pairing equal, which makes items with an equal row one."
            )
    return tuple(found)


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
