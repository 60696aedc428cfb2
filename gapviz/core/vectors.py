"""Unit rows: the only form in which vectors travel through gapviz."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

Array = TypeVar("Array", bound=npt.NDArray[Any])

# float32 rows this close to length 1 are kept bit for bit, so that loading what was saved
# changes nothing.
ALREADY_UNIT = 1e-6

# A row shorter than this has no direction that float32 input could carry.
SMALLEST_NORM = 1e-12

# What is left of a float32 unit row after a shift is rounding, not direction, under this length.
SMALLEST_MOVED = 1e-6

# Rows, or their cosines, that vary less than this vary by the rounding of float32 alone.
NO_SPREAD = 1e-6

# Entries worked on at once: 2 MiB of float64 stays in the processor's cache.
BLOCK_ENTRIES = 262_144


def unit_rows(
    vectors: npt.ArrayLike, *, shift: Float64 | None = None, where: str = "vectors"
) -> Float32:
    """A new `(n, dim)` float32 matrix with every row scaled to length 1.

    The norm is taken in float64, so that rows stored as float16 (whose norms are
    1 ± 1e-3) and rows of very large numbers come out equally exact. The argument is
    never changed.

    Args:
        vectors: `(n, dim)` real numbers, any float or integer dtype.
        shift: `(dim,)`, added in float64 to every row before it is scaled.
        where: what to call the matrix in an error message.

    Raises:
        GapvizError: not a matrix, no rows or columns, not numbers, a value that is
            NaN or infinite, or a row of length zero (after a shift: no longer than the
            rounding of float32).
    """
    matrix = np.asarray(vectors)
    if matrix.dtype.kind not in "fiu":
        raise GapvizError(
            f"holds {matrix.dtype} instead of numbers",
            where=where,
            hint="store the vectors as float16, float32 or float64",
        )
    if matrix.ndim != 2:
        raise GapvizError(
            f"has shape {matrix.shape} instead of (rows, dimensions)",
            where=where,
            hint="give one vector per row",
        )
    if 0 in matrix.shape:
        raise GapvizError(
            f"is empty (shape {matrix.shape})", where=where, hint="give at least one vector"
        )
    unit = np.empty(matrix.shape, dtype=np.float32)
    smallest = SMALLEST_NORM if shift is None else SMALLEST_MOVED
    block = max(1, BLOCK_ENTRIES // matrix.shape[1])
    for start in range(0, matrix.shape[0], block):
        rows = matrix[start : start + block].astype(np.float64)
        _refuse_not_finite(rows, first_row=start, where=where)
        if shift is not None:
            rows += shift
        largest = np.abs(rows).max(axis=1, keepdims=True)
        short = np.flatnonzero(largest < smallest)
        if short.size:
            at = f"{where}, row {start + int(short[0])}"
            if shift is not None:
                raise GapvizError(
                    "the row is left with length zero, so that the strategy is undefined here",
                    where=at,
                    hint="choose another strategy: this happens where the vectors of a modality "
                    "are nearly one",
                )
            raise GapvizError(
                "a row has length zero, so it points nowhere",
                where=at,
                hint="remove that row or encode it again",
            )
        # Scaling by the largest entry first keeps the square of 1e200 finite.
        scaled = rows / largest
        norms = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))[:, None]
        # The tolerance is divided rather than the norm multiplied: 1e308·√dim overflows.
        already = np.abs(norms - 1 / largest) < ALREADY_UNIT / largest
        unit[start : start + block] = np.where(already, rows, scaled / norms)
    return unit


def _refuse_not_finite(rows: Float64, *, first_row: int, where: str) -> None:
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if bad.size:
        raise GapvizError(
            f"{bad.size} row(s) hold NaN or infinite values",
            where=f"{where}, first at row {first_row + int(bad[0])}",
            hint="remove those rows or encode them again",
        )


def read_only(array: Array) -> Array:
    """The same array, marked so that no one can write into it by accident."""
    array.setflags(write=False)
    return array


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Float64:
    """Quotient by entry, in the shape of both; NaN where the denominator is 0."""
    above = np.asarray(numerator, dtype=np.float64)
    below = np.asarray(denominator, dtype=np.float64)
    quotient: Float64 = np.full(above.shape, np.nan)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient
