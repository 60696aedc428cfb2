"""Rows that are moved when somebody reads them whole, which a search need not do."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float32, Float64, Indices, Mask, read_only

Move = Callable[[Float32, str], Float32]
"""Gives new unit rows `(n, dim)` in place of those of a modality."""

MOST_PRODUCTS = 8
"""Products with a vector that are kept: of a query under each strategy beside another, and of the
direction that each modality moves along."""

BLOCK_ROWS = 8_192


@dataclass(frozen=True, eq=False)
class RawRows:
    """The rows of several modalities as encoded, which the indexes of all strategies share."""

    names: tuple[str, ...]
    blocks: tuple[Float32, ...]
    """`(n_of_modality, dim)` unit rows of each."""
    _products: OrderedDict[tuple[int, bytes], Float32] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def dim(self) -> int:
        """Dimensions."""
        return int(self.blocks[0].shape[1])

    def products(self, vector: Float32) -> Float32:
        """`(n,)`, the product of every row with `vector` `(dim,)`; the last ones are kept."""
        blocks = range(len(self.blocks))
        return np.concatenate([self.products_of(code, vector) for code in blocks])

    def products_of(self, code: int, vector: Float32) -> Float32:
        """The same of the rows of one modality alone, by its place in `names`."""
        key = code, vector.tobytes()
        with self._lock:
            found = self._products.get(key)
            if found is not None:
                self._products.move_to_end(key)
                return found
        found = read_only(self.blocks[code] @ vector)
        with self._lock:
            self._products[key] = found
            while len(self._products) > MOST_PRODUCTS * len(self.blocks):
                self._products.popitem(last=False)
        return found

    def squares_of(self, code: int) -> Float64:
        """`(n_of_modality,)`, squared lengths, 1 up to float32, of one modality."""
        return self._squares[code]

    @cached_property
    def _squares(self) -> tuple[Float64, ...]:
        return tuple(map(_squares, self.blocks))


@dataclass(frozen=True, eq=False)
class Unmoved:
    """Rows as encoded, and how they are to be moved."""

    raw: RawRows
    move: Move

    @property
    def moved(self) -> Float32:
        """`(n, dim)`, all of them moved.

        Raises:
            GapvizError: a row that the move leaves with no length.
        """
        # A modality of which `of` kept no row has nothing to be moved.
        named = zip(self.raw.blocks, self.raw.names, strict=True)
        return read_only(np.concatenate([self.move(b, n) if len(b) else b for b, n in named]))

    def of(self, keep: Mask) -> Unmoved:
        """Only the rows that are marked in `keep` `(n,)`."""
        kept = [block[mask] for block, mask in zip(self.raw.blocks, self._split(keep), strict=True)]
        return Unmoved(RawRows(self.raw.names, tuple(map(read_only, kept))), self.move)

    def take(self, rows: Indices) -> Float32:
        """`(n_rows, dim)`, some of them, which rise, moved."""
        starts = np.cumsum([0, *(len(block) for block in self.raw.blocks)])
        parts = []
        for code, (block, name) in enumerate(zip(self.raw.blocks, self.raw.names, strict=True)):
            here = rows[(rows >= starts[code]) & (rows < starts[code + 1])] - starts[code]
            if here.size:
                parts.append(self.move(block[here], name))
        return np.concatenate(parts)

    def _split(self, values: Mask) -> Iterable[Mask]:
        return np.split(values, np.cumsum([len(block) for block in self.raw.blocks])[:-1])


def _squares(rows: Float32) -> Float64:
    found = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS].astype(np.float64)
        found[start : start + BLOCK_ROWS] = np.einsum("nd,nd->n", block, block)
    return found
