"""Rows of a table that describes images: CSV, TSV, JSON lines or Parquet, one at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from gapviz.core.errors import GapvizError
from gapviz.sources.files.gathering import Gathering, shown
from gapviz.sources.files.words import (
    MAX_TEXT_BYTES,
    Encoding,
    encoding_of,
    json_in,
    label_in,
    one_line,
)
from gapviz.sources.images.parquet import BLOCK_ROWS, open_parquet

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".parquet"})

DELIMITERS = ",;\t|"

JSON_LINES_LOOKED_AT = 100
"""Lines whose keys make up the columns of a JSON-lines file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and where it stands in its file."""

    number: int
    """Data rows count from 0."""
    place: str
    """For a person: `line 3`, `row 2`."""
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was opened: its columns are known, its rows not yet read."""

    path: Path
    name: str
    """The file, relative to the source."""
    columns: tuple[str, ...]
    encoding: Encoding = field(default=Encoding("utf-8"))
    delimiter: str = ","
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of columns whose whole numbers stand for names, as Hugging Face stores labels."""

    def label(self, row: Row, column: str | None) -> str | None:
        """The label of a row, by its name where the file knows it."""
        value = None if column is None else row.values.get(column)
        names = self.class_names.get(column or "", ())
        if isinstance(value, int) and 0 <= value < len(names):
            return names[value]
        return label_in(value)

    def rows(self, columns: Sequence[str], gathering: Gathering) -> Iterator[Row]:
        """Every row that can be read, with those columns; the others are listed.

        Raises:
            GapvizError: the file turns out damaged, and its format lets nothing be saved.
        """
        match self.path.suffix.lower():
            case ".parquet":
                return self._parquet_rows(columns, gathering)
            case ".jsonl":
                return self._json_rows(gathering)
            case _:
                return self._csv_rows(gathering)

    def place(self, row: Row) -> str:
        """A row, for a person: `metadata.csv, line 3`."""
        return f"{self.name}, {row.place}"

    def _csv_rows(self, gathering: Gathering) -> Iterator[Row]:
        if self.encoding.assumed:
            gathering.skip(self.name, self.encoding.assumed)
        with _text(self.path, self.encoding) as file:
            lines = csv.reader(file, delimiter=self.delimiter)
            number = 0
            while True:
                try:
                    cells = next(lines)
                except StopIteration:
                    return
                except csv.Error as error:
                    gathering.skip(f"{self.name}, line {lines.line_num}", f"is damaged ({error})")
                    continue
                if lines.line_num == 1 or not any(cells):
                    continue
                place = f"line {lines.line_num}"
                if len(cells) > len(self.columns):
                    why = f"has {len(cells)} fields under {len(self.columns)} headings"
                    gathering.skip(f"{self.name}, {place}", why)
                    continue
                yield Row(number, place, dict(zip(self.columns, cells, strict=False)))
                number += 1

    def _json_rows(self, gathering: Gathering) -> Iterator[Row]:
        for number, value in enumerate(_json_lines(self.path)):
            place = f"line {number + 1}"
            if isinstance(value, dict):
                yield Row(number, place, value)
            elif value is not BLANK:
                gathering.skip(f"{self.name}, {place}", "is not a JSON object")

    def _parquet_rows(self, columns: Sequence[str], gathering: Gathering) -> Iterator[Row]:
        import pyarrow as pa

        number = 0
        try:
            with open_parquet(self.path) as file:
                for batch in file.iter_batches(BLOCK_ROWS, columns=list(columns)):
                    for values in batch.to_pylist():
                        yield Row(number, f"row {number}", values)
                        number += 1
        except (pa.ArrowException, OSError, ValueError) as error:
            why = f"is damaged from row {number} on ({shown(str(error))})"
            gathering.skip(self.name, why)


def open_table(path: Path, name: str) -> Table:
    """Read the columns of a table.

    Args:
        path: a `.csv`, `.tsv`, `.jsonl` or `.parquet` file.
        name: what to call it in errors.

    Raises:
        GapvizError: the file is missing, empty or damaged.
    """
    try:
        match path.suffix.lower():
            case ".parquet":
                return _parquet_table(path, name)
            case ".jsonl":
                return Table(path, name, _json_columns(path, name))
            case suffix:
                return _csv_table(path, name, "\t" if suffix == ".tsv" else None)
    except OSError as error:
        raise GapvizError(
            f"cannot be read ({error.strerror or error})", where=shown(name), hint="check the file"
        ) from error


def _csv_table(path: Path, name: str, delimiter: str | None) -> Table:
    encoding = encoding_of(path)
    with _text(path, encoding) as file:
        heading = file.readline(MAX_TEXT_BYTES)
    chosen = delimiter or max(DELIMITERS, key=heading.count)
    try:
        columns = next(csv.reader([heading], delimiter=chosen), [])
    except csv.Error:
        columns = []
    if not any(column.strip() for column in columns):
        raise GapvizError(
            "has no line of headings", where=shown(name), hint="start it with: file_name,text"
        )
    return Table(path, name, tuple(column.strip() for column in columns), encoding, chosen)


def _text(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


BLANK = object()


def _json_lines(path: Path) -> Iterator[object]:
    """The value of each line; None for what is no JSON, `BLANK` for an empty line."""
    with path.open("rb") as file:
        while line := file.readline(MAX_TEXT_BYTES):
            if not line.strip():
                yield BLANK
                continue
            try:
                yield json_in(line)
            except ValueError:
                yield None


def _json_columns(path: Path, name: str) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    for _, value in zip(range(JSON_LINES_LOOKED_AT), _json_lines(path), strict=False):
        if isinstance(value, dict):
            columns.update(dict.fromkeys(value))
    if not columns:
        raise GapvizError(
            "holds no JSON objects", where=shown(name), hint='write {"file_name": …} on each line'
        )
    return tuple(columns)


def _parquet_table(path: Path, name: str) -> Table:
    import pyarrow as pa

    try:
        with open_parquet(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, ValueError) as error:
        raise GapvizError(
            "is damaged, or not a Parquet file", where=shown(name), hint="write the file again"
        ) from error
    return Table(path, name, tuple(schema.names), class_names=_class_names(schema.metadata or {}))


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, tuple[str, ...]]:
    """Names of label codes, from the description that `datasets` keeps in the schema."""
    try:
        described = json_in(metadata.get(b"huggingface", b"{}"))
    except ValueError:
        return {}
    for key in ("info", "features"):
        described = described.get(key) if isinstance(described, dict) else None
    names = {}
    for column, feature in described.items() if isinstance(described, dict) else ():
        listed = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(listed, list):
            names[column] = tuple(one_line(str(entry)) for entry in listed)
    return names
