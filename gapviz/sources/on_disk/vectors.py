"""`StreamedVectors`: two modalities or more of which row i is item i, read some rows at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import ALREADY_UNIT, Float32, Indices, Mask, unit_rows

BLOCK_ROWS = 8_192
"""Of each modality, read at once."""
PIECE_ROWS = 512
"""Brought to length 1 at once: 2 MiB of float64 at 512 dimensions stays in the cache."""
MOST_IN_MEMORY = 2e9
"""Bytes of vectors as float32; what takes more is read block by block. About 1,000,000 vectors of
512 dimensions, which take ten times as much while they are measured."""

Stored = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive rows of every modality, as unit rows."""

    start: int
    """Number of the first."""
    rows: Mapping[str, Float32]
    """`(n, dim)` by modality."""

    @property
    def n(self) -> int:
        """How many rows."""
        return len(next(iter(self.rows.values())))

    @property
    def numbers(self) -> Indices:
        """`(n,)`: which rows they are."""
        return np.arange(self.start, self.start + self.n)

    def keeping(self, kept: Mask) -> Mapping[str, Float32]:
        """Only the rows where `kept` `(n,)` is true."""
        if kept.all():
            return self.rows
        return {name: rows[kept] for name, rows in self.rows.items()}


class StreamedVectors(ABC):
    """Row i of every modality is item i."""

    only_streamed: ClassVar[bool] = False
    """Whether nothing else reads such files, whatever their size."""
    name: str
    modalities: tuple[str, ...]
    n_items: int
    dim: int
    stored_as: str
    """Type of the numbers and kind of the files, such as `float16 .npy`."""
    fingerprint: str
    """Unlike that of other content: paths, sizes and times of the files."""

    @abstractmethod
    def stored(self, start: int, stop: int) -> Iterator[tuple[int, Mapping[str, Stored]]]:
        """Rows from `start` to before `stop` as stored, at most `BLOCK_ROWS` at a time, each with
        the number of its first row.

        Raises:
            GapvizError: a file that is damaged, or gone.
        """

    @abstractmethod
    def stored_rows(self, numbers: Indices) -> Mapping[str, Stored]:
        """Some rows as stored, `(n, dim)` by modality; the numbers rise.

        Raises:
            GapvizError: as `stored`.
        """

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """All rows, or some of them, as unit rows.

        Raises:
            GapvizError: as `stored`, or a row that is no vector.
        """
        for first, stored in self.stored(start, self.n_items if stop is None else stop):
            rows = {m: self._unit(array, m, first) for m, array in stored.items()}
            yield Block(first, rows)

    def rows(self, numbers: Indices) -> Mapping[str, Float32]:
        """Some rows as unit rows, `(n, dim)` by modality; the numbers rise.

        Raises:
            GapvizError: as `blocks`.
        """
        stored = self.stored_rows(numbers)
        return {
            m: unit_rows(array, where=f"{self.name}, {m}, sampled rows")
            for m, array in stored.items()
        }

    @property
    def bytes_in_memory(self) -> int:
        """What all vectors take as float32."""
        return 4 * self.n_items * self.dim * len(self.modalities)

    def _unit(self, stored: Stored, modality: str, first: int) -> Float32:
        found = quick_unit_rows(stored)
        if found is None:  # Whatever is wrong with a row is said by the careful one.
            where = f"{self.name}, {modality}, rows from {first:,}"
            return unit_rows(stored, where=where)
        return found


def quick_unit_rows(stored: Stored) -> Float32 | None:
    """What `unit_rows` makes of rows of usual lengths, in a fifth of the time; None of others.

    The norm is taken in float64 there as here. Only numbers that are very large or small need
    the care of scaling first.
    """
    if stored.dtype not in (np.float16, np.float32):
        return None
    unit = np.empty(stored.shape, dtype=np.float32)
    for start in range(0, len(stored), PIECE_ROWS):
        rows = stored[start : start + PIECE_ROWS].astype(np.float64)
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        if not ((norms > 1e-9) & (norms < 1e30)).all():
            return None
        norms[np.abs(norms - 1) < ALREADY_UNIT] = 1
        rows /= norms[:, None]
        unit[start : start + PIECE_ROWS] = rows
    return unit


def refuse_unmatched(counts: Mapping[str, int], dims: Mapping[str, int], where: str) -> None:
    """Refuse modalities whose rows cannot match one by one.

    Raises:
        GapvizError: fewer than two modalities, or other numbers of rows or dimensions.
    """
    if len(counts) < 2:
        raise GapvizError(
            f"holds {len(counts)} modality, and a gap lies between two",
            where=where,
            hint="give the vectors of both",
        )
    if len({*counts.values()}) > 1 or len({*dims.values()}) > 1:
        told = ", ".join(f"{name} {counts[name]:,} × {dims[name]:,}" for name in counts)
        raise GapvizError(
            f"is read block by block, for which row i of every modality must be item i ({told})",
            where=where,
            hint="give as many rows of each modality, in one order",
        )
