"""What a source says of its entries besides vectors: in tables, lists and lines of text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import (
    Columns,
    Fields,
    choose_columns,
    fields_of,
    guess_note,
    usual_name,
)
from gapviz.sources.files.format import ReadOptions, Skipped
from gapviz.sources.files.tables import TABLE_ENDINGS, Row, SourceTable, open_table
from gapviz.sources.files.texts import json_in, shown
from gapviz.sources.images.decoding import header_flaw
from gapviz.sources.images.parquet import stored_bytes
from gapviz.sources.images.references import path_reference, relative_path
from gapviz.storage.files import unreadable

NamedArray = npt.NDArray[Any] | Sequence[object]

LINE_FILES = ("captions.txt", "prompts.txt", "texts.txt")

JSON_ENDING = ".json"

MAX_JSON_BYTES = 256 * 1024**2
"""A larger file is not taken for captions."""

_NUMBERED = re.compile(r"\Z|Unnamed: [0-9]+\Z|__index_level_[0-9]+__\Z")
"""Columns that pandas adds to number the rows."""

MOST_PLACES = 20
"""Rows with one flaw that are told one by one."""

MOST_COLUMNS = 20
"""Columns that are told by name."""


@dataclass(frozen=True)
class ItemMetadata:
    """What a source says of its entries besides vectors."""

    entries: Sequence[Fields] = ()
    """One an entry, or none where nothing is said of any."""
    has_ids: bool = False
    """Whether entries are named, and not merely counted."""
    where: str = "metadata"
    skipped: tuple[Skipped, ...] = ()

    @property
    def ids(self) -> list[str | None]:
        """The id of each entry."""
        return [entry.id for entry in self.entries]

    def with_images_inside(self, root: Path) -> ItemMetadata:
        """The same with references to images below `root`; those that lead out are dropped."""
        base = root.resolve()
        entries = [
            replace(entry, image=entry.stored or _inside(entry.image, base))
            for entry in self.entries
        ]
        lost = sum(bool(one.image and not one.stored) for one in self.entries)
        lost -= sum(bool(one.image and not one.stored) for one in entries)
        why = "lead out of the folder or onto the web, so that no picture is shown there"
        skipped = (Skipped(f"{lost} image path(s) of {self.where}", why),) if lost else ()
        return replace(self, entries=entries, skipped=self.skipped + skipped)


def find_metadata(
    folder: Path, stem: str, options: ReadOptions, *, source: Path | None = None
) -> ItemMetadata | None:
    """The metadata in `STEM.csv`, `.tsv`, `.jsonl`, `.parquet` or `.json`; None without any.

    `source` is the file that holds the vectors themselves, and describes nothing.

    Raises:
        GapvizError: as `table_metadata` and `json_metadata`.
    """
    root = options.image_folder or folder
    for ending in TABLE_ENDINGS:
        file = folder / f"{stem}{ending}"
        if file.is_file() and file != source:
            return table_metadata(open_table(file, file.name), options, root=root)
    file = folder / f"{stem}{JSON_ENDING}"
    return json_metadata(file, options) if file.is_file() else None


def table_metadata(
    table: SourceTable,
    options: ReadOptions,
    *,
    ignored: Iterable[str] = (),
    root: Path | None = None,
) -> ItemMetadata:
    """The metadata of a table, one row an entry.

    Rows of vectors are paired with it by position, so that none may be left out: where one
    cannot be read, the whole table is refused. Columns that are not read are listed with their
    types.

    Args:
        table: that was opened.
        options: may name the columns.
        ignored: columns that hold something else.
        root: the folder of images, where pictures in the cells of a Parquet file are wanted.

    Raises:
        GapvizError: a row that cannot be read, or the options name a column that is not there.
    """

    def refuse(place: str, why: str) -> None:
        raise GapvizError(
            f"{place} {why}",
            where=table.name,
            hint="correct that row, since rows of vectors are paired with the table by position",
        )

    def whole(rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            if table.is_delimited and len(row.values) < len(table.columns):
                n_values, n_columns = len(row.values), len(table.columns)
                refuse(row.place, f"has {n_values} values for {n_columns} columns")
            yield row

    stored = {name for name in table.columns if _stores_pictures(table, name)}
    out = {*ignored, *(table.binary_columns - stored if root else table.binary_columns)}
    columns = choose_columns(table.columns, options, where=table.name, only_named=out)
    texts = {columns.id, columns.label, *columns.captions}
    wanted = [one for one in columns.all if one in texts or one not in table.binary_columns]
    rows = whole(table.rows(wanted, refuse, paths_only=True))
    metadata = _described(rows, columns, table.class_names, where=table.name)
    note = table.encoding.assumed
    skipped = [Skipped(table.name, note)] if note else []
    passed_over = set()
    if options.named_columns:
        # Whoever names columns knows of those that are taken otherwise.
        usual = choose_columns(table.columns, ReadOptions(), where=table.name, only_named=out)
        passed_over = {*usual.all}
    skipped += _unread_columns(table, columns, {*ignored, *passed_over})
    metadata = replace(metadata, skipped=(*skipped, *metadata.skipped))
    if root is None or columns.image not in stored:
        return metadata
    return _with_pictures(metadata, table, str(columns.image), root)


def json_metadata(path: Path, options: ReadOptions) -> ItemMetadata | None:
    """The metadata in a JSON file, one entry after the other.

    It is a list of texts (captions), of lists of texts, or of objects; an object of lists under
    the names of columns; or an object of any of these by the ids of the items. None where it is
    anything else.

    Raises:
        GapvizError: the file cannot be read, or the options name a column that is not there.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            return None
        value = json_in(path.read_bytes())
    except OSError as error:
        raise unreadable(path.name, error) from error
    except ValueError:
        return None
    return _entries_in_json(value, options, path.name)


