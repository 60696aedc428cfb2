"""Tables of texts, one row at a time: CSV, TSV, JSON lines or Parquet.

Every reader passes the rows to `columns.fields_of`, so that a file says the same beside images
and beside vectors. Text files go through Python's `csv`, which gives the line of a broken
row to name it by, and reads on after it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.files.texts import (
    MAX_TEXT_BYTES,
    UTF_8,
    Encoding,
    encoding_of,
    json_in,
    shown,
)
from gapviz.sources.images.parquet import BLOCK_ROWS, open_parquet
from gapviz.storage.files import unreadable

if TYPE_CHECKING:
    import pyarrow as pa

TABLE_ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")

DELIMITERS = ",;\t|"

SAYS_DELIMITER = re.compile(r'"?sep=(.)"?', re.IGNORECASE)

STRAY_QUOTE = "expected after"
"""In what `csv` says of a quoted field that goes on after its last quote, as in `"5" nails`."""

PEEKED_LINES = 100
"""Lines of a JSON-lines file that are looked at to recognise it."""

Flaw = Callable[[str, str], None]
"""Takes the place of a row that cannot be read, and why; what it raises ends the reading."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and its place in the file."""

    number: int
    """Data rows count from 0."""
    place: str
    """For people: `line 3`, `row 2`."""
    values: Mapping[str, object]
    """By column; what the row leaves out is missing."""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that was opened: its columns are known, its rows not yet read."""

    path: Path
    name: str
    """The file, relative to the source."""
    columns: tuple[str, ...]
    encoding: Encoding = UTF_8
    delimiter: str = ","
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of columns whose whole numbers stand for names, as Hugging Face stores labels."""
    schema: pa.Schema | None = None
    """Of a Parquet file."""
    heading_lines: int = 1
    """Of a CSV or TSV: two where the first says the delimiter, as Excel writes it."""

    @property
    def is_delimited(self) -> bool:
        """Whether it is a CSV or TSV, of which a row may hold fewer values than columns."""
        return self.path.suffix.lower() not in {".jsonl", ".parquet"}

    @property
    def types(self) -> Mapping[str, str]:
        """What the cells of each column are, where the file says it: `list<element: double>`."""
        return {one.name: str(one.type) for one in self.schema or ()}

    @property
    def binary_columns(self) -> frozenset[str]:
        """Columns of a Parquet file whose cells are bytes, such as the files of images."""
        kinds = {"binary", "large_binary"}
        return frozenset(one.name for one in self.schema or () if str(one.type) in kinds)

    @property
    def struct_columns(self) -> Mapping[str, frozenset[str]]:
        """Columns of a Parquet file whose cells have fields, and the names of these."""
        return {
            one.name: frozenset(part.name for part in one.type)
            for one in self.schema or ()
            if str(one.type).startswith("struct<")
        }

    def rows(
        self, columns: Sequence[str], flaw: Flaw, *, paths_only: bool = False
    ) -> Iterator[Row]:
        """Every row that can be read, with those columns; the others go to `flaw`.

        Args:
            columns: that are wanted.
            flaw: called for every row that cannot be read.
            paths_only: whether of images in the cells of a Parquet file the paths are enough.
        """
        match self.path.suffix.lower():
            case ".parquet":
                parts = self.struct_columns if paths_only else {}
                wanted = [f"{one}.path" if "path" in parts.get(one, ()) else one for one in columns]
                return self._parquet_rows(wanted, flaw)
            case ".jsonl":
                return self._json_rows(flaw)
            case _:
                return self._csv_rows(flaw)

    def _csv_rows(self, flaw: Flaw) -> Iterator[Row]:
        taken: list[str] = []

        def taking(file: TextIO) -> Iterator[str]:
            for line in file:
                taken.append(line)
                yield line

        with _text(self.path, self.encoding) as file:
            lines = csv.reader(taking(file), delimiter=self.delimiter, strict=True)
            number = 0
            while True:
                taken.clear()
                try:
                    cells = next(lines)
                except StopIteration:
                    return
                except csv.Error as error:
                    cells = _leniently(taken, self.delimiter) if STRAY_QUOTE in str(error) else []
                    if not cells:
                        flaw(f"line {lines.line_num}", f"is damaged ({error})")
                if lines.line_num <= self.heading_lines or not cells:
                    continue
                place = f"line {lines.line_num}"
                if len(cells) > len(self.columns):
                    flaw(place, f"has {len(cells)} fields under {len(self.columns)} headings")
                    continue
                yield Row(number, place, dict(zip(self.columns, cells, strict=False)))
                number += 1

    def _json_rows(self, flaw: Flaw) -> Iterator[Row]:
        for number, (line, value) in enumerate(_json_lines(self.path, self.encoding)):
            if isinstance(value, dict):
                yield Row(number, f"line {line}", value)
            else:
                flaw(f"line {line}", "is not a JSON object")

    def _parquet_rows(self, columns: Sequence[str], flaw: Flaw) -> Iterator[Row]:
        import pyarrow as pa

        number = 0
        try:
            refuse_large_columns(self.path, columns, rows_as_objects=True)
            with open_parquet(self.path) as file:
                for batch in file.iter_batches(BLOCK_ROWS, columns=list(columns)):
                    for values in batch.to_pylist():
                        yield Row(number, f"row {number}", values)
                        number += 1
        except GapvizError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            flaw(f"row {number}", f"is damaged, like all that follow ({shown(str(error))})")


