"""`.npy` files read by offset: one a modality, a stack of modalities, or parts of clip-retrieval.

They are read, not mapped: pages of a mapped file would count as memory of this process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Indices
from gapviz.sources.files.limits import refuse_wide
from gapviz.sources.files.numpy_files import DAMAGE, damaged
from gapviz.sources.files.numpy_size import npy_header
from gapviz.sources.on_disk.vectors import (
    BLOCK_ROWS,
    Stored,
    StreamedVectors,
    refuse_unmatched,
)
from gapviz.storage.cache import content_key
from gapviz.storage.files import unreadable

KINDS = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True, slots=True)
class RowFile:
    """Rows `(n, dim)` in a file, one behind the other."""

    path: Path
    dtype: np.dtype[np.floating]
    n: int
    dim: int
    offset: int
    """Bytes before the first row."""

    def read(self, start: int, stop: int) -> Stored:
        """Rows from `start` to before `stop`.

        Raises:
            GapvizError: a file that has become shorter, or cannot be read.
        """
        row_bytes = self.dim * self.dtype.itemsize
        try:
            with self.path.open("rb") as file:
                found = np.fromfile(
                    file,
                    dtype=self.dtype,
                    count=(stop - start) * self.dim,
                    offset=self.offset + start * row_bytes,
                )
        except OSError as error:
            raise unreadable(self.path, error) from error
        if found.size != (stop - start) * self.dim:
            raise GapvizError("is cut short", where=self.path.name, hint="save it again")
        return found.reshape(-1, self.dim)

    def take(self, numbers: Indices) -> Stored:
        """Some rows, `(n, dim)`.

        Raises:
            GapvizError: as `read`.
        """
        row_bytes = self.dim * self.dtype.itemsize
        found = np.empty((numbers.size, self.dim), dtype=self.dtype)
        with self.path.open("rb") as file:
            for place, number in enumerate(numbers.tolist()):
                content = os.pread(file.fileno(), row_bytes, self.offset + number * row_bytes)
                if len(content) != row_bytes:
                    raise GapvizError("is cut short", where=self.path.name, hint="save it again")
                found[place] = np.frombuffer(content, dtype=self.dtype)
        return found


@dataclass(frozen=True, slots=True)
class RowParts:
    """Files whose rows follow each other, in order."""

    files: tuple[RowFile, ...]

    @property
    def n(self) -> int:
        """Rows of all files."""
        return sum(file.n for file in self.files)

    @property
    def dim(self) -> int:
        """Dimensions of each row."""
        return self.files[0].dim

    def read(self, start: int, stop: int) -> Stored:
        """Rows from `start` to before `stop`; raises as `RowFile.read`."""
        parts, first = [], 0
        for file in self.files:
            low, high = max(start - first, 0), min(stop - first, file.n)
            if low < high:
                parts.append(file.read(low, high))
            first += file.n
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def take(self, numbers: Indices) -> Stored:
        """Some rows, whose numbers rise; raises as `RowFile.take`."""
        ends = np.cumsum([file.n for file in self.files])
        cuts = np.split(numbers, np.searchsorted(numbers, ends[:-1]))
        starts = ends - [file.n for file in self.files]
        parts = [
            file.take(some - start)
            for file, some, start in zip(self.files, cuts, starts, strict=True)
        ]
        return np.concatenate(parts)


class NpyVectors(StreamedVectors):
    """Vectors in `.npy` files.

    Args:
        name: what the whole is called.
        parts: the files of each modality, in order.

    Raises:
        GapvizError: as `refuse_unmatched`, or files of one modality with other dimensions.
    """

    def __init__(self, name: str, parts: Mapping[str, Sequence[RowFile]]) -> None:
        self.name = name
        self.modalities = tuple(parts)
        self._parts = {modality: RowParts(tuple(files)) for modality, files in parts.items()}
        for modality, files in parts.items():
            dims = sorted({file.dim for file in files})
            if len(dims) > 1:
                raise GapvizError(
                    f"the parts of {modality} have differing dimensions ({dims})",
                    where=name,
                    hint="keep the parts of one encoder",
                )
        refuse_unmatched(
            {modality: one.n for modality, one in self._parts.items()},
            {modality: one.dim for modality, one in self._parts.items()},
            name,
        )
        first = next(iter(self._parts.values()))
        self.n_items, self.dim = first.n, first.dim
        refuse_wide(self.dim, name)
        files = [file for one in self._parts.values() for file in one.files]
        self.stored_as = f"{'/'.join(dict.fromkeys(file.dtype.name for file in files))} .npy"
        self.fingerprint = files_key([file.path for file in files], self.modalities)

    def stored(self, start: int, stop: int) -> Iterator[tuple[int, Mapping[str, Stored]]]:
        for first in range(start, stop, BLOCK_ROWS):
            last = min(first + BLOCK_ROWS, stop)
            yield first, {m: one.read(first, last) for m, one in self._parts.items()}

    def stored_rows(self, numbers: Indices) -> Mapping[str, Stored]:
        return {m: one.take(numbers) for m, one in self._parts.items()}


def row_file(path: Path) -> RowFile:
    """The rows of a `.npy` of shape (n, dim).

    Raises:
        GapvizError: as `row_files`, or another shape.
    """
    found = row_files(path)
    if len(found) != 1:
        raise GapvizError("is a stack of several modalities", where=path.name, hint="name it alone")
    return found[0]


def row_files(path: Path) -> tuple[RowFile, ...]:
    """The matrices of a `.npy` of shape (n, dim), or (m, n, dim).

    Raises:
        GapvizError: not a `.npy` of floating numbers in such a shape, or cut short.
    """
    try:
        with path.open("rb") as file:
            shape, by_columns, dtype = npy_header(file)
            offset = file.tell()
        held = path.stat().st_size - offset
    except DAMAGE as error:
        raise damaged(path, error) from error
    if dtype not in KINDS or len(shape) not in (2, 3) or 0 in shape or by_columns:
        raise GapvizError(
            f"holds {dtype} of shape {shape}{' by columns' * by_columns}, which is not read block "
            "by block",
            where=path.name,
            hint="save float16 or float32 of shape (rows, dimensions)",
        )
    n, dim = shape[-2:]
    size = n * dim * dtype.itemsize
    count = shape[0] if len(shape) == 3 else 1
    if held < count * size:
        raise GapvizError("is cut short", where=path.name, hint="save it again")
    return tuple(RowFile(path, dtype, n, dim, offset + k * size) for k in range(count))


def files_key(paths: Sequence[Path], *further: object) -> str:
    """A hash of the paths, sizes and times of some files, and of what else is given."""
    told = []
    for path in paths:
        status = path.stat()
        told.append([str(path.absolute()), status.st_size, status.st_mtime_ns])
    return content_key(files=told, further=[str(one) for one in further])