def _entries_in_json(value: object, options: ReadOptions, name: str) -> ItemMetadata | None:
    if isinstance(value, dict) and value:
        lists = [one for one in value.values() if isinstance(one, list)]
        columns = choose_columns(list(value), ReadOptions(), where=name)
        alike = len(lists) == len(value) and len(set(map(len, lists))) == 1
        if alike and (columns.captions or columns.label or columns.image):
            value = [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)]
        elif all(isinstance(one, dict) for one in value.values()):
            value = [{"id": key, **one} for key, one in value.items()]
        elif all(isinstance(one, str | list) for one in value.values()):
            value = [{"id": key, "caption": one} for key, one in value.items()]
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(one, str | list | None) for one in value):
        value = [{"caption": one} for one in value]
    if not all(isinstance(one, dict) for one in value):
        return None
    names = list(dict.fromkeys(key for one in value for key in one))
    columns = choose_columns(names, options, where=name)
    if not columns.all:
        return None
    rows = (Row(at, f"entry {at}", one) for at, one in enumerate(value))
    metadata = _described(rows, columns, {}, where=name)
    unread = [one for one in names if one not in columns.all]
    return replace(metadata, skipped=(*_unread_note(name, unread, columns), *metadata.skipped))


def list_metadata(lists: Mapping[str, NamedArray], columns: Columns, *, where: str) -> ItemMetadata:
    """The metadata in lists, by column.

    Raises:
        GapvizError: lists of differing length.
    """
    chosen: dict[str, Sequence[object]] = {
        name: values.tolist() if isinstance(values := lists[name], np.ndarray) else values
        for name in columns.all
    }
    lengths = {name: len(values) for name, values in chosen.items()}
    if len(set(lengths.values())) > 1:
        listing = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise GapvizError(
            f"holds lists of differing length ({listing})",
            where=where,
            hint="give one entry per item in each",
        )
    rows = (
        Row(entry, f"entry {entry}", dict(zip(chosen, values, strict=True)))
        for entry, values in enumerate(zip(*chosen.values(), strict=True))
    )
    return _described(rows, columns, {}, where=where)


