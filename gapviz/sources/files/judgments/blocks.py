"""Columns of a table as codes and the texts that they stand for: no object is kept of a row.

Text files go through pyarrow in blocks. What surrounds them (encoding, headings, delimiter) is that
of `gapviz.sources.files.tables`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.files.tables import Flaw, SourceTable
from gapviz.sources.files.texts import MAX_TEXT_BYTES, UTF_8, Encoding, shown, text_in
from gapviz.sources.images.parquet import open_parquet
from gapviz.storage.files import unreadable

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 20
"""Of a text file that are parsed at once."""
BLOCK_ROWS = 1 << 14
"""Of a Parquet or JSON-lines table."""
MOST_WITHOUT_LINES = 1 << 26
"""Bytes that are looked through for the end of a line."""

_TABS = re.compile(rb"\t{2,}")

Block = Mapping[str, "pa.DictionaryArray"]


@dataclass(frozen=True, eq=False)
class TextColumn:
    """One column: what stands in each row, by its number among the different texts."""

    codes: npt.NDArray[np.int32]
    """`(n_rows,)`, places in `texts`; −1 for an empty cell."""
    texts: pa.Array
    """The different texts, without spaces at their ends; two may be equal for that."""

    @classmethod
    def of(cls, blocks: Sequence[pa.DictionaryArray]) -> TextColumn:
        """All blocks of a column, one after the other."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not blocks:
            return cls(np.empty(0, np.int32), pa.array([], pa.string()))
        alike = pa.chunked_array(blocks).unify_dictionaries()
        texts = pc.utf8_trim_whitespace(alike.chunk(0).dictionary)
        parts = [one.indices.fill_null(-1).to_numpy(zero_copy_only=False) for one in alike.chunks]
        codes = np.concatenate(parts).astype(np.int32, copy=False)
        empty = np.append(pc.equal(texts, "").to_numpy(zero_copy_only=False), False)
        codes = np.where(empty[codes], np.int32(-1), codes) if empty.any() else codes
        return cls(codes, texts)

    def text(self, row: int) -> str:
        """What stands in a row; nothing for an empty cell."""
        code = int(self.codes[row])
        return "" if code < 0 else str(self.texts[code].as_py())


def columns_of(
    table: SourceTable, columns: Sequence[str], flaw: Flaw, progress: Progress
) -> dict[str, TextColumn]:
    """Some columns of a table.

    Args:
        table: that was opened.
        columns: their names.
        flaw: called for every row that cannot be read.
        progress: called with the share read.

    Raises:
        GapvizError: a damaged file, or a column whose cells are no texts or numbers.
    """
    suffix = table.path.suffix.lower()
    if suffix == ".parquet":
        return gathered(_parquet_blocks(table, columns, progress), columns)
    if suffix == ".jsonl":
        found = gathered(_row_blocks(table, columns, flaw), columns)
        progress(1.0, f"read {table.name}")
        return found
    lines = DelimitedLines(
        table.path,
        table.name,
        table.columns,
        table.encoding,
        table.delimiter,
        headings=table.heading_lines,
        quoted=table.delimiter != "\t",
    )
    return gathered(lines.blocks(columns, flaw, progress), columns)


def gathered(blocks: Iterable[Block], columns: Sequence[str]) -> dict[str, TextColumn]:
    """The columns of all blocks."""
    parts: dict[str, list[Any]] = {name: [] for name in columns}
    for block in blocks:
        for name in columns:
            parts[name].append(block[name])
    return {name: TextColumn.of(found) for name, found in parts.items()}


@dataclass(frozen=True, slots=True)
class DelimitedLines:
    """A text file of lines with one number of fields each."""

    path: Path
    name: str
    """What to call it in errors."""
    columns: Sequence[str]
    encoding: Encoding = UTF_8
    delimiter: str = "\t"
    headings: int = 0
    """Lines before the first row."""
    quoted: bool = False
    """Whether a field in quotes may hold delimiters and ends of lines."""
    spaced: bool = False
    """Whether any run of spaces and tabs stands between two fields."""

    def blocks(self, columns: Sequence[str], flaw: Flaw, progress: Progress) -> Iterator[Block]:
        """The wanted columns, a megabyte at a time.

        Raises:
            GapvizError: the file cannot be read.
        """
        import pyarrow as pa
        from pyarrow import csv

        def told(row: Any) -> str:
            place = "a line" if row.number is None else f"line {row.number + self.headings}"
            flaw(place, f"has {row.actual_columns} fields instead of {row.expected_columns}")
            return "skip"

        # Columns are numbered here: two without a name would be one.
        numbered = [str(number) for number in range(len(self.columns))]
        wanted = {name: str(self.columns.index(name)) for name in columns}
        texts = pa.dictionary(pa.int32(), pa.string())
        try:
            with self.path.open("rb") as file:
                cleaned = _Cleaned(file, self, progress)
                if not cleaned.skip_lines(self.headings):
                    return
                batches = csv.open_csv(
                    pa.PythonFile(cleaned, mode="r"),
                    csv.ReadOptions(
                        column_names=numbered, block_size=BLOCK_BYTES, use_threads=False
                    ),
                    csv.ParseOptions(
                        delimiter="\t" if self.spaced else self.delimiter,
                        quote_char='"' if self.quoted else False,
                        newlines_in_values=self.quoted,
                        invalid_row_handler=told,
                    ),
                    csv.ConvertOptions(
                        column_types=dict.fromkeys(numbered, texts),
                        include_columns=list(dict.fromkeys(wanted.values())),
                        null_values=[],
                        strings_can_be_null=False,
                    ),
                )
                for batch in batches:
                    yield {name: batch.column(number) for name, number in wanted.items()}
        except (OSError, pa.ArrowException) as error:
            if isinstance(error, OSError) and not isinstance(error, pa.ArrowException):
                raise unreadable(shown(self.name), error) from error
            raise damaged(self.name, error) from error


