"""Tables and text files that say what rows of vectors are: ids, captions, labels, images."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.sources.files.reading import ReadOptions
from gapviz.sources.files.rows import Facts

TABLE_ENDINGS = (".csv", ".jsonl", ".parquet")
LINE_FILES = ("captions.txt", "prompts.txt")

ID_NAMES = ("id", "ids", "item_id", "item", "uid", "key", "image_id")
CAPTION_NAMES = ("caption", "captions", "text", "texts", "prompt", "prompts", "sentence")
LABEL_NAMES = ("label", "labels", "class", "category")
IMAGE_NAMES = (
    "image_path", "image_paths", "file_name", "filename", "image", "path", "paths", "filepath",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FactColumns:
    """Which column holds which fact; None or empty where none does."""

    id: str | None = None
    captions: tuple[str, ...] = ()
    label: str | None = None
    image: str | None = None

    @property
    def all(self) -> list[str]:
        """Their names, each once."""
        named = (self.id, *self.captions, self.label, self.image)
        return list(dict.fromkeys(name for name in named if name is not None))


def fact_columns(names: Iterable[str], options: ReadOptions, *, where: str) -> FactColumns:
    """The columns that the options name, else those under the usual names.

    Raises:
        GapvizError: the options name a column that is not there.
    """
    present = list(names)
    told = [options.id_column, *options.caption_columns, options.label_column, options.image_column]
    for name in told:
        if name is not None and name not in present:
            raise GapvizError(
                f"has no column {name[:80]!r}",
                where=where,
                hint=f"choose one of {', '.join(present)[:300]}",
            )
    by_lower = {name.casefold(): name for name in reversed(present)}

    def usual(candidates: Sequence[str]) -> str | None:
        return next((by_lower[name] for name in candidates if name in by_lower), None)

    caption = usual(CAPTION_NAMES)
    return FactColumns(
        id=options.id_column or usual(ID_NAMES),
        captions=options.caption_columns or ((caption,) if caption else ()),
        label=options.label_column or usual(LABEL_NAMES),
        image=options.image_column or usual(IMAGE_NAMES),
    )


def facts_of(columns: Mapping[str, Sequence[object]], chosen: FactColumns, *, where: str) -> Facts:
    """Facts from columns of plain values (texts, numbers, lists of texts, None).

    Raises:
        GapvizError: a value that is none of these, or columns of differing length.
    """
    captions = [columns[name] for name in chosen.captions]
    if len({len(column) for column in captions}) > 1:
        raise GapvizError(
            "holds caption columns of differing length", where=where, hint="give one entry a row"
        )

    def texts(name: str | None) -> list[str | None]:
        if name is None:
            return []
        return [text_of(value, where=f"{where}, {name}") for value in columns[name]]

    return Facts(
        ids=texts(chosen.id),
        captions=[
            tuple(dict.fromkeys(text for cell in cells for text in _texts_of(cell, where=where)))
            for cells in zip(*captions, strict=True)
        ],
        labels=texts(chosen.label),
        images=texts(chosen.image),
        where=where,
    )


def text_of(value: object, *, where: str) -> str | None:
    """One cell as text; None for an empty one.

    Raises:
        GapvizError: neither a text nor a number.
    """
    match value:
        case None:
            return None
        case bytes():
            text = value.decode("utf-8", "replace")
        case str():
            # A lone surrogate, as JSON may hold, cannot be written to any file.
            text = value.encode("utf-8", "replace").decode("utf-8")
        case int():
            text = str(value)
        case float():
            if math.isnan(value):
                return None
            text = str(int(value)) if value.is_integer() else repr(value)
        case _:
            raise GapvizError(
                f"a cell holds {type(value).__name__} instead of a text",
                where=where,
                hint="store ids, captions, labels and paths as texts",
            )
    return text if text.strip() else None


def _texts_of(value: object, *, where: str) -> list[str]:
    cells = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    return [text for cell in cells if (text := text_of(cell, where=where)) is not None]


def sidecar_facts(folder: Path, stems: Sequence[str], options: ReadOptions) -> Facts | None:
    """Facts of the first `STEM.csv`, `.jsonl` or `.parquet` in a folder; None if there is none.

    Raises:
        GapvizError: as `table_facts`.
    """
    for stem in stems:
        for ending in TABLE_ENDINGS:
            path = folder / f"{stem}{ending}"
            if path.is_file():
                return table_facts(path, options)
    return None


def table_facts(path: Path, options: ReadOptions) -> Facts:
    """Facts of a `.csv`, `.jsonl` or `.parquet` file, one row an entry.

    Raises:
        GapvizError: the file cannot be read, or the options name a column that is not there.
    """
    where = path.name
    if path.suffix.lower() == ".parquet":
        return _parquet_facts(path, options)
    columns = _csv_columns(path) if path.suffix.lower() == ".csv" else _jsonl_columns(path)
    return facts_of(columns, fact_columns(columns, options, where=where), where=where)


def caption_lines(path: Path) -> Facts:
    """Facts of a text file with one caption a line.

    Raises:
        GapvizError: the file cannot be read, or is not UTF-8.
    """
    lines = text_of_file(path).removesuffix("\n").split("\n")
    captions = [(line.strip(),) if line.strip() else () for line in lines]
    return Facts(captions=captions, where=path.name)


def text_of_file(path: Path) -> str:
    """A whole UTF-8 file, line ends as `\\n`.

    Raises:
        GapvizError: the file cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GapvizError(
            f"is not UTF-8 text (byte {error.start})", where=path.name, hint="save it as UTF-8"
        ) from error
    except OSError as error:
        raise GapvizError(
            f"cannot be read ({error.strerror or error})", where=path.name, hint="check the file"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _csv_columns(path: Path) -> dict[str, list[object]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text_of_file(path)), strict=True) if row]
    except csv.Error as error:
        raise GapvizError(
            f"is not a table of comma-separated values ({error})",
            where=path.name,
            hint="save it again as CSV, texts in double quotes",
        ) from error
    if not rows:
        raise GapvizError("is empty", where=path.name, hint="give a header and one row an item")
    header, body = rows[0], rows[1:]
    if len(set(header)) != len(header):
        raise GapvizError(
            "has two columns of one name", where=path.name, hint="name each column differently"
        )
    for number, row in enumerate(body, start=1):
        if len(row) != len(header):
            raise GapvizError(
                f"row {number} has {len(row)} values for {len(header)} columns",
                where=path.name,
                hint="put texts that hold commas in double quotes",
            )
    return {name: [row[index] for row in body] for index, name in enumerate(header)}


