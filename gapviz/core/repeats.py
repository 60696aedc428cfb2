"""Rows that repeat a vector of their own item, as a join of tables makes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Indices, Mask


def repeated_rows(vectors: npt.NDArray[Any], owner_index: Indices, keep: Mask) -> Mask:
    """`(n_rows,)`: rows equal to an earlier row of the same item.

    Args:
        vectors: `(n_rows, dim)`.
        owner_index: `(n_rows,)`, the item of each row.
        keep: `(n_rows,)`, which rows count.
    """
    again = np.zeros(len(vectors), dtype=np.bool_)
    counts = np.bincount(owner_index[keep], minlength=int(owner_index.max(initial=0)) + 1)
    seen: set[tuple[int, bytes]] = set()
    for row in np.flatnonzero(keep & (counts[np.maximum(owner_index, 0)] > 1)):
        mark = int(owner_index[row]), vectors[row].tobytes()
        again[row] = mark in seen
        seen.add(mark)
    return again
