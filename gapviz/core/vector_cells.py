"""Vectors in the cells of a table, whatever they are stored as.

Lists of numbers, lists of one such list, structs of numbers, decimals, bytes, and texts such as
`[0.1, 0.2]` that a CSV file or a careless export holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gapviz.core.modality_names import ALIASES, modality_name, says_modality, says_vectors
from gapviz.core.plain_text import MISSING
from gapviz.core.vectors import Indices

if TYPE_CHECKING:
    import pyarrow as pa

FEWEST_WRITTEN = 8
"""Numbers in brackets that make a text a vector whatever its column is called."""

PLAIN_FIELDS = frozenset({"values", "data"})
"""Of a struct that holds one vector, the usual names of the field that it stands in."""

BYTE_DTYPES = ("<f4", "<f2", "<f8")
"""What vectors may be stored as where they are bytes."""

_MOST_SPREAD = 4.0
"""Standard deviation of log₂ |x| over the numbers of vectors, which is near 1.6 where they are
normally distributed. Bytes that are taken for another kind of number have other bits in the place
of exponents, which makes it several times as large, or are NaN."""

_NUMBER = r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|inf|NaN|Infinity)"
_WRITTEN = re.compile(
    rf"(?:array|tensor)?[\s\[({{]*({_NUMBER}(?:[\s,;|]+{_NUMBER})*)[\s,;]*[\])}}]*"
    r"(?:,\s*(?:dtype|device|grad_fn)=.*)?\)?"
)
_PRINTED_SHORT = re.compile(r"[\d.][\s,]*(?:\.\.\.|…)[\s,]*[-\d]")

Peek = Callable[[str], Sequence[object]]
"""From a column to its first values."""


@dataclass(frozen=True, eq=False)
class CellVectors:
    """The vectors of one column."""

    numbers: Indices
    """`(n,)`: which row of the table each is of, rising."""
    vectors: npt.NDArray[Any]
    """`(n, dim)`."""
    flaws: Sequence[tuple[int, str]] = ()
    """Rows that hold something else, and what of it is wrong in a clause."""


@dataclass(frozen=True, slots=True)
class VectorColumn:
    """A column of vectors, or one field of a column of structs."""

    column: str
    field: str | None = None
    says: str = ""
    """The name that tells its modality."""

    @property
    def name(self) -> str:
        """For people: `vector.image`."""
        return self.column if self.field is None else f"{self.column}.{self.field}"


def columns_by_type(schema: pa.Schema, peek: Peek, named: Sequence[str]) -> list[VectorColumn]:
    """The vector columns of an Arrow schema.

    Args:
        schema: of the table.
        peek: asked of columns whose type does not say it.
        named: columns that a person names as vectors.
    """
    found: list[VectorColumn] = []
    for one in schema:
        kind = _plain_type(one.type)
        if _is_struct(kind):
            found += _struct_columns(one.name, kind, peek, named)
        elif _holds_vector(one.name, kind, peek, one.name in named):
            found.append(VectorColumn(one.name, says=one.name))
    return found


def columns_by_value(names: Sequence[str], peek: Peek, named: Sequence[str]) -> list[VectorColumn]:
    """The same of a table without types, by its first values."""
    found: list[VectorColumn] = []
    for name in names:
        values = [value for value in peek(name) if value not in (None, "")]
        first = values[0] if values else None
        if isinstance(first, dict):
            fields = [one for one, value in first.items() if _is_vector(value, one, named)]
            found += _fields(name, fields)
        elif first is not None and _is_vector(first, name, named):
            found.append(VectorColumn(name, says=name))
    return found


def arrow_vectors(cells: Any, field: str | None = None) -> CellVectors:
    """The vectors of an Arrow column.

    Args:
        cells: an array, chunked or not.
        field: of a column of structs, the field that holds them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if field is not None:
        cells = pc.struct_field(_plain(cells), field)
    cells = _plain(cells)
    kind = cells.type
    if _is_struct(kind):
        parts = [pc.struct_field(cells, place) for place in range(kind.num_fields)]
        valid = cells.is_valid().to_numpy(zero_copy_only=False)
        matrix = np.stack([part.cast(pa.float64()).to_numpy(False) for part in parts], axis=1)
        return CellVectors(np.flatnonzero(valid), matrix[valid])
    entries = _entries(kind)
    if entries is None or _is_text(entries):
        return value_vectors(cells.to_pylist())
    lengths = pc.list_value_length(cells).fill_null(0).to_numpy(zero_copy_only=False)
    if _entries(entries) is not None:
        single = np.flatnonzero(lengths == 1)
        inner = arrow_vectors(cells.filter(pa.array(lengths == 1)).flatten())
        several = np.flatnonzero(lengths > 1)
        return CellVectors(
            single[inner.numbers],
            inner.vectors,
            [
                *((int(single[row]), why) for row, why in inner.flaws),
                *((int(row), f"holds {lengths[row]} lists instead of one") for row in several),
            ],
        )
    values = cells.flatten()
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    # Nulls become NaN, which is listed with its row later.
    return _even(lengths, values.to_numpy(zero_copy_only=False))


