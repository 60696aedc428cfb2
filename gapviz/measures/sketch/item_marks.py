"""Marks of a few items by id, by which two encodings of the same items are compared directly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gapviz.core.vectors import Float32

MARKED = 64
"""Items, those with the smallest hash of their id, so that any two sketches mark the same."""
NUMBERS = 16
"""Random projections of a row: they tell two rows apart, and neither row."""
SAME_ROW = 0.02
"""Root-mean-square difference of the projections up to which a row is the same: that of float16
and of int8 stays below."""


@dataclass(frozen=True, eq=False)
class ItemMarks:
    """Projections of the first row of each marked item."""

    rows: Mapping[str, Float32] = field(default_factory=dict)
    """Id → `(NUMBERS,)`."""

    @classmethod
    def of(cls, ids: Sequence[str], rows: Float32) -> ItemMarks:
        """Of items with one row each, `(n, dim)`.

        Ids that number the rows say nothing of an item, and are not marked.
        """
        if _numbers_rows(ids):
            return cls()
        chosen = sorted(range(len(ids)), key=lambda place: _order(ids[place]))[:MARKED]
        planes = np.random.default_rng(rows.shape[1]).standard_normal((rows.shape[1], NUMBERS))
        projected = (rows[chosen].astype(np.float64) @ planes).astype(np.float32)
        return cls({ids[place]: one for place, one in zip(chosen, projected, strict=True)})

    def merge(self, other: ItemMarks) -> ItemMarks:
        """Of both; of an item that is in both, the same row whichever comes first."""
        rows = dict(self.rows)
        for name, row in other.rows.items():
            known = rows.get(name)
            if known is None or row.tobytes() < known.tobytes():
                rows[name] = row
        return ItemMarks({name: rows[name] for name in sorted(rows, key=_order)[:MARKED]})

    def compared(self, other: ItemMarks) -> tuple[int, int]:
        """How many items are marked in both, and how many of them have the same row."""
        common = [name for name in self.rows if name in other.rows]
        apart = [self.rows[name] - other.rows[name] for name in common]
        same = [float(np.sqrt(np.mean(one**2))) <= SAME_ROW for one in apart]
        return len(common), sum(same)


def _numbers_rows(ids: Sequence[str]) -> bool:
    """Whether ids are no more than places, of all rows or of a part of them."""
    numbers = all(name.isascii() and name.isdecimal() and len(name) < 10 for name in ids)
    return numbers and max(map(int, ids), default=0) < 10 * len(ids)


def _order(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
