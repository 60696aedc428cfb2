"""A seeded sample of the items of a store, out of one pass over what its entries say.

Each item has a place in [0, 2⁶⁴) by a keyed hash of its id, and of every stratum the items of the
lowest places are taken (bottom-k; Cohen & Kaplan 2007): the sample depends on the ids, the seed and
the size alone, not on the order in which entries come. All entries of an item share its place, so
that an item is taken with all of its vectors or not at all. Where more items come than are held,
the upper half of the places is given up, again and again (distinct sampling; Gibbons 2001), which
depends on no order either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Indices, Mask

HELD_ITEMS = 4_000_000
"""Items that are told apart at once; at 24 bytes each."""
NO_LABEL = np.uint64(2**64 - 1)

Places = npt.NDArray[np.uint64]


def place_of(item: str, seed: int) -> int:
    """Where an item stands among all that there could be."""
    key = seed.to_bytes(8, "little")
    return int.from_bytes(blake2b(item.encode(), digest_size=8, key=key).digest(), "little")


def label_mark(label: str | None) -> int:
    """A number that stands for a label, the same in every order of the entries."""
    if label is None:
        return int(NO_LABEL)
    return int.from_bytes(blake2b(label.encode(), digest_size=8).digest(), "little") >> 1


@dataclass(frozen=True, eq=False)
class CountedItems:
    """The items that were seen, each once, by rising place."""

    place: Places
    """`(n,)`."""
    pattern: Places
    """`(n,)`: bit i is set where it has modality i."""
    label: Places
    """`(n,)`: `label_mark`; of several labels of its entries the lowest."""
    halvings: int = 0
    """How often the upper half of the places was given up."""

    @property
    def n(self) -> int:
        """Items that are told apart."""
        return int(self.place.size)

    @property
    def n_items(self) -> int:
        """Items that there are; reckoned where a part was given up."""
        return self.n << self.halvings


NOBODY = np.zeros(0, dtype=np.uint64)
NOTHING_COUNTED = CountedItems(NOBODY, NOBODY, NOBODY)


@dataclass(slots=True)
class ItemCount:
    """Takes entries in any order, and tells how many items of which modalities and label."""

    counted: CountedItems = NOTHING_COUNTED
    most: int = HELD_ITEMS
    _new: list[CountedItems] = field(default_factory=list)
    _n_new: int = 0

    def add(self, place: Sequence[int], pattern: Sequence[int], label: Sequence[int]) -> None:
        """Some entries: place of its item, bits of its modalities and mark of its label, each."""
        columns = [np.array(column, dtype=np.uint64) for column in (place, pattern, label)]
        self._new.append(CountedItems(columns[0], columns[1], columns[2]))
        self._n_new += len(place)
        if self._n_new > max(self.counted.n, 65_536):
            self.settle()

    def settle(self) -> CountedItems:
        """All entries up to now, an item but once."""
        parts = [self.counted, *self._new]
        halvings = self.counted.halvings
        columns = [
            np.concatenate([getattr(one, name) for one in parts])
            for name in ("place", "pattern", "label")
        ]
        found = _merged(*_below(columns, halvings))
        while found[0].size > self.most:
            halvings += 1
            found = _below(found, halvings)
        self.counted = CountedItems(found[0], found[1], found[2], halvings)
        self._new, self._n_new = [], 0
        return self.counted


def _below(columns: Sequence[Places], halvings: int) -> list[Places]:
    if not halvings:
        return list(columns)
    kept = columns[0] < np.uint64(1 << (64 - halvings))
    return [column[kept] for column in columns]


def _merged(place: Places, pattern: Places, label: Places) -> list[Places]:
    order = np.argsort(place, kind="stable")
    place, pattern, label = place[order], pattern[order], label[order]
    if not place.size:
        return [place, pattern, label]
    first = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    return [
        place[first],
        np.bitwise_or.reduceat(pattern, first),
        np.minimum.reduceat(label, first),
    ]


def drawn(counted: CountedItems, size: int) -> Places:
    """Rising places of the items that are drawn: so many, a like share of every stratum.

    Strata are the patterns of modalities, and in each the labels. Every pattern that there is has
    an item in the sample, as far as its size allows.

    Args:
        counted: the items.
        size: how many to draw.
    """
    chosen = np.zeros(counted.n, dtype=np.bool_)
    by_pattern = _groups(counted.pattern, counted.place)
    quotas = apportioned([members.size for members in by_pattern], size, at_least=1)
    for members, quota in zip(by_pattern, quotas, strict=True):
        by_label = _groups(counted.label[members], counted.place[members])
        each = apportioned([those.size for those in by_label], quota)
        for those, count in zip(by_label, each, strict=True):
            chosen[members[those[:count]]] = True
    return counted.place[chosen]


def _groups(code: Places, place: Places) -> list[Indices]:
    """Positions of the items of each code, by rising place; codes by their lowest place.

    So nothing depends on which numbers stand for patterns and labels.
    """
    order = np.lexsort((place, code))
    ordered = code[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    groups = np.split(order, starts[1:]) if order.size else []
    return sorted(groups, key=lambda members: int(place[members[0]]))


def apportioned(sizes: Sequence[int], total: int, *, at_least: int = 0) -> list[int]:
    """How many of each group make a sample of `total`, by largest remainder (Hamilton).

    Args:
        sizes: of the groups; equal remainders go to the first ones.
        total: of the sample; all of each group where there are no more.
        at_least: of each group, where the sample is large enough for that; what that takes comes
            from the largest shares.

    >>> apportioned([90, 9, 1], 10), apportioned([90, 9, 1], 10, at_least=1)
    ([9, 1, 0], [8, 1, 1])
    """
    n = sum(sizes)
    if total >= n:
        return list(sizes)
    quotas = [size * total // n for size in sizes]
    remainders = [size * total % n for size in sizes]
    order = sorted(range(len(sizes)), key=lambda at: (-remainders[at], at))
    for at in order[: total - sum(quotas)]:
        quotas[at] += 1
    wanted = [min(at_least, size) for size in sizes]
    if sum(wanted) <= total:
        for at, least in enumerate(wanted):
            while quotas[at] < least:
                spare = [q - w for q, w in zip(quotas, wanted, strict=True)]
                quotas[spare.index(max(spare))] -= 1
                quotas[at] += 1
    return quotas


def is_among(place: Sequence[int], wanted: Places) -> Mask:
    """`(n,)`: which places are among those wanted, which rise."""
    asked = np.array(place, dtype=np.uint64)
    if not wanted.size:
        return np.zeros(asked.size, dtype=np.bool_)
    at = np.minimum(np.searchsorted(wanted, asked), wanted.size - 1)
    return np.asarray(wanted[at] == asked, dtype=np.bool_)


@dataclass(slots=True)
class Bits:
    """Which bit of a pattern stands for which modality; in the order in which they are met."""

    names: list[str] = field(default_factory=list)

    def of(self, modality: str, most: int) -> int | None:
        """The bit of a modality; None for one that would be more than `most`."""
        if modality not in self.names:
            if len(self.names) >= most:
                return None
            self.names.append(modality)
        return 1 << self.names.index(modality)