def value_vectors(values: Sequence[object]) -> CellVectors:
    """The vectors among values of Python: lists, bytes, texts; None is no vector."""
    rows: list[int] = []
    vectors: list[npt.NDArray[Any]] = []
    flaws: list[tuple[int, str]] = []
    dtype = _dtype_of_bytes(values)
    for row, value in enumerate(values):
        numbers = _numbers_in(value, dtype)
        if isinstance(numbers, str):
            flaws.append((row, numbers))
        elif numbers is not None and numbers.size:
            rows.append(row)
            vectors.append(numbers)
    lengths = np.zeros(len(values), dtype=np.int64)
    lengths[rows] = [vector.size for vector in vectors]
    even = _even(lengths, np.concatenate(vectors) if vectors else np.zeros(0))
    return CellVectors(even.numbers, even.vectors, [*flaws, *even.flaws])


def _even(lengths: Indices, values: npt.NDArray[Any]) -> CellVectors:
    """Vectors of the usual length, from the numbers of all rows in one array."""
    present = lengths > 0
    if not present.any():
        return CellVectors(np.zeros(0, dtype=np.int64), np.zeros((0, 0)))
    dim = int(np.bincount(lengths[present]).argmax())
    fits = lengths == dim
    uneven = np.flatnonzero(present & ~fits)
    if uneven.size:
        values = values[np.repeat(fits, lengths)]
    flaws = [(int(row), f"has {lengths[row]} numbers instead of {dim}") for row in uneven]
    return CellVectors(np.flatnonzero(fits), values.reshape(-1, dim), flaws)


def _numbers_in(value: object, dtype: str | None = None) -> npt.NDArray[Any] | str | None:
    """The numbers of one cell; what is wrong with it in a clause; None where it is empty."""
    match value:
        case None:
            return None
        case [list() as only]:
            return _numbers_of(only)
        case list() | tuple():
            return _numbers_of(value)
        case bytes() if dtype is not None and len(value) % np.dtype(dtype).itemsize == 0:
            return np.frombuffer(value, dtype)
        case str():
            return _written_numbers(value.strip())
        case _:
            return f"holds {type(value).__name__} instead of a list of numbers"


def _written_numbers(text: str) -> npt.NDArray[Any] | str | None:
    """The numbers of a text such as `[0.1, 0.2]`, as `_numbers_in`."""
    if text in MISSING:
        return None
    if _PRINTED_SHORT.search(text):
        return "was printed with dots in place of numbers, which are lost"
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return "is a text that is no list of numbers"
    return _numbers_of(re.split(r"[\s,;|]+", written[1]))


def _numbers_of(values: Sequence[object]) -> npt.NDArray[Any] | str:
    """The numbers of a list, or of texts that each are one."""
    nothing = "holds a list of something else than numbers"
    try:
        numbers = np.array([np.nan if one is None else one for one in values])
        if numbers.dtype.kind == "U":
            whole = all(re.fullmatch(r"[-+]?\d+", str(one)) for one in values)
            numbers = numbers.astype(np.int64 if whole else np.float64)
    except (ValueError, TypeError, OverflowError):
        return nothing
    return numbers if numbers.ndim == 1 and numbers.dtype.kind in "biuf" else nothing