def first_lines(path: Path, encoding: Encoding, most: int) -> list[str]:
    """The first lines of a text file that are not empty.

    Raises:
        GapvizError: the file cannot be read.
    """
    try:
        with path.open(encoding=encoding.name, errors=encoding.errors) as file:
            lines = iter(lambda: file.readline(MAX_TEXT_BYTES), "")
            kept = (line.replace("\0", "").rstrip("\r\n") for line in lines)
            return list(islice((line for line in kept if line.strip()), most))
    except OSError as error:
        raise unreadable(path.name, error) from error


def damaged(name: str, error: Exception) -> GapvizError:
    """What to say of a file that its library gives up on."""
    return GapvizError(
        f"is damaged ({shown(str(error))})", where=shown(name), hint="write the file again"
    )


class _Cleaned:
    """A text file as UTF-8, without NUL bytes; a file object for pyarrow."""

    closed = False

    def __init__(self, file: BinaryIO, lines: DelimitedLines, progress: Progress) -> None:
        self._size = max(lines.path.stat().st_size, 1)
        self._parts = self._clean(file, lines)
        self._left = b""
        self._progress = progress
        self._name = lines.name

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = part
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def skip_lines(self, count: int) -> bool:
        """Pass over the first lines; whether anything but empty lines is left."""
        for _ in range(count):
            while (end := self._left.find(b"\n")) < 0:
                part = next(self._parts, None)
                if part is None:
                    return False
                self._left += part
            self._left = self._left[end + 1 :]
        while not self._left.strip():
            part = next(self._parts, None)
            if part is None:
                return False
            self._left = part
        return True

    def close(self) -> None:
        self.closed = True

    def _clean(self, file: BinaryIO, lines: DelimitedLines) -> Iterator[bytes]:
        encoding = lines.encoding
        plain = encoding.name in {"utf-8", "utf-8-sig"}
        decoder = codecs.getincrementaldecoder(encoding.name)(errors=encoding.errors)
        tail, first, done = b"", True, 0
        while True:
            block = file.read(BLOCK_BYTES)
            done += len(block)
            self._progress(
                min(done / self._size, 1.0), f"read {done / 1e6:,.0f} MB of {self._name}"
            )
            ended = not block
            if not plain:
                block = decoder.decode(block, final=ended).encode()
            elif first:
                block = block.removeprefix(codecs.BOM_UTF8)
            first = False
            if b"\0" in block:
                block = block.replace(b"\0", b"")
            if lines.spaced:
                whole = tail + block
                end = (
                    len(whole)
                    if ended or len(whole) > MOST_WITHOUT_LINES
                    else (whole.rfind(b"\n") + 1)
                )
                block, tail = _tabbed(whole[:end]), whole[end:]
            if block:
                yield block
            if ended:
                return


def _tabbed(block: bytes) -> bytes:
    """Whole lines with one tab for each run of spaces and tabs, and none at the ends of a line."""
    block = block.replace(b" ", b"\t")
    if b"\t\t" in block:
        block = _TABS.sub(b"\t", block)
    for end in (b"\r\n", b"\n"):
        if b"\t" + end in block:
            block = block.replace(b"\t" + end, end)
    return block.replace(b"\n\t", b"\n").strip(b"\t")


def _row_blocks(table: SourceTable, columns: Sequence[str], flaw: Flaw) -> Iterator[Block]:
    import pyarrow as pa

    rows = table.rows(columns, flaw)
    while block := list(islice(rows, BLOCK_ROWS)):
        yield {
            name: pa.array([_cell(row.values.get(name)) for row in block], pa.string())
            .dictionary_encode()
            for name in columns
        }  # fmt: skip


def _cell(value: object) -> str | None:
    try:
        return text_in(value)
    except TypeError:
        return None


def _parquet_blocks(
    table: SourceTable, columns: Sequence[str], progress: Progress
) -> Iterator[Block]:
    import pyarrow as pa

    done = 0
    try:
        refuse_large_columns(table.path, list(columns))
        with open_parquet(table.path) as file:
            n_rows = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(BLOCK_ROWS, columns=list(dict.fromkeys(columns))):
                yield {name: _as_texts(batch.column(name), table, name) for name in columns}
                done += batch.num_rows
                progress(min(done / n_rows, 1.0), f"read {done:,} rows of {table.name}")
    except OSError as error:
        if isinstance(error, pa.ArrowException):
            raise damaged(table.name, error) from error
        raise unreadable(shown(table.name), error) from error
    except pa.ArrowException as error:
        raise damaged(table.name, error) from error


def _as_texts(cells: pa.Array, table: SourceTable, name: str) -> pa.DictionaryArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells, kind = cells.dictionary_decode(), kind.value_type
    if pa.types.is_floating(kind):
        whole = pc.all(pc.or_kleene(pc.is_null(cells), pc.equal(pc.trunc(cells), cells))).as_py()
        cells = cells.cast(pa.int64()) if whole else cells
    elif not (pa.types.is_integer(kind) or pa.types.is_string(kind) or
              pa.types.is_large_string(kind) or pa.types.is_boolean(kind)):  # fmt: skip
        raise GapvizError(
            f"its column {shown(name, 60)!r} holds no texts or numbers, but {shown(str(kind), 60)}",
            where=shown(table.name),
            hint="store ids as texts and grades as numbers",
        )
    return cast("pa.DictionaryArray", cells.cast(pa.string()).dictionary_encode())
