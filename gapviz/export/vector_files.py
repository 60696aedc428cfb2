"""Vectors of any number of rows, read block by block: NumPy, safetensors, Parquet."""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from gapviz.core.errors import GapvizError
from gapviz.sources.files.numpy_files import DAMAGE
from gapviz.sources.images.parquet import list_columns

Rows = npt.NDArray[Any]

PARQUET_ROWS = 4_096
"""Rows that are decoded at once."""


class VectorFile(ABC):
    """A matrix on disk whose rows are read in order."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.path = path
        self.name = path.name
        if len(shape) != 2 or 0 in shape:
            raise GapvizError(
                f"has shape {shape} instead of (rows, dimensions)",
                where=path.name,
                hint="give the vectors of one modality, one a row",
            )
        self.n_rows, self.dim = shape
        self.dtype = dtype

    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        """The rows from `start` on, `(rows, dim)` at a time, the last block shorter.

        Raises:
            GapvizError: the file is damaged.
        """
        with _damage_told(self.path):
            yield from self._blocks(start, rows)

    @abstractmethod
    def _blocks(self, start: int, rows: int) -> Iterator[Rows]:
        """The same, where damage raises what the file's library raises."""


def open_vectors(path: Path, array: str | None = None) -> VectorFile:
    """Open a file of vectors without reading them.

    Args:
        path: a `.npy`, an `.npz`, a `.safetensors` or a `.parquet`.
        array: the array, tensor or column in it; needed where there are several.

    Raises:
        GapvizError: no such file, another format, several arrays and none named, or not one
            matrix of numbers.
    """
    if not path.is_file():
        raise GapvizError("there is no such file", where=str(path), hint="check the path")
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        raise GapvizError(
            "is no file of vectors that can be streamed",
            where=path.name,
            hint=f"give one of {', '.join(_OPENERS)}",
        )
    with _damage_told(path):
        vectors = opener(path, array)
    if vectors.dtype.kind not in "fiu":
        raise GapvizError(
            f"holds {vectors.dtype} instead of numbers",
            where=path.name,
            hint="store the vectors as float16, float32 or float64",
        )
    return vectors


class _Mapped(VectorFile):
    """A `.npy`, mapped into memory."""

    def __init__(self, path: Path, array: str | None) -> None:
        self._matrix = np.load(path, mmap_mode="r", allow_pickle=False)
        super().__init__(path, self._matrix.shape, self._matrix.dtype)

    def _blocks(self, start: int, rows: int) -> Iterator[Rows]:
        for first in range(start, self.n_rows, rows):
            yield np.array(self._matrix[first : first + rows])


class _ZipMember(VectorFile):
    """One array of an `.npz`, compressed or not, read as a stream."""

    def __init__(self, path: Path, array: str | None) -> None:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            self._member = f"{_chosen(names, array, path.name, 'array')}.npy"
            with archive.open(self._member) as stream:
                shape, fortran, dtype = _npy_header(stream)
        if fortran:
            raise GapvizError(
                "is stored column by column and cannot be streamed",
                where=path.name,
                hint="save it again with np.ascontiguousarray",
            )
        super().__init__(path, shape, dtype)

    def _blocks(self, start: int, rows: int) -> Iterator[Rows]:
        width = self.dim * self.dtype.itemsize
        with zipfile.ZipFile(self.path) as archive, archive.open(self._member) as stream:
            _npy_header(stream)
            stream.seek(stream.tell() + start * width)
            for first in range(start, self.n_rows, rows):
                n = min(rows, self.n_rows - first)
                content = stream.read(n * width)
                yield np.frombuffer(content, self.dtype).reshape(n, self.dim)


class _Tensor(VectorFile):
    """One tensor of a safetensors file."""

    def __init__(self, path: Path, array: str | None) -> None:
        with safe_open(path, framework="numpy") as tensors:
            self._tensor = _chosen(list(tensors.keys()), array, path.name, "tensor")
            part = tensors.get_slice(self._tensor)
            super().__init__(path, tuple(part.get_shape()), part[:0].dtype)

    def _blocks(self, start: int, rows: int) -> Iterator[Rows]:
        with safe_open(self.path, framework="numpy") as tensors:
            part = tensors.get_slice(self._tensor)
            for first in range(start, self.n_rows, rows):
                yield part[first : min(first + rows, self.n_rows)]


class _Column(VectorFile):
    """A column of number lists in a Parquet table."""

    def __init__(self, path: Path, array: str | None) -> None:
        from pyarrow import parquet

        with parquet.ParquetFile(path) as table:
            lists = list_columns(table.schema_arrow)
            self._column = _chosen(list(lists), array, path.name, "vector column")
            n_rows = table.metadata.num_rows
        self.path = path
        first = next(self._read(None), None)
        if first is None:
            raise GapvizError("holds no rows", where=path.name, hint="give at least one vector")
        dtype = np.dtype(lists[self._column].to_pandas_dtype())
        super().__init__(path, (n_rows, first.shape[1]), dtype)

    def _blocks(self, start: int, rows: int) -> Iterator[Rows]:
        """Decoded in batches, passed on in blocks; rows before `start` are read over."""
        waiting: list[Rows] = []
        n_waiting, to_skip = 0, start
        for batch in self._read(self.dim):
            part = batch[min(to_skip, len(batch)) :]
            to_skip -= len(batch) - len(part)
            while n_waiting + len(part) >= rows:
                taken = rows - n_waiting
                yield np.concatenate([*waiting, part[:taken]])
                waiting, n_waiting, part = [], 0, part[taken:]
            if len(part):
                waiting.append(part)
                n_waiting += len(part)
        if waiting:
            yield np.concatenate(waiting)

    def _read(self, dim: int | None) -> Iterator[Rows]:
        import pyarrow.compute as pc
        from pyarrow import parquet

        first = 0
        with parquet.ParquetFile(self.path) as table:
            for batch in table.iter_batches(PARQUET_ROWS, columns=[self._column]):
                column = batch.column(0)
                lengths = pc.list_value_length(column).fill_null(0)
                lengths = lengths.to_numpy(zero_copy_only=False)
                if not lengths.size:
                    continue
                dim = dim or int(lengths[0])
                odd = np.flatnonzero((lengths != dim) | (lengths == 0))
                if odd.size:
                    raise GapvizError(
                        f"has {lengths[odd[0]]} numbers instead of {dim}",
                        where=f"{self.path.name}, {self._column}, row {first + odd[0]}",
                        hint="give every row a vector of the same dimension",
                    )
                yield column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
                first += len(lengths)


_OPENERS: dict[str, Callable[[Path, str | None], VectorFile]] = {
    ".npy": _Mapped,
    ".npz": _ZipMember,
    ".safetensors": _Tensor,
    ".parquet": _Column,
}


def _npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    return shape, fortran, dtype


def _chosen(names: Sequence[str], wanted: str | None, where: str, what: str) -> str:
    if wanted is not None and wanted in names:
        return wanted
    if wanted is None and len(names) == 1:
        return names[0]
    told = f"has no {what} {wanted[:80]!r}" if wanted is not None else f"holds {len(names)} {what}s"
    raise GapvizError(
        told,
        where=where,
        hint=f"name one with --array: {', '.join(names)[:300] or 'there is none'}",
    )


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Say in one sentence what NumPy, zipfile, safetensors and Arrow raise on damaged files."""
    import pyarrow as pa

    try:
        yield
    except GapvizError:
        raise
    except (*DAMAGE, SafetensorError, pa.ArrowException) as error:
        raise GapvizError(
            "is damaged or cut short, or not what its name says",
            where=path.name,
            hint="save it again as plain numbers",
        ) from error