def _dtype_of_bytes(values: Sequence[object]) -> str | None:
    """As what the bytes of a column are plausible; None where it holds none, or nothing is."""
    some = [value for value in values if isinstance(value, bytes)][:32]
    if not some:
        return None
    size = max(set(map(len, some)), key=list(map(len, some)).count)
    content = b"".join(value for value in some if len(value) == size)
    spreads = {}
    for dtype in BYTE_DTYPES:
        if size and size % np.dtype(dtype).itemsize == 0:
            with np.errstate(invalid="ignore"):  # other numbers, taken for these, may signal NaN
                numbers = np.abs(np.frombuffer(content, dtype).astype(np.float64))
            if np.isfinite(numbers).all() and (numbers > 0).any():
                spreads[dtype] = float(np.std(np.log2(numbers[numbers > 0])))
    likely = min(spreads, key=lambda dtype: spreads[dtype], default=None)
    return likely if likely is not None and spreads[likely] < _MOST_SPREAD else None


def _is_vector(value: object, name: str, named: Sequence[str]) -> bool:
    """Whether a value of Python is a vector, as far as it and its column's name say it."""
    told = says_vectors(name) or name in named
    if isinstance(value, str):
        if told:
            return _begins_a_list(value)
        bracketed = says_modality(name) and value.strip()[:1] in ("[", "(")
        numbers = _numbers_in(value) if bracketed else None
        return isinstance(numbers, np.ndarray) and numbers.size >= FEWEST_WRITTEN
    numbers = _numbers_in(value) if isinstance(value, list | tuple) else None
    if not isinstance(numbers, np.ndarray) or not numbers.size:
        return False
    nested = isinstance(value, list) and isinstance(value[0], list)
    return told or (numbers.dtype.kind == "f" and not nested)


def _begins_a_list(text: str) -> bool:
    return bool(re.match(rf"(?:array|tensor)?[\[(\s]*{_NUMBER}[\s,;|]+{_NUMBER}", text.strip()))


def _holds_vector(name: str, kind: Any, peek: Peek, named: bool) -> bool:
    """Whether a column of that Arrow type holds vectors."""
    from pyarrow import types

    told = says_vectors(name) or named
    entries = _entries(kind)
    if entries is not None and _is_number(entries, or_truth=True):
        return told or not (types.is_integer(entries) or types.is_boolean(entries))
    if entries is not None and _entries(entries) is not None:
        return told and _is_number(_entries(entries), or_truth=True)
    if _is_text(kind) or (entries is not None and _is_text(entries)):
        first = next((value for value in peek(name) if value), None)
        return first is not None and _is_vector(first, name, (name,) if named else ())
    binary = (
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    )
    return bool(binary and told and _dtype_of_bytes(peek(name)) is not None)


def _struct_columns(name: str, kind: Any, peek: Peek, named: Sequence[str]) -> list[VectorColumn]:
    fields = [kind.field(place) for place in range(kind.num_fields)]
    told = says_vectors(name) or name in named
    if told and len(fields) > 1 and all(_is_number(one.type) for one in fields):
        return [VectorColumn(name, says=name)]
    held = [
        one.name
        for one in fields
        if _entries(_plain_type(one.type)) is not None
        and _holds_vector(one.name, _plain_type(one.type), lambda _: (), name in named)
    ]
    return _fields(name, held)


def _fields(name: str, held: Sequence[str]) -> list[VectorColumn]:
    """The fields of a struct that are vectors, where its name or theirs say so."""
    told = says_vectors(name)
    plain = held and (held[0] in PLAIN_FIELDS or says_vectors(held[0]))
    if len(held) == 1 and plain and modality_name(held[0]) not in ALIASES:
        return [VectorColumn(name, held[0], says=name)]
    return [VectorColumn(name, one, says=one) for one in held if told or says_modality(one)]


def _plain_type(kind: Any) -> Any:
    """The type that an extension type or a dictionary stores."""
    from pyarrow import types

    if hasattr(kind, "storage_type"):
        kind = kind.storage_type
    return kind.value_type if types.is_dictionary(kind) else kind


def _plain(cells: Any) -> Any:
    """The same as one array of a plain type."""
    import pyarrow as pa

    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    if isinstance(cells, pa.ExtensionArray):
        cells = cells.storage
    return cells.dictionary_decode() if isinstance(cells, pa.DictionaryArray) else cells


def _entries(kind: Any) -> Any | None:
    """The type of a list's entries; None where it is no list."""
    from pyarrow import types

    if (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    ):
        return kind.value_type
    return None


def _is_struct(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_struct(kind))


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_number(kind: Any, *, or_truth: bool = False) -> bool:
    from pyarrow import types

    number = types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind)
    return bool(number or (or_truth and types.is_boolean(kind)))