def _leniently(lines: list[str], delimiter: str) -> list[str]:
    """The cells of one row, stray quotes taken as text; none where even that fails."""
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []


def open_table(path: Path, name: str, *, peek: bool = False) -> SourceTable:
    """Read the columns of a table.

    Args:
        path: a file with one of `TABLE_ENDINGS`.
        name: what to call it in errors.
        peek: whether a few lines of JSON are enough to learn the columns from.

    Raises:
        GapvizError: the file is missing, empty or damaged, or two columns have one name.
    """
    try:
        if path.suffix.lower() == ".parquet":
            table = _parquet_table(path, name)
        else:
            with path.open("rb") as file:
                encoding = encoding_of(file)
            if path.suffix.lower() == ".jsonl":
                table = _json_table(path, name, encoding, PEEKED_LINES if peek else None)
            else:
                table = _csv_table(path, name, encoding)
    except OSError as error:
        raise unreadable(shown(name), error) from error
    named = [column for column in table.columns if column]
    if len(set(named)) != len(named):
        raise GapvizError(
            "has two columns of one name", where=shown(name), hint="name each column differently"
        )
    return table


def _csv_table(path: Path, name: str, encoding: Encoding) -> SourceTable:
    with _text(path, encoding) as file:
        heading = file.readline(MAX_TEXT_BYTES)
        said = SAYS_DELIMITER.fullmatch(heading.strip("\r\n"))
        if said is not None:
            heading = file.readline(MAX_TEXT_BYTES)
    likely = max(DELIMITERS, key=heading.count)
    chosen = said[1] if said is not None else likely
    if path.suffix.lower() == ".tsv" and ("\t" in heading or not heading.count(likely)):
        chosen = "\t"
    try:
        columns = next(csv.reader([heading], delimiter=chosen), [])
    except csv.Error:
        columns = []
    if not any(column.strip() for column in columns):
        raise GapvizError(
            "has no line of headings" if heading else "is empty",
            where=shown(name),
            hint="start it with: file_name,text",
        )
    stripped = tuple(column.strip() for column in columns)
    heading_lines = 1 if said is None else 2
    return SourceTable(path, name, stripped, encoding, chosen, heading_lines=heading_lines)


def _json_table(path: Path, name: str, encoding: Encoding, most_lines: int | None) -> SourceTable:
    columns: dict[str, None] = {}
    for _, value in islice(_json_lines(path, encoding), most_lines):
        if isinstance(value, dict):
            columns.update(dict.fromkeys(value))
    if not columns:
        raise GapvizError(
            "holds no JSON objects", where=shown(name), hint='write {"file_name": …} on each line'
        )
    return SourceTable(path, name, tuple(columns), encoding)


def _parquet_table(path: Path, name: str) -> SourceTable:
    import pyarrow as pa

    try:
        with open_parquet(path) as file:
            schema = file.schema_arrow
        columns = tuple(schema.names)
    except (pa.ArrowException, ValueError) as error:
        raise GapvizError(
            "is damaged, or not a Parquet file", where=shown(name), hint="write the file again"
        ) from error
    return SourceTable(
        path, name, columns, class_names=_class_names(schema.metadata or {}), schema=schema
    )


def _text(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


def _json_lines(path: Path, encoding: Encoding) -> Iterator[tuple[int, object]]:
    """Number, from 1, and value of each line that is not empty; None for what is no JSON."""
    with _text(path, encoding) as file:
        number = 0
        while line := file.readline(MAX_TEXT_BYTES):
            number += 1
            if line.strip():
                try:
                    yield number, json.loads(line)
                except (ValueError, RecursionError):
                    yield number, None


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, tuple[str, ...]]:
    """Names of label codes, from the description that `datasets` keeps in the schema."""
    try:
        described: Any = json_in(metadata.get(b"huggingface", b"{}"))
    except ValueError:
        return {}
    for key in ("info", "features"):
        described = described.get(key) if isinstance(described, dict) else None
    names = {}
    for column, feature in described.items() if isinstance(described, dict) else ():
        entry = feature[0] if isinstance(feature, list) and len(feature) == 1 else feature
        if isinstance(entry, dict):
            # Of a list of labels an item, that of its entries.
            entry = entry.get("feature", entry)
        listed = entry.get("names") if isinstance(entry, dict) else None
        if isinstance(listed, list):
            names[column] = tuple(one_line(str(name)) for name in listed)
    return names
