"""The vectors of one modality, whatever holds them: `(n_rows, dim)`, and which rows have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.values import (
    Numbers,
    array_of_tensor,
    is_arrow,
    is_missing,
    is_tensor,
    kind_of,
    of_library,
    unread,
)
from gapviz.core.quantised import real_numbers, stored_kind
from gapviz.core.vector_cells import CellVectors, arrow_vectors, value_vectors
from gapviz.core.vectors import SMALLEST_NORM, Indices
from gapviz.core.wording import counted

LEAVE_OUT = "give None in place of the row where the item has no such vector, or encode it again"


@dataclass(frozen=True, eq=False)
class GivenRows:
    """The rows of one modality."""

    vectors: Numbers
    """`(n_present, dim)`, finite, none of length zero."""
    present: Indices
    """`(n_present,)`, which of the rows they are, rising."""
    n_rows: int
    """With those that are missing."""


def given_rows(values: Any, *, where: str, quantisation: str | None = None) -> GivenRows:
    """The rows of one modality.

    Args:
        values: `(n_rows, dim)` of any real dtype: an array of NumPy, a tensor of PyTorch on any
            device, lists, a data frame of numbers, or a column of lists or arrays, of pandas,
            Arrow, polars or Hugging Face. None, NaN or nothing but NaN is a row that is missing.
        where: the modality, for errors.
        quantisation: how whole numbers are stored, as `gapviz.core.quantised.stored_kind` has it.

    Raises:
        GapvizError: no vectors, rows of differing length, NaN or infinite numbers within a row, or
            a row of length zero.
    """
    try:
        cells, n_rows = _cells(values, where)
    except GapvizError:
        raise
    except Exception as error:  # whatever a foreign object raises
        raise unread(values, error, where=where) from error
    if isinstance(cells, CellVectors):
        matrix, present = cells.vectors, cells.numbers
        _refuse_flaws(cells, where)
    else:
        matrix, present = cells, np.arange(n_rows, dtype=np.int64)
    _refuse_no_matrix(matrix, n_rows, where)
    stored = None if quantisation is None else stored_kind(quantisation)
    try:
        matrix, _ = real_numbers(matrix, stored, where=where)
    except GapvizError as error:
        hint = error.hint.replace("--quantisation", "quantisation=…")
        raise GapvizError(error.what, where=error.where, hint=hint) from error
    return _usable(matrix, present, n_rows, where)


def whole_rows(values: Any, *, where: str) -> Numbers:
    """`(n_rows, dim)` of rows that are all there, whatever holds them; an array as it is.

    Args:
        values: as `given_rows` takes them.
        where: the modality, for errors.

    Raises:
        GapvizError: what cannot be read, or a row that is missing.
    """
    if is_tensor(values):
        values = array_of_tensor(values)
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return np.asarray(values)
    given = given_rows(values, where=where)
    if len(given.present) < given.n_rows:
        first = int(np.setdiff1d(np.arange(given.n_rows), given.present)[0])
        raise GapvizError("has no vector", where=f"{where}, row {first}", hint="leave it out")
    return given.vectors


def _cells(values: Any, where: str) -> tuple[Numbers | CellVectors, int]:
    """A matrix, or the vectors of the cells of a column; and how many rows it has."""
    if is_arrow(values):
        return _of_arrow(values)
    if is_tensor(values):
        values = array_of_tensor(values)
    elif not hasattr(values, "__iter__") or isinstance(values, str | bytes | Mapping):
        raise GapvizError(
            f"is {kind_of(values)} instead of vectors", where=where, hint="give one vector a row"
        )
    elif hasattr(values, "toarray"):  # a sparse matrix of SciPy
        values = np.asarray(values.toarray())
    elif of_library(values, "pandas"):
        values = values.to_numpy()
    elif isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    elif not isinstance(values, np.ndarray) and hasattr(values, "__array__"):
        values = np.asarray(values)
    if isinstance(values, np.ndarray):
        values = np.asarray(values)  # a matrix, too, whose rows are two-dimensional themselves
        if values.dtype.kind != "O":
            return _whole(values)
        if values.ndim == 2 and values.shape[1] == 1:  # a frame with one column of vectors
            return _of_rows(list(values[:, 0]))
        if values.ndim == 2:  # a frame of numbers with missing ones, or of mixed types
            return _of_rows([_row_or_none(row) for row in values])
    return _of_rows(list(values))


def _whole(array: Numbers) -> tuple[Numbers, int]:
    """An array as a matrix where it is one, `(n, 1, dim)` too."""
    matrix = array[:, 0] if array.ndim == 3 and array.shape[1] == 1 else array
    return matrix, len(matrix) if matrix.ndim else 0


def _row_or_none(row: Numbers) -> list[Any] | None:
    """A row of objects; None where all of it is missing."""
    plain = [np.nan if is_missing(one) else one for one in row.tolist()]
    return None if all(map(is_missing, plain)) else plain


def _of_arrow(values: Any) -> tuple[Numbers | CellVectors, int]:
    import pyarrow as pa

    if hasattr(values, "columns") and hasattr(values, "__arrow_c_stream__"):
        table = pa.table(values)
        if table.num_columns != 1:  # one number a cell
            columns = [one.to_numpy() for one in table.columns]
            return _whole(np.stack(columns, axis=1) if columns else np.zeros((table.num_rows, 0)))
        column = table.column(0)
    elif hasattr(values, "__arrow_c_stream__"):
        column = pa.chunked_array(values)
    else:
        column = pa.array(values)
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _whole(np.asarray(column.to_numpy(zero_copy_only=False)))
    return arrow_vectors(column), len(column)


def _of_rows(rows: Sequence[Any]) -> tuple[Numbers | CellVectors, int]:
    """The vectors of cells: arrays, tensors, lists of numbers, or nothing."""
    plain = [_plain_row(row) for row in rows]
    there = [place for place, row in enumerate(plain) if row is not None]
    found = [plain[place] for place in there]
    arrays = [isinstance(row, np.ndarray) for row in found]
    if found and all(arrays) and len({row.shape for row in found}) == 1 and found[0].ndim == 1:
        return CellVectors(np.array(there, dtype=np.int64), np.stack(found)), len(rows)
    if any(arrays):
        # Lengths that differ, or other things among the arrays, which then are told apart by row.
        plain = [row.tolist() if isinstance(row, np.ndarray) else row for row in plain]
        found = [plain[place] for place in there]
    if found and all(isinstance(row, int | float | np.generic) for row in found):
        return _whole(np.asarray(found))
    if len(found) == len(rows) and all(isinstance(row, list) for row in found):
        try:
            matrix = np.array(found)
        except ValueError:
            return value_vectors(plain), len(rows)
        if matrix.ndim == 2 and matrix.dtype.kind in "fiu":
            return _whole(matrix)
    return value_vectors(plain), len(rows)


def _plain_row(row: Any) -> Any:
    """One cell: an array, a list, whatever else it is, or None where it is missing."""
    if is_tensor(row):
        row = array_of_tensor(row)
    elif isinstance(row, tuple):
        row = list(row)
    elif hasattr(row, "as_py"):  # a scalar of Arrow
        row = row.as_py()
    elif not isinstance(row, np.ndarray | np.generic) and hasattr(row, "__array__"):
        row = np.asarray(row)
    if isinstance(row, np.ndarray) and row.dtype.kind == "O":
        row = row.tolist()
    return None if is_missing(row) else row


def _refuse_flaws(cells: CellVectors, where: str) -> None:
    if cells.flaws:
        row, why = min(cells.flaws)
        more = len(cells.flaws) - 1
        others = f" ({counted(more, 'row')} more like it)" * bool(more)
        raise GapvizError(
            f"{why}{others}", where=f"{where}, row {row}", hint="give one vector of numbers a row"
        )


def _refuse_no_matrix(matrix: Numbers, n_rows: int, where: str) -> None:
    if not n_rows:
        raise GapvizError("is empty", where=where, hint="give at least one vector")
    if matrix.dtype.kind in "fiubV" and matrix.ndim == 1:
        raise GapvizError(
            f"is one list of {matrix.size:,} numbers instead of one vector a row",
            where=where,
            hint="give (rows, dimensions): of a single vector, a list that holds it",
        )
    if not matrix.size and matrix.ndim == 2 and not matrix.shape[0]:
        raise GapvizError(
            f"holds no vector: all {n_rows:,} rows are missing",
            where=where,
            hint="leave the modality out",
        )
    if matrix.ndim != 2 or not matrix.size:
        raise GapvizError(
            f"has shape {matrix.shape} instead of (rows, dimensions)",
            where=where,
            hint="give one vector a row",
        )
    if matrix.dtype.kind not in "fiubV":
        what = "texts" if matrix.dtype.kind in "US" else str(matrix.dtype)
        raise GapvizError(
            f"holds {what} instead of numbers",
            where=where,
            hint="give vectors of float16, float32 or float64",
        )


def _usable(matrix: Numbers, present: Indices, n_rows: int, where: str) -> GivenRows:
    """The rows that are there, once none of them is without direction."""
    if matrix.dtype.kind == "f":
        finite = np.isfinite(matrix).all(axis=1)
        broken = np.flatnonzero(~finite)
        if broken.size:
            # A frame writes a row that is missing as nothing but NaN.
            missing = np.isnan(matrix[broken]).all(axis=1)
            if not missing.all():
                first = int(present[broken[~missing][0]])
                raise GapvizError(
                    "has NaN or infinite numbers among others",
                    where=f"{where}, row {first}",
                    hint=LEAVE_OUT,
                )
            matrix, present = matrix[finite], present[finite]
            _refuse_no_matrix(matrix, n_rows, where)
    highest = np.abs(matrix.max(axis=1).astype(np.float64))
    lowest = np.abs(matrix.min(axis=1).astype(np.float64))
    short = np.flatnonzero(np.maximum(highest, lowest) < SMALLEST_NORM)
    if short.size:
        raise GapvizError(
            "has length zero, so it points nowhere",
            where=f"{where}, row {int(present[short[0]])}",
            hint=LEAVE_OUT,
        )
    return GivenRows(matrix, present, n_rows)
