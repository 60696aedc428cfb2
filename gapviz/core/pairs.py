"""Rows of two matrices that belong to one item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.vectors import Indices


@dataclass(frozen=True, slots=True)
class Pairs:
    """Matched rows of two modalities: `rows_a[i]` and `rows_b[i]` are one item's."""

    rows_a: Indices
    rows_b: Indices

    def __len__(self) -> int:
        return int(self.rows_a.size)

    def owners(self, n_a: int, n_b: int) -> tuple[Indices, Indices]:
        """A number per row of a and of b, `(n_a,)` and `(n_b,)`, the same for one item's rows.

        Every row of an item in a is paired with every one in b, so that the first of the
        latter can stand for the item; a row without a partner stands for itself.
        """
        owner_a = np.arange(n_b, n_b + n_a, dtype=np.int64)
        np.minimum.at(owner_a, self.rows_a, self.rows_b)
        owner_b = np.arange(n_b, dtype=np.int64)
        np.minimum.at(owner_b, self.rows_b, owner_a[self.rows_a])
        return owner_a, owner_b

    def one_an_item(self) -> Pairs:
        """The first pair of each item: of an image with five captions, that with the first."""
        if not len(self):
            return self
        owner, _ = self.owners(int(self.rows_a.max()) + 1, int(self.rows_b.max()) + 1)
        _, first = np.unique(owner[self.rows_a], return_index=True)
        first.sort()
        return Pairs(self.rows_a[first], self.rows_b[first])


def matching_rows(items_a: Indices, items_b: Indices, *, by_item_b: Indices | None = None) -> Pairs:
    """Every pair of a row of a and a row of b that belong to one item, by rising row of a.

    Args:
        items_a: `(n_a,)` item of each row of a.
        items_b: `(n_b,)` item of each row of b.
        by_item_b: rows of b by rising item, where they are known already.
    """
    order = np.argsort(items_b, kind="stable") if by_item_b is None else by_item_b
    in_order = items_b[order]
    first = np.searchsorted(in_order, items_a, side="left")
    owner, place = runs(first, np.searchsorted(in_order, items_a, side="right") - first)
    return Pairs(owner, order[place].astype(np.int64, copy=False))


def runs(first: Indices, count: Indices) -> tuple[Indices, Indices]:
    """Runs of numbers, `count[i]` of them from `first[i]` on, and the i that each is of."""
    owner = np.repeat(np.arange(count.size, dtype=np.int64), count)
    within = np.arange(owner.size, dtype=np.int64) - (np.cumsum(count) - count)[owner]
    return owner, first[owner] + within
