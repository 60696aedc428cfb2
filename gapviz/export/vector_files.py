"""Vectors of any number of rows, read block by block: NumPy, safetensors, Parquet."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from gapviz.core.errors import GapvizError
from gapviz.sources.files.limits import streamed
from gapviz.sources.files.numpy_files import DAMAGE
from gapviz.sources.files.numpy_size import npy_header, refuse_large_arrays
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.files.safetensors_file import OF_NUMPY
from gapviz.sources.images.parquet import list_columns

PARQUET_ROWS = 4_096
"""Rows that are decoded at once."""

Rows = npt.NDArray[Any]
Read = Callable[[int, int], Iterator[Rows]]
"""From a row on, so many rows at a time."""
_Opened = tuple[tuple[int, ...], np.dtype[Any], Read]
"""Shape, type, and how it is read."""


@dataclass(frozen=True, eq=False)
class VectorFile:
    """A matrix on disk whose rows are read in order."""

    path: Path
    n_rows: int
    dim: int
    dtype: np.dtype[Any]
    read: Read
    """Where damage raises what the file's library raises."""

    def blocks(self, start: int, rows: int) -> Iterator[Rows]:
        """The rows from `start` on, `(rows, dim)` at a time, the last block shorter.

        Raises:
            GapvizError: the file is damaged.
        """
        with _damage_told(self.path):
            yield from self.read(start, rows)


def open_vectors(path: Path, array: str | None = None) -> VectorFile:
    """Open a file of vectors without reading them.

    Args:
        path: a `.npy`, an `.npz`, a `.safetensors` or a `.parquet`.
        array: the array, tensor or column in it; needed where there are several.

    Raises:
        GapvizError: no such file, another format, several arrays and none named, not one
            matrix of numbers, or one that unpacks to far more than the file holds.
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
    with _damage_told(path), streamed():
        shape, dtype, read = opener(path, array)
    if len(shape) != 2 or 0 in shape:
        raise GapvizError(
            f"has shape {shape} instead of (rows, dimensions)",
            where=path.name,
            hint="give the vectors of one modality, one a row",
        )
    if dtype.kind not in "fiu":
        raise GapvizError(
            f"holds {dtype} instead of numbers",
            where=path.name,
            hint="store the vectors as float16, float32 or float64",
        )
    if dtype.itemsize == 1:
        raise GapvizError(
            f"holds {dtype}, whose zero point and packing are not known",
            where=path.name,
            hint="store the vectors that are meant, as float16 or float32",
        )
    return VectorFile(path, *shape, dtype, read)


def _npy(path: Path, array: str | None) -> _Opened:
    """A `.npy`, mapped into memory."""
    refuse_large_arrays(path)
    matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    return matrix.shape, matrix.dtype, _sliced(matrix, matrix.shape)


def _tensor(path: Path, array: str | None) -> _Opened:
    """One tensor of a safetensors file, mapped as well."""
    tensors: Any = safe_open(path, framework="numpy")
    name = _chosen(list(tensors.keys()), array, path.name, "tensor")
    tensor = tensors.get_slice(name)
    if tensor.get_dtype() not in OF_NUMPY:
        raise GapvizError(
            f"holds {tensor.get_dtype()}, which cannot be streamed",
            where=f"{path.name}, {name}",
            hint="store the vectors as float16, float32 or float64",
        )
    shape = tuple(tensor.get_shape())
    return shape, tensor[:0].dtype, _sliced(tensor, shape)


def _sliced(matrix: Any, shape: tuple[int, ...]) -> Read:
    def read(start: int, rows: int) -> Iterator[Rows]:
        for first in range(start, shape[0], rows):
            yield np.array(matrix[first : min(first + rows, shape[0])])

    return read


def _zip_member(path: Path, array: str | None) -> _Opened:
    """One array of an `.npz`, compressed or not, read as a stream."""
    refuse_large_arrays(path)
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        member = f"{_chosen(names, array, path.name, 'array')}.npy"
        with archive.open(member) as stream:
            shape, fortran, dtype = npy_header(stream)
    if fortran:
        raise GapvizError(
            "is stored column by column and cannot be streamed",
            where=path.name,
            hint="save it again with np.ascontiguousarray",
        )

    def read(start: int, rows: int) -> Iterator[Rows]:
        n_rows, dim = shape
        width = dim * dtype.itemsize
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            npy_header(stream)
            stream.seek(stream.tell() + start * width)
            for first in range(start, n_rows, rows):
                content = stream.read(min(rows, n_rows - first) * width)
                yield np.frombuffer(content, dtype).reshape(-1, dim)

    return shape, dtype, read


def _column(path: Path, array: str | None) -> _Opened:
    """A column of number lists in a Parquet table."""
    import pyarrow.compute as pc
    from pyarrow import parquet

    with parquet.ParquetFile(path) as table:
        lists = list_columns(table.schema_arrow)
        name = _chosen(list(lists), array, path.name, "vector column")
        n_rows = table.metadata.num_rows
    refuse_large_columns(path, [name])

    def batches(dim: int | None) -> Iterator[Rows]:
        first = 0
        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(PARQUET_ROWS, columns=[name]):
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
                        where=f"{path.name}, {name}, row {first + odd[0]}",
                        hint="give every row a vector of the same dimension",
                    )
                yield column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
                first += len(lengths)

    one = next(batches(None), None)
    if one is None:
        raise GapvizError("holds no rows", where=path.name, hint="give at least one vector")

    def read(start: int, rows: int) -> Iterator[Rows]:
        """Batches end where groups of rows do, so that they are put together anew."""
        waiting, n_waiting = [one[:0]], -start
        for batch in batches(one.shape[1]):
            waiting.append(batch[max(0, -n_waiting) :])
            n_waiting += len(batch)
            while n_waiting >= rows:
                joined = np.concatenate(waiting)
                yield joined[:rows]
                waiting, n_waiting = [joined[rows:]], n_waiting - rows
        if n_waiting > 0:
            yield np.concatenate(waiting)

    return (n_rows, one.shape[1]), np.dtype(lists[name].to_pandas_dtype()), read


_OPENERS: dict[str, Callable[[Path, str | None], _Opened]] = {
    ".npy": _npy,
    ".npz": _zip_member,
    ".safetensors": _tensor,
    ".parquet": _column,
}


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