def _jsonl_columns(path: Path) -> dict[str, list[object]]:
    entries: list[dict[str, object]] = []
    for number, line in enumerate(text_of_file(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            raise GapvizError(
                f"line {number} is not a JSON object",
                where=path.name,
                hint='write one object a line, like {"caption": "a dog"}',
            )
        entries.append(entry)
    names = dict.fromkeys(name for entry in entries for name in entry)
    return {name: [entry.get(name) for entry in entries] for name in names}


def _parquet_facts(path: Path, options: ReadOptions) -> Facts:
    import pyarrow as pa
    from pyarrow import parquet

    where = path.name
    try:
        schema = parquet.read_schema(path)
        chosen = fact_columns(readable_columns(schema), options, where=where)
        table = parquet.read_table(path, columns=chosen.all)
        columns = {name: table[name].to_pylist() for name in chosen.all}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise parquet_damage(path, error) from error
    return facts_of(columns, chosen, where=where)


def readable_columns(schema: Iterable[object]) -> list[str]:
    """Names of the columns of a Parquet schema that hold texts, numbers or lists of texts."""
    from pyarrow import types

    def plain(kind: object) -> bool:
        return bool(types.is_string(kind) or types.is_large_string(kind))

    names = []
    for column in schema:
        kind, name = column.type, column.name  # type: ignore[attr-defined]
        listed = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
        number = types.is_integer(kind) or types.is_floating(kind)
        if plain(kind) or number or (listed and plain(kind.value_type)):
            names.append(name)
    return names


def parquet_damage(path: Path, error: Exception) -> GapvizError:
    """What to say of a Parquet file that could not be read."""
    if isinstance(error, GapvizError):
        return error
    return GapvizError(
        "is not a Parquet file, or is damaged or cut short",
        where=path.name,
        hint="write it again",
    )
