"""Vectors that are stored in fewer bits than a float: what their numbers mean.

Whole numbers are measured only where it is known what they stand for. Signed ones around 0 are
multiples of one scale, which no cosine depends on; of unsigned ones the zero point has to be
said, and bits that are packed by eights have to be told from bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32

Numbers = npt.NDArray[Any]

USUAL_ZERO_POINT = 128.0
"""Of unsigned bytes, where `uint8` is said without one."""

BYTE = 256

PACKED_SHARE = 0.35
"""Bytes of sign bits begin with two equal bits half the time; bytes of numbers that are spread
around a middle seldom do."""

FEWEST_BYTES = 64
"""Of fewer bytes nothing is told by how they are spread."""

LIKE_BYTES = 128
"""Floats that are whole numbers, none negative and one at least as large as this, are bytes."""

LIKE_VECTORS = 16
"""Columns from which on that is so."""


class Stored(NamedTuple):
    """How a person or a name says that vectors are stored."""

    kind: str
    zero_point: float = USUAL_ZERO_POINT


def stored_kind(text: str) -> Stored:
    """What `ubinary`, `uint8` or `uint8:117` says.

    Raises:
        GapvizError: another word, or a zero point that is no number or goes with another kind.
    """
    kind, colon, zero = text.strip().lower().partition(":")
    try:
        if kind not in KINDS or (colon and kind != "uint8"):
            raise ValueError(text)
        return Stored(kind, float(zero)) if colon else Stored(kind)
    except ValueError as error:
        raise GapvizError(
            f"there is no quantisation {text[:80]!r}",
            hint=f"choose one of {', '.join(KINDS)}, or uint8:ZERO with the zero point",
        ) from error


def real_numbers(
    vectors: Numbers, stored: Stored | None, *, where: str
) -> tuple[Numbers, str | None]:
    """The numbers that are meant, and what was assumed of them in a clause, if anything.

    Args:
        vectors: `(n, dim)`, as a file holds them.
        stored: how they are said to be stored.
        where: what to call them in an error.

    Raises:
        GapvizError: nothing says what they mean, or they cannot be stored as is said.
    """
    if vectors.ndim != 2 or 0 in vectors.shape or vectors.dtype.kind not in "biufV":
        return vectors, None
    if vectors.dtype.kind == "V":
        return _narrow_floats(vectors, stored, where), None
    if stored is not None and (vectors.dtype.kind != "f" or _is_whole(vectors)):
        return KINDS[stored.kind].read(vectors, stored, where), None
    if vectors.dtype.kind == "b":
        raise _unknown("holds bits (bool)", where, _BITS)
    if vectors.dtype.kind in "iu":
        return vectors, _assumed(vectors, where)
    if _are_byte_like(vectors):
        _assumed(vectors.astype(np.int64), where)
    return vectors, None


def dequantised(
    vectors: Numbers,
    *,
    where: str,
    scale: Numbers | None = None,
    zero_point: Numbers | None = None,
    offset: Numbers | None = None,
    ranges: Numbers | None = None,
) -> Float32:
    """`(q − zero point) · scale + offset`, in float32 `(n, dim)`.

    Args:
        vectors: `(n, dim)` whole numbers or narrow floats q.
        where: what to call them in an error.
        scale: one number, one a dimension or one a row.
        zero_point: the same; of unsigned bytes it has to be given, or an offset.
        offset: the same.
        ranges: `(2, dim)`, lowest and highest value of each dimension, in place of the others:
            256 steps from one to the other, as sentence-transformers quantises.

    Raises:
        GapvizError: parts of another length, or unsigned bytes without a zero point.
    """
    numbers = vectors.astype(np.float64)
    if ranges is not None:
        lowest, highest = _of_shape(ranges, (2, vectors.shape[1]), where, "ranges")
        if vectors.dtype.kind == "i":
            numbers += BYTE // 2
        numbers = lowest + numbers * (highest - lowest) / (BYTE - 1)
        return np.asarray(numbers, dtype=np.float32)
    if vectors.dtype.kind == "u" and zero_point is None and offset is None:
        raise _unknown(f"holds {_span(vectors)} with a scale and without a zero point", where)
    if zero_point is not None:
        numbers -= _spread(zero_point, vectors.shape, where, "zero point")
    if scale is not None:
        numbers *= _spread(scale, vectors.shape, where, "scale")
    if offset is not None:
        numbers += _spread(offset, vectors.shape, where, "offset")
    return np.asarray(numbers, dtype=np.float32)


def widened_bfloat16(bits: Numbers) -> Float32:
    """float32 of bfloat16, given as 16-bit integers of the same shape: its upper half."""
    widened: Float32 = (bits.astype(np.uint32) << 16).view(np.float32)
    return widened


def widened_float8(bits: Numbers, kind: str) -> Float32:
    """float32 of `float8_e4m3` or `float8_e5m2` (Micikevicius et al. 2022), given as bytes."""
    codes = np.arange(BYTE, dtype=np.uint16)
    if kind == "float8_e5m2":
        table = (codes << 8).view(np.float16).astype(np.float32)
    else:
        exponent, mantissa = (codes >> 3 & 15).astype(np.int64), (codes & 7) / 8
        value = np.where(
            exponent == 0, mantissa * 2.0**-6, (1 + mantissa) * 2.0 ** (exponent - 7.0)
        )
        value[codes & 127 == 127] = np.nan
        table = np.where(codes >> 7 == 1, -value, value).astype(np.float32)
    return np.asarray(table[bits.view(np.uint8)], dtype=np.float32)


def _narrow_floats(vectors: Numbers, stored: Stored | None, where: str) -> Float32:
    """Floats that NumPy writes without their type, as those of ml_dtypes."""
    size, kind = vectors.dtype.itemsize, None if stored is None else stored.kind
    if size == 2 and kind in (None, "bfloat16"):
        return widened_bfloat16(vectors.view(np.uint16))
    if size == 1 and kind in ("float8_e4m3", "float8_e5m2"):
        return widened_float8(vectors.view(np.uint8), str(kind))
    if size == 1:
        raise _unknown("holds floats of 8 bits, of one of two kinds", where, _FLOAT8)
    raise GapvizError(
        f"holds {vectors.dtype} instead of numbers",
        where=where,
        hint="store the vectors as float16, float32 or float64",
    )


def _assumed(vectors: Numbers, where: str) -> str | None:
    """What is assumed of whole numbers that nothing is said of, in a clause."""
    lowest, highest = int(vectors.min()), int(vectors.max())
    if lowest == 0 and highest == 1:
        raise _unknown(f"holds nothing but 0 and 1 ({vectors.dtype})", where, _BITS)
    if (lowest, highest) == (-1, 1) or lowest == highest:
        return None
    if lowest >= 0:
        packed = highest < BYTE and _look_packed(vectors)
        why = "as bits packed by eights do"
        if not packed:
            why = "none of them negative, and no zero point is known"
        told = f"holds {_span(vectors)} in {vectors.shape[1]} columns, {why}"
        if highest < BYTE:
            raise _unknown(told, where)
        raise _unknown(told, where, "bfloat16 or none" if vectors.dtype.itemsize == 2 else "none")
    if (
        lowest >= -BYTE // 2
        and highest < BYTE // 2
        and _look_packed(vectors.astype(np.int64) + BYTE // 2)
    ):
        raise _unknown(
            f"holds {_span(vectors)} in {vectors.shape[1]} columns, as bits packed by eights do",
            where,
            "binary, int8 or none",
        )
    return f"holds {_span(vectors)}, which were read as multiples of one scale around 0"


def _look_packed(numbers: Numbers) -> bool:
    """Whether bytes are spread as those of packed sign bits are."""
    if numbers.size < FEWEST_BYTES:
        return False
    top = numbers // (BYTE // 4)
    return float(np.mean((top == 0) | (top == 3))) >= PACKED_SHARE


def _are_byte_like(vectors: Numbers) -> bool:
    return bool(
        vectors.dtype.kind == "f"
        and vectors.shape[1] >= LIKE_VECTORS
        and float(np.min(vectors, initial=0)) == 0
        and LIKE_BYTES <= float(np.max(vectors)) < BYTE
        and _is_whole(vectors)
    )


def _is_whole(vectors: Numbers) -> bool:
    return bool(np.isfinite(vectors).all() and (vectors == np.rint(vectors)).all())


def _span(vectors: Numbers) -> str:
    return f"whole numbers from {int(vectors.min())} to {int(vectors.max())} ({vectors.dtype})"


_BITS = "bits (0 is −1) or none"
_FLOAT8 = "float8_e4m3 or float8_e5m2"


def _unknown(
    what: str,
    where: str,
    choices: str = "ubinary (bits), uint8 (zero point 128), uint8:ZERO or none",
) -> GapvizError:
    return GapvizError(
        what,
        where=where,
        hint=f"say how the vectors are stored, as the quantisation (--quantisation): {choices}",
    )


def _spread(part: Numbers, shape: tuple[int, ...], where: str, name: str) -> Numbers:
    """One number, one a dimension or one a row, to be used with a matrix of that shape."""
    values = _as_floats(part, shape, where, name)
    if values.ndim == 1 and values.size == shape[0] != shape[1]:
        values = values[:, None]
    try:
        return np.broadcast_to(values, shape)
    except ValueError as error:
        raise _misfit(values, shape, where, name) from error


def _of_shape(part: Numbers, shape: tuple[int, int], where: str, name: str) -> Numbers:
    values = _as_floats(part, shape, where, name)
    if values.shape != shape:
        raise _misfit(values, shape, where, name)
    return values


def _as_floats(part: Numbers, shape: tuple[int, ...], where: str, name: str) -> Numbers:
    if part.dtype.kind not in "biuf":
        raise _misfit(part, shape, where, name)
    return part.astype(np.float64)


def _misfit(values: Numbers, shape: tuple[int, ...], where: str, name: str) -> GapvizError:
    return GapvizError(
        f"its {name} has shape {values.shape} of {values.dtype}, which does not go with {shape}",
        where=where,
        hint="give one number, one a dimension or one a row",
    )


def _bytes_of(vectors: Numbers, stored: Stored, where: str) -> Numbers:
    """The numbers as unsigned bytes.

    Raises:
        GapvizError: they are no bytes.
    """
    lowest = -BYTE // 2 if stored.kind in ("binary", "int8") else 0
    if vectors.min() < lowest or vectors.max() >= lowest + BYTE:
        raise GapvizError(
            f"holds {_span(vectors)}, which are not stored as {stored.kind}",
            where=where,
            hint=f"that has numbers from {lowest} to {lowest + BYTE - 1}",
        )
    return (vectors.astype(np.int64) - lowest).astype(np.uint8)


def _packed(vectors: Numbers, stored: Stored, where: str) -> Numbers:
    bits = np.unpackbits(_bytes_of(vectors, stored, where), axis=1)
    return bits.astype(np.int8) * 2 - 1


def _bits(vectors: Numbers, stored: Stored, where: str) -> Numbers:
    if not np.isin(vectors, (0, 1)).all():
        raise GapvizError(
            f"holds {_span(vectors)}, which are no bits", where=where, hint="bits are 0 or 1"
        )
    return vectors.astype(np.int8) * 2 - 1


def _scalar(vectors: Numbers, stored: Stored, where: str) -> Numbers:
    zero = stored.zero_point if stored.kind == "uint8" else BYTE // 2
    return (_bytes_of(vectors, stored, where) - np.float32(zero)).astype(np.float32)


def _bfloat16(vectors: Numbers, stored: Stored, where: str) -> Numbers:
    if vectors.dtype.itemsize != 2:
        raise GapvizError(
            f"holds {vectors.dtype}, which cannot be bfloat16",
            where=where,
            hint="give its bits as uint16",
        )
    return widened_bfloat16(vectors.view(np.uint16))


def _float8(vectors: Numbers, stored: Stored, where: str) -> Numbers:
    return widened_float8(_bytes_of(vectors, stored, where), stored.kind)


class Kind(NamedTuple):
    """One way to store vectors."""

    meant: str
    """What a stored number is, for people."""
    read: Callable[[Numbers, Stored, str], Numbers]


KINDS: Mapping[str, Kind] = {
    "none": Kind("whole numbers as they are", lambda vectors, *_: vectors),
    "int8": Kind("signed bytes around 0", _scalar),
    "uint8": Kind("unsigned bytes around 128; uint8:117 around 117", _scalar),
    "binary": Kind("sign bits, packed by eights into signed bytes", _packed),
    "ubinary": Kind("sign bits, packed by eights into unsigned bytes", _packed),
    "bits": Kind("one sign bit a number, 0 for −1", _bits),
    "bfloat16": Kind("bits of bfloat16 as 16-bit integers", _bfloat16),
    "float8_e4m3": Kind("bits of float8 as bytes", _float8),
    "float8_e5m2": Kind("bits of float8 as bytes", _float8),
}
"""By the word that says it."""
