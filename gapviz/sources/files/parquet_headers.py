"""The footer and the page headers of a Parquet file, read without Arrow.

Arrow's own reader of what a column chunk says ends the whole process on some damaged footers
(`RowGroupMetaData.column`), and tells nothing of pages. Both are structs in Thrift's compact
protocol; the numbers of fields are those of parquet.thrift.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

MAGIC = b"PAR1"

HEADER_BYTES = 1 << 12
LARGEST_HEADER = 1 << 24
"""Arrow reads no larger header of a page either."""

DATA, DICTIONARY, DATA_2 = 0, 2, 3
"""`PageType`."""

BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY = 6, 7
"""`Type`; see `WIDTHS` for the others."""
WIDTHS: Mapping[int, int] = {0: 1, 1: 4, 2: 8, 3: 12, 4: 4, 5: 8}
"""Bytes of a value: BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE."""

REPEATED = 2
"""`FieldRepetitionType`."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column as it is stored: one for each field of a struct."""

    path: str
    """Names from the top, by dots."""
    kind: int
    width: int | None
    """Bytes of a value; None of texts."""
    repeated: bool
    """Whether a row may hold several values."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The pages of a leaf in one group of rows."""

    start: int
    end: int
    """Bytes of the file."""
    values: int
    """As the footer says."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some rows."""

    n_rows: int
    chunks: Sequence[Chunk]
    """One a leaf."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What the end of the file says of the rest."""

    n_rows: int
    leaves: Sequence[Leaf]
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True)
class Page:
    """The header of one page."""

    kind: int
    n_bytes: int
    """Unpacked."""
    values: int
    coding: int
    """`Encoding` of the values."""
    end: int
    """Where the next one begins in the file."""


def footer_of(path: Path) -> Footer:
    """Read the footer.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no Parquet file, or its footer is damaged.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        tail = file.read()
        if len(tail) < 8 or tail[4:] != MAGIC:
            raise ValueError("has no end of a Parquet file")
        length = struct.unpack("<I", tail[:4])[0]
        if length > size - 8:
            raise ValueError("the footer is longer than the file")
        file.seek(size - 8 - length)
        content = file.read(length)
    try:
        return _footer(Compact(content).struct())
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("the footer is damaged") from error


def _footer(told: Mapping[int, Any]) -> Footer:
    leaves = _leaves(told[2])
    groups = tuple(
        Group(group[3], tuple(_chunk(column[3]) for column in group[1])) for group in told[4]
    )
    if any(len(group.chunks) != len(leaves) for group in groups):
        raise ValueError("a group of rows has other columns than the table")
    counts = [told[3], *(leaf.width or 0 for leaf in leaves)]
    counts += [count for group in groups for count in (group.n_rows, *_counts(group))]
    if min(counts) < 0:
        raise ValueError("the footer counts below 0")
    return Footer(told[3], leaves, groups)


def _counts(group: Group) -> Iterator[int]:
    for chunk in group.chunks:
        yield chunk.values
        yield chunk.end - chunk.start


def _chunk(told: Mapping[int, Any]) -> Chunk:
    starts = [offset for offset in (told[9], told.get(11, 0)) if offset > 0]
    start = min(starts)
    return Chunk(start, start + told[7], told[5])


def _leaves(elements: Sequence[Mapping[int, Any]]) -> tuple[Leaf, ...]:
    """The leaves of the schema, which is a tree written from the top, depth first."""
    leaves: list[Leaf] = []
    waiting = [(elements[0].get(5, 0), "", False)]
    for element in elements[1:]:
        while waiting and not waiting[-1][0]:
            waiting.pop()
        left, above, repeated = waiting.pop()
        waiting.append((left - 1, above, repeated))
        path = above + element[4].decode()
        repeated = repeated or element.get(3) == REPEATED
        if element.get(5):
            waiting.append((element[5], f"{path}.", repeated))
        else:
            kind = element[1]
            width = element.get(2, 0) if kind == FIXED_LEN_BYTE_ARRAY else WIDTHS.get(kind)
            leaves.append(Leaf(path, kind, width, repeated))
    return tuple(leaves)


def page_at(content: IO[bytes], at: int) -> Page | None:
    """The page whose header begins at that byte; None where it is damaged."""
    size = HEADER_BYTES
    while True:
        content.seek(at)
        buffer = content.read(size)
        reader = Compact(buffer)
        try:
            # Fields 1 to 3: type, unpacked and packed size; then one for each type.
            header = reader.struct()
            kind, n_bytes, packed = header[1], header[2], header[3]
            about = header.get({DATA: 5, DATA_2: 8}.get(kind, 0), {1: 0, 2: -1, 4: -1})
            values, coding = about[1], about[2 if kind == DATA else 4]
            damaged = min(n_bytes, packed, values) < 0
        except IndexError:
            if len(buffer) < size or size >= LARGEST_HEADER:
                return None
            size *= 16
            continue
        except (KeyError, TypeError, AttributeError, RecursionError):
            return None
        return None if damaged else Page(kind, n_bytes, values, coding, at + reader.at + packed)


class Compact:
    """Thrift's compact protocol: structs as values by the number of their field."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def struct(self) -> dict[int, Any]:
        """The struct that begins here.

        Raises:
            LookupError: the content ends within it, or holds what is no value.
        """
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

    def _bytes(self, n_bytes: int) -> bytes:
        start = self.at
        self.at += n_bytes
        if self.at > len(self._content):
            raise IndexError(self.at)
        return self._content[start : self.at]

    def _value(self, kind: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        return self._READ[kind](self)

    def _double(self) -> bytes:
        return self._bytes(8)

    def _uuid(self) -> bytes:
        return self._bytes(16)

    def _text(self) -> bytes:
        return self._bytes(self._varint())

    def _element(self, kind: int) -> Any:
        # In a list, a truth value takes a byte of its own.
        return self._byte() == 1 if kind in (1, 2) else self._value(kind)

    def _list(self) -> list[Any]:
        head = self._byte()
        count = head >> 4
        if count == 15:
            count = self._varint()
        return [self._element(head & 0x0F) for _ in range(count)]

    def _map(self) -> None:
        count = self._varint()
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._element(kinds >> 4)
            self._element(kinds & 0x0F)

    _READ: ClassVar[dict[int, Callable[[Compact], Any]]] = {
        3: _byte, 4: _zigzag, 5: _zigzag, 6: _zigzag, 7: _double, 8: _text, 9: _list, 10: _list,
        11: _map, 12: struct, 13: _uuid,
    }  # fmt: skip
    """By the number of a type."""
