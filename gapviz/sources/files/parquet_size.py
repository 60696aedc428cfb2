"""What columns of a Parquet file take in memory, from its footer and the headers of its pages.

The footer may lie, and a page of a few bytes may stand for millions of values of a dictionary.
So the header of every page is read, which says how many values the page has and how many bytes
it unpacks to (parquet.thrift, `PageHeader`). Where a dictionary of texts, or texts that repeat
their beginning, may hide more than is allowed, the values are counted as they come out, a few
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.sources.files.limits import ROW_BYTES, is_over, refuse_over

if TYPE_CHECKING:
    import pyarrow as pa

HEADER_BYTES = 1 << 12
LARGEST_HEADER = 1 << 24
"""Arrow reads no larger one either."""

MOST_PAGES = 500_000

BATCH_BYTES = 1 << 25
"""Texts that are counted at once take no more than this."""
MOST_BATCH_ROWS = 1 << 16

WIDTHS: Mapping[str, int] = {
    "BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8,
}  # fmt: skip
LITTLE = 4
"""What may hide is not counted where it is so many times the pages at most."""

OFFSET_BYTES = 4
"""What a text takes besides its letters."""

DATA, DICTIONARY, DATA_2 = 0, 2, 3
"""`PageType`."""
DICTIONARY_CODED = (2, 8)
DELTA_BYTE_ARRAY = 7
"""`Encoding`."""


@dataclass(slots=True)
class _Chunk:
    """What the pages of one column say, of one row group or of all."""

    values: int = 0
    page_bytes: int = 0
    largest_page: int = 0
    """Unpacked: no text of it is longer."""
    may_hide: int = 0
    """What values that refer to others take at most."""
    repeats_beginnings: bool = False
    """Whether texts refer to the beginnings of those before."""

    def add(self, other: _Chunk) -> None:
        self.values += other.values
        self.page_bytes += other.page_bytes
        self.largest_page = max(self.largest_page, other.largest_page)
        self.may_hide += other.may_hide
        self.repeats_beginnings |= other.repeats_beginnings


def refuse_large_columns(
    path: Path, columns: Sequence[str], *, rows_as_objects: bool = False
) -> None:
    """Refuse columns that unpack to more than is allowed.

    Args:
        path: of the file.
        columns: that are about to be read; `image.path` is one field of a struct.
        rows_as_objects: whether every row becomes an item.

    Raises:
        GapvizError: as `refuse_over`, or more pages than are sensible.
        OSError, ValueError, pyarrow.ArrowException: the file cannot be read, or is damaged.
    """
    try:
        _refuse(path, columns, rows_as_objects=rows_as_objects)
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"the footer or a page is damaged ({error})") from error


def _refuse(path: Path, columns: Sequence[str], *, rows_as_objects: bool) -> None:
    import pyarrow.parquet as pq

    stored = path.stat().st_size
    with pq.ParquetFile(path, pre_buffer=False) as file:
        metadata, schema = file.metadata, file.schema_arrow
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        n_rows = max(metadata.num_rows, sum(group.num_rows for group in groups))
        leaves = [
            (number, file.schema.column(number))
            for number in range(len(file.schema.names))
            if _within(file.schema.column(number).path, columns)
        ]
    total = n_rows * ROW_BYTES * rows_as_objects
    # Empty places of a list of fixed length are filled in memory.
    named = [schema.field(name) for name in dict.fromkeys(_top(columns, schema))]
    total_of_places = total + n_rows * sum(_places(one.type) for one in named)
    refuse_over(total_of_places, stored, path.name)
    unsure: list[tuple[Any, _Chunk]] = []
    with path.open("rb") as content:
        for number, leaf in leaves:
            chunk = _Chunk()
            for group in groups:
                chunk.add(_chunk_of(content, group.column(number), leaf, path.name))
                refuse_over(total + _certain(chunk, leaf), stored, path.name)
            total += _certain(chunk, leaf)
            if chunk.may_hide <= LITTLE * chunk.page_bytes:
                total += chunk.may_hide
            else:
                unsure.append((leaf, chunk))
    if unsure and is_over(total + sum(chunk.may_hide for _, chunk in unsure), stored):
        _count(path, unsure, total, stored)


def _certain(chunk: _Chunk, leaf: Any) -> int:
    """Bytes that the values take at least."""
    width = WIDTHS.get(leaf.physical_type)
    if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY":
        width = leaf.length
    return max(chunk.values * (OFFSET_BYTES if width is None else width), chunk.page_bytes)


def _count(path: Path, unsure: Sequence[tuple[Any, _Chunk]], total: int, stored: int) -> None:
    """Refuse as soon as the texts that have come out are too many."""
    import pyarrow.parquet as pq

    for leaf, chunk in unsure:
        if chunk.repeats_beginnings:
            if leaf.max_repetition_level:
                # One row may hold any number of them, and is never read in part.
                refuse_over(total + chunk.may_hide, stored, path.name)
            rows, as_numbers = BATCH_BYTES // max(chunk.largest_page, 1), []
        else:
            # As numbers of a dictionary no value is written out twice.
            rows = BATCH_BYTES * chunk.values // max(chunk.page_bytes, 1)
            as_numbers = [leaf.path]
        with pq.ParquetFile(
            path, buffer_size=1 << 20, pre_buffer=False, read_dictionary=as_numbers
        ) as file:
            name = leaf.path.partition(".")[0]
            for batch in file.iter_batches(min(max(rows, 1), MOST_BATCH_ROWS), columns=[name]):
                total += expanded_bytes(batch.column(0))
                refuse_over(total, stored, path.name)


def expanded_bytes(array: pa.Array) -> int:
    """Bytes of an array whose dictionary is written out for every value."""
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_dictionary(array.type):
        values = array.dictionary
        try:
            lengths = pc.binary_length(values).fill_null(0).to_numpy(zero_copy_only=False)
        except (NotImplementedError, TypeError, ValueError):
            lengths = np.full(len(values), values.nbytes // max(len(values), 1))
        used = np.bincount(
            array.indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(lengths)
        )
        return int(used[: len(lengths)] @ lengths.astype(np.int64))
    if types.is_struct(array.type):
        return sum(expanded_bytes(part) for part in array.flatten())
    if types.is_nested(array.type) and hasattr(array, "flatten"):
        return expanded_bytes(array.flatten())
    return int(array.nbytes)


def _top(columns: Sequence[str], schema: pa.Schema) -> Iterator[str]:
    for name in columns:
        if name in schema.names:
            yield name
        elif (above := name.partition(".")[0]) in schema.names:
            yield above


def _within(leaf: str, columns: Sequence[str]) -> bool:
    return any(leaf == name or leaf.startswith(f"{name}.") for name in columns)


def _places(kind: pa.DataType) -> int:
    """Bytes that a row takes where every list of fixed length is full, others empty."""
    from pyarrow import types

    if hasattr(kind, "storage_type"):
        return _places(kind.storage_type)
    if types.is_fixed_size_list(kind):
        return int(kind.list_size) * max(_places(kind.value_type), 1)
    if types.is_struct(kind):
        return sum(_places(part.type) for part in kind)
    if types.is_fixed_size_binary(kind):
        return int(kind.byte_width)
    try:
        return -(-int(kind.bit_width) // 8)
    except (AttributeError, ValueError):
        return 0


def _chunk_of(content: IO[bytes], column: Any, leaf: Any, where: str) -> _Chunk:
    """What the headers of all pages of a column in one row group say, up to a damaged one."""
    starts = [column.data_page_offset, column.dictionary_page_offset or 0]
    at = min(start for start in starts if start > 0)
    end = at + column.total_compressed_size
    found, dictionary, n_pages = _Chunk(), 0, 0
    texts = leaf.physical_type == "BYTE_ARRAY"
    while at < end and found.values < column.num_values:
        page = _page_at(content, at)
        if page is None:
            break  # Arrow reads no further either, and says so
        n_pages += 1
        if n_pages > MOST_PAGES:
            raise GapvizError(
                f"holds a column of more than {MOST_PAGES:,} pages",
                where=where,
                hint="write it again with larger pages",
            )
        at = page.end
        found.page_bytes += page.n_bytes
        found.largest_page = max(found.largest_page, page.n_bytes)
        if page.kind == DICTIONARY:
            dictionary = page.n_bytes
            continue
        found.values += page.values
        if texts and page.coding in DICTIONARY_CODED:
            found.may_hide += page.values * dictionary
        elif texts and page.coding == DELTA_BYTE_ARRAY:
            found.may_hide += page.values * page.n_bytes
            found.repeats_beginnings = True
    return found


@dataclass(frozen=True, slots=True)
class _Page:
    kind: int
    n_bytes: int
    """Unpacked."""
    values: int
    coding: int
    end: int
    """Where the next one begins in the file."""


def _page_at(content: IO[bytes], at: int) -> _Page | None:
    """The page whose header begins there; None where that is damaged."""
    size = HEADER_BYTES
    while True:
        content.seek(at)
        buffer = content.read(size)
        reader = _Compact(buffer)
        try:
            # Fields 1 to 3: type, unpacked and packed size; then one for each type.
            header = reader.struct()
            kind, n_bytes, packed = header[1], header[2], header[3]
            about = header.get({DATA: 5, DATA_2: 8}.get(kind, 0), {1: 0, 2: -1, 4: -1})
            values, coding = about[1], about[2 if kind == DATA else 4]
        except IndexError:
            if len(buffer) < size or size >= LARGEST_HEADER:
                return None
            size *= 16
            continue
        except (KeyError, TypeError, AttributeError, RecursionError):
            return None
        if min(n_bytes, packed, values) < 0:
            return None
        return _Page(kind, n_bytes, values, coding, at + reader.at + packed)


class _Compact:
    """Thrift's compact protocol, as far as headers of pages use it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def struct(self) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            step = kind >> 4
            number = number + step if step else self._zigzag()
            fields[number] = self._value(kind & 0x0F)
        return fields

    def _byte(self) -> int:
        self.at += 1
        return self._content[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise KeyError("varint")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, n_bytes: int) -> None:
        self.at += n_bytes
        if self.at > len(self._content):
            raise IndexError(self.at)

    def _value(self, kind: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        return self._READ[kind](self)

    def _double(self) -> None:
        self._skip(8)

    def _text(self) -> None:
        self._skip(self._varint())

    def _map(self) -> None:
        count = self._varint()
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._element(kinds >> 4)
            self._element(kinds & 0x0F)

    def _element(self, kind: int) -> None:
        # Of a list, a truth value takes a byte of its own.
        if kind in (1, 2):
            self._skip(1)
        else:
            self._value(kind)

    def _uuid(self) -> None:
        self._skip(16)

    def _list(self) -> None:
        head = self._byte()
        count = head >> 4
        if count == 15:
            count = self._varint()
        for _ in range(count):
            self._element(head & 0x0F)

    _READ: ClassVar[dict[int, Callable[[_Compact], Any]]] = {
        3: _byte, 4: _zigzag, 5: _zigzag, 6: _zigzag, 7: _double, 8: _text, 9: _list, 10: _list,
        11: _map, 12: struct, 13: _uuid,
    }  # fmt: skip
    """By the number of a type."""
