"""What columns of a Parquet file take in memory, from its footer and the headers of its pages.

The footer may lie, and a page of a few bytes may stand for millions of values of a dictionary.
So the header of every page is read, which says how many values the page has and how many bytes
it unpacks to (parquet.thrift, `PageHeader`). Where a dictionary of texts, or texts that repeat
their beginning, may hide more than is allowed, the values are counted as they come out, a few
at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.sources.files.limits import ROW_BYTES, is_over, refuse_over
from gapviz.sources.files.parquet_headers import (
    BYTE_ARRAY,
    DICTIONARY,
    Chunk,
    Leaf,
    footer_of,
    page_at,
)

if TYPE_CHECKING:
    import pyarrow as pa

MOST_PAGES = 500_000

BATCH_BYTES = 1 << 25
"""Texts that are counted at once take no more than this."""
MOST_BATCH_ROWS = 1 << 16

LITTLE = 4
"""What may hide is not counted where it is so many times the pages at most."""

OFFSET_BYTES = 4
"""What a text takes besides its letters."""

DICTIONARY_CODED = (2, 8)
DELTA_BYTE_ARRAY = 7
"""`Encoding`."""


@dataclass(slots=True)
class _Pages:
    """What the pages of one leaf say, of one group of rows or of all."""

    values: int = 0
    n_bytes: int = 0
    """Unpacked."""
    largest: int = 0
    """The same of one page: no text of it is longer."""
    may_hide: int = 0
    """What values that refer to others take at most."""
    repeats_beginnings: bool = False
    """Whether texts refer to the beginnings of those before."""

    def add(self, other: _Pages) -> None:
        self.values += other.values
        self.n_bytes += other.n_bytes
        self.largest = max(self.largest, other.largest)
        self.may_hide += other.may_hide
        self.repeats_beginnings |= other.repeats_beginnings

    def certain(self, leaf: Leaf) -> int:
        """Bytes that the values take at least."""
        width = OFFSET_BYTES if leaf.width is None else leaf.width
        return max(self.values * width, self.n_bytes)


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
    import pyarrow.parquet as pq

    stored = path.stat().st_size
    footer = footer_of(path)
    with pq.ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema_arrow
    n_rows = max(footer.n_rows, sum(group.n_rows for group in footer.groups))
    total = n_rows * ROW_BYTES * rows_as_objects
    # Empty places of a list of fixed length are filled in memory.
    tops = dict.fromkeys(one if one in schema.names else one.partition(".")[0] for one in columns)
    places = sum(_places(one.type) for one in schema if one.name in tops)
    refuse_over(total + n_rows * places, stored, path.name)
    unsure: list[tuple[Leaf, _Pages]] = []
    with path.open("rb") as content:
        for number, leaf in enumerate(footer.leaves):
            if not _within(leaf.path, columns):
                continue
            pages = _Pages()
            for group in footer.groups:
                pages.add(_pages_of(content, group.chunks[number], leaf, path.name))
                refuse_over(total + pages.certain(leaf), stored, path.name)
            total += pages.certain(leaf)
            if pages.may_hide <= LITTLE * pages.n_bytes:
                total += pages.may_hide
            else:
                unsure.append((leaf, pages))
    if unsure and is_over(total + sum(pages.may_hide for _, pages in unsure), stored):
        _count(path, unsure, total, stored)


def _count(path: Path, unsure: Sequence[tuple[Leaf, _Pages]], total: int, stored: int) -> None:
    """Refuse as soon as the texts that have come out are too many."""
    import pyarrow.parquet as pq

    for leaf, pages in unsure:
        if pages.repeats_beginnings:
            if leaf.repeated:
                # One row may hold any number of them, and is never read in part.
                refuse_over(total + pages.may_hide, stored, path.name)
            rows, as_numbers = BATCH_BYTES // max(pages.largest, 1), []
        else:
            # As numbers of a dictionary no value is written out twice.
            rows = BATCH_BYTES * pages.values // max(pages.n_bytes, 1)
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


def _pages_of(content: IO[bytes], chunk: Chunk, leaf: Leaf, where: str) -> _Pages:
    """What the headers of all pages of a leaf in one group say, up to a damaged one."""
    at, found, dictionary, n_pages = chunk.start, _Pages(), 0, 0
    texts = leaf.kind == BYTE_ARRAY
    while at < chunk.end and found.values < chunk.values:
        page = page_at(content, at)
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
        found.n_bytes += page.n_bytes
        found.largest = max(found.largest, page.n_bytes)
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
