"""Vectors of any number of rows, read block by block: NumPy, safetensors, Parquet."""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from gapviz.core.errors import GapvizError
from gapviz.sources.files.numpy_files import DAMAGE

Rows = npt.NDArray[Any]

PARQUET_ROWS = 4_096
"""Rows that are decoded at once."""


class VectorFile(ABC):
    """A matrix on disk whose rows are read in order."""

    name: str
    n_rows: int
    dim: int
    dtype: np.dtype[Any]

    @abstractmethod
    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        """The rows from `start` on, `(rows, dim)` at a time, the last block shorter.

        Raises:
            GapvizError: the file is damaged.
        """


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
    try:
        vectors = opener(path, array)
    except GapvizError:
        raise
    except (*DAMAGE, SafetensorError) as error:
        raise _damaged(path) from error
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
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
        self.name = path.name
        self.n_rows, self.dim = _matrix_shape(matrix.shape, path.name)
        self.dtype = matrix.dtype
        self._matrix = matrix

    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        for first in range(start, self.n_rows, rows):
            yield np.array(self._matrix[first : first + rows])


class _ZipMember(VectorFile):
    """One array of an `.npz`, compressed or not, read as a stream."""

    def __init__(self, path: Path, array: str | None) -> None:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            self._member = f"{_chosen(names, array, path.name, 'array')}.npy"
            with archive.open(self._member) as stream:
                shape, fortran, self.dtype = _npy_header(stream)
        if fortran:
            raise GapvizError(
                "is stored column by column and cannot be streamed",
                where=path.name,
                hint="save it again with np.ascontiguousarray",
            )
        self.name = path.name
        self.n_rows, self.dim = _matrix_shape(shape, path.name)
        self._path = path

    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        width = self.dim * self.dtype.itemsize
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(self._member) as stream:
                _npy_header(stream)
                stream.seek(stream.tell() + start * width)
                for first in range(start, self.n_rows, rows):
                    n = min(rows, self.n_rows - first)
                    content = stream.read(n * width)
                    yield np.frombuffer(content, self.dtype).reshape(n, self.dim)
        except DAMAGE as error:
            raise _damaged(self._path) from error


class _Tensor(VectorFile):
    """One tensor of a safetensors file."""

    def __init__(self, path: Path, array: str | None) -> None:
        with safe_open(path, framework="numpy") as tensors:
            self._tensor = _chosen(list(tensors.keys()), array, path.name, "tensor")
            part = tensors.get_slice(self._tensor)
            shape = tuple(part.get_shape())
            self.n_rows, self.dim = _matrix_shape(shape, path.name)
            self.dtype = part[:0].dtype
        self.name = path.name
        self._path = path

    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        try:
            with safe_open(self._path, framework="numpy") as tensors:
                part = tensors.get_slice(self._tensor)
                for first in range(start, self.n_rows, rows):
                    yield part[first : min(first + rows, self.n_rows)]
        except (*DAMAGE, SafetensorError) as error:
            raise _damaged(self._path) from error


class _Column(VectorFile):
    """A column of number lists in a Parquet table."""

    def __init__(self, path: Path, array: str | None) -> None:
        import pyarrow as pa
        from pyarrow import parquet, types

        try:
            with parquet.ParquetFile(path) as table:
                lists = {
                    field.name: field.type.value_type
                    for field in table.schema_arrow
                    if types.is_list(field.type)
                    or types.is_large_list(field.type)
                    or types.is_fixed_size_list(field.type)
                }
                self._column = _chosen(list(lists), array, path.name, "vector column")
                self.n_rows = table.metadata.num_rows
        except pa.ArrowException as error:
            raise _damaged(path) from error
        self.dtype = np.dtype(lists[self._column].to_pandas_dtype())
        self.name = path.name
        self._path = path
        first = next(self._read(), None)
        if first is None:
            raise GapvizError("holds no rows", where=path.name, hint="give at least one vector")
        self.dim = first.shape[1]

    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        """Decoded in batches, passed on in blocks; rows before `start` are read over."""
        waiting: list[Rows] = []
        n_waiting, to_skip = 0, start
        for batch in self._read():
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

    def _read(self) -> Iterator[Rows]:
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import parquet

        first, dim = 0, getattr(self, "dim", None)
        try:
            with parquet.ParquetFile(self._path) as table:
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
                            where=f"{self._path.name}, {self._column}, row {first + odd[0]}",
                            hint="give every row a vector of the same dimension",
                        )
                    values = column.flatten().to_numpy(zero_copy_only=False)
                    yield values.reshape(-1, dim)
                    first += len(lengths)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            if isinstance(error, GapvizError):
                raise
            raise _damaged(self._path) from error


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


def _matrix_shape(shape: tuple[int, ...], where: str) -> tuple[int, int]:
    if len(shape) != 2 or 0 in shape:
        raise GapvizError(
            f"has shape {shape} instead of (rows, dimensions)",
            where=where,
            hint="give the vectors of one modality, one a row",
        )
    return shape[0], shape[1]


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


def _damaged(path: Path) -> GapvizError:
    return GapvizError(
        "is damaged or cut short, or not what its name says",
        where=path.name,
        hint="save it again as plain numbers",
    )