def caption_lines(path: Path) -> ItemMetadata:
    """The captions of a text file, one a line.

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
        raise unreadable(path.name, error) from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    entries = [Fields(captions=(line.strip(),) if line.strip() else ()) for line in lines]
    return ItemMetadata(entries, where=path.name)


def _described(
    rows: Iterable[Row],
    columns: Columns,
    class_names: Mapping[str, Sequence[str]],
    *,
    where: str,
) -> ItemMetadata:
    entries: list[Fields] = []
    flaws: dict[str, list[str]] = {}
    guesses: dict[str, list[str]] = {}
    for row in rows:
        entry = fields_of(row.values, columns, class_names)
        entries.append(entry)
        if entry.flaw:
            flaws.setdefault(entry.flaw, []).append(row.place)
        if entry.guess:
            guesses.setdefault(entry.guess, []).append(row.place)
    skipped = [
        Skipped(f"{where}, {place}", flaw)
        for flaw, places in flaws.items()
        for place in _told(places)
    ]
    skipped += [
        Skipped(where, guess_note(guess, places, columns)) for guess, places in guesses.items()
    ]
    known = entries if columns.all else ()
    return ItemMetadata(known, columns.id is not None, where, tuple(skipped))


def _told(places: Sequence[str]) -> Sequence[str]:
    """The places of one flaw; of very many, their number and the first."""
    if len(places) <= MOST_PLACES:
        return places
    return [f"{places[0]} and {len(places) - 1:,} more"]


def _unread_columns(
    table: SourceTable, columns: Columns, ignored: Collection[str]
) -> list[Skipped]:
    """A note on the columns that nothing is taken from, with their types."""
    types = table.types
    unread = [
        f"{shown(name, 60)} ({shown(types[name], 60)})" if name in types else shown(name, 60)
        for name in table.columns
        if name not in columns.all and name not in ignored and not _NUMBERED.match(name)
    ]
    return _unread_note(table.name, unread, columns)


def _unread_note(where: str, unread: Sequence[str], columns: Columns) -> list[Skipped]:
    if not unread:
        return []
    more = f" and {len(unread) - MOST_COLUMNS} more" if len(unread) > MOST_COLUMNS else ""
    told = ", ".join(unread[:MOST_COLUMNS]) + more
    if columns.captions:
        return [Skipped(where, f"has columns that are not read: {told}")]
    return [Skipped(where, f"has no column of captions that is known among those not read: {told}")]


def _stores_pictures(table: SourceTable, name: str) -> bool:
    """Whether a column is called as one of images, and its cells may hold them."""
    fields = table.struct_columns.get(name, frozenset())
    may = name in table.binary_columns or "bytes" in fields
    return may and usual_name([name], "image") is not None


def _with_pictures(
    metadata: ItemMetadata, table: SourceTable, column: str, root: Path
) -> ItemMetadata:
    """The same with references to the pictures in the cells of a Parquet file."""
    path, base = table.path.resolve(), root.resolve()
    entries = list(metadata.entries)
    skipped = []
    if not path.is_relative_to(base):
        why = "lies outside the folder of images, so that its pictures are not shown"
        return replace(metadata, skipped=(*metadata.skipped, Skipped(table.name, why)))
    file = path.relative_to(base).as_posix()
    for row in table.rows([column], lambda *_: None):
        content = stored_bytes(row.values.get(column))
        if content is None or row.number >= len(entries):
            continue
        flaw = header_flaw(BytesIO(content), len(content))
        if flaw is None:
            reference = f"parquet:{file}#{row.number},{column}"
            entries[row.number] = replace(entries[row.number], stored=reference)
        elif entries[row.number].image is None:
            skipped.append(Skipped(f"{table.name}, {row.place}", f"stores an image that {flaw}"))
    return replace(metadata, entries=entries, skipped=(*metadata.skipped, *skipped))


def _inside(image: str | None, base: Path) -> str | None:
    if image is None or "://" in image:
        return None
    path = relative_path(image, base)
    leads_out = path.startswith(("/", "../")) or path == ".."
    return None if leads_out else path_reference(path)
