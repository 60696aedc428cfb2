"""A table with a column of images, as paths or stored in its cells, and columns of captions."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import (
    IMAGE_NAMES,
    ImageColumns,
    captions_of,
    image_columns,
    usual_name,
)
from gapviz.sources.files.folders import natural_key, source_name
from gapviz.sources.files.gathering import DEFAULT_OPTIONS, Gathering, shown
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.files.table_rows import TABLE_SUFFIXES, Row, Table, open_table
from gapviz.sources.files.words import label_in, one_line
from gapviz.sources.images import content_flaw, file_flaw, inside, path_reference
from gapviz.sources.images.parquet import open_parquet, stored_bytes

WEB_MARK = "://"


def read_image_table(path: Path, options: ReadOptions = DEFAULT_OPTIONS) -> Reading:
    """The items of a CSV, TSV, JSON-lines or Parquet file, or of a folder of Parquet files.

    Paths count from `options.image_folder`, else from the table's own folder; several rows
    of one path, or of one value in `options.id_column`, are captions of one item. Parquet
    cells may store the images themselves, as bytes or as `{"bytes", "path"}`.

    Raises:
        GapvizError: no table, no column of images, or no image that can be read.
    """
    files = _parquet_files(path) if path.is_dir() else [path]
    if not files:
        raise GapvizError(
            "holds no Parquet files", where=shown(str(path)), hint="give a table or their folder"
        )
    table_root = path if path.is_dir() else path.parent
    rows = _TableRows(table_root, options)
    for file in files:
        rows.add_table(open_table(file, file.relative_to(table_root).as_posix()))
    return rows.gathering.reading(source_name(path), rows.root, options)


def looks_like_image_table(path: Path) -> bool:
    """Whether it is a table with a column of images, or a folder of Parquet that stores them."""
    try:
        if path.is_dir():
            files = _parquet_files(path)
            return bool(files) and _stores_images(files[0])
        if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
            return False
        return usual_name(open_table(path, path.name).columns, IMAGE_NAMES) is not None
    except GapvizError:
        return False


class _TableRows:
    """Adds the rows of one table after the other to a gathering."""

    def __init__(self, table_root: Path, options: ReadOptions) -> None:
        self.root = options.image_folder or table_root
        self._base = Path(os.path.realpath(self.root))
        self.gathering = Gathering()
        self._options = options
        self._flaws: dict[str, str | None] = {}

    def add_table(self, table: Table) -> None:
        columns = image_columns(table.columns, self._options, where=table.name)
        for row in table.rows(columns.all, self.gathering):
            cell = row.values.get(columns.image)
            stored = stored_bytes(cell)
            if stored is not None:
                self._add_stored(stored, row, table, columns)
                continue
            named = cell.get("path") if isinstance(cell, dict) else cell
            if isinstance(named, str) and named.strip():
                self._add_named(named.strip(), row, table, columns)
            else:
                self.gathering.skip(table.place(row), "names no image")

    def _add_named(self, named: str, row: Row, table: Table, columns: ImageColumns) -> None:
        name = self._relative(named)
        if name not in self._flaws:
            self._flaws[name] = self._flaw(name)
        flaw = self._flaws[name]
        if flaw is not None:
            self.gathering.skip(table.place(row), f"names {shown(name)!r}, which {flaw}")
            return
        item_id = self._given_id(row, columns) or name
        self._add(item_id, path_reference(name), row, table, columns)

    def _add_stored(self, content: bytes, row: Row, table: Table, columns: ImageColumns) -> None:
        flaw = content_flaw(content)
        flaw = flaw or self._outside(table)
        if flaw is not None:
            self.gathering.skip(table.place(row), f"stores an image that {flaw}")
            return
        path = row.values.get(columns.image)
        named = one_line(str(path.get("path") or "")) if isinstance(path, dict) else ""
        item_id = self._given_id(row, columns)
        if item_id is None:
            own = f"{table.name}#{row.number}"
            item_id = named if named and named not in self.gathering else own
        reference = f"parquet:{self._table_reference(table)}#{row.number},{columns.image}"
        self._add(item_id, reference, row, table, columns)

    def _add(self, item_id: str, image: str, row: Row, table: Table, columns: ImageColumns) -> None:
        words = captions_of(row.values, columns.captions)
        label = table.label(row, columns.label)
        if words.flaw:
            self.gathering.skip(table.place(row), words.flaw)
        self.gathering.add(item_id, image=image, captions=words.captions, label=label)
        if self.gathering.image_of(item_id) != image:
            why = f"has another image for {shown(item_id)!r}, of which the first stands"
            self.gathering.skip(table.place(row), why)

    def _given_id(self, row: Row, columns: ImageColumns) -> str | None:
        return label_in(row.values.get(columns.id)) if columns.id else None

    def _relative(self, named: str) -> str:
        """One spelling a file; absolute paths into the image folder, too, become relative."""
        if WEB_MARK in named:
            return named
        try:
            return Path(named).relative_to(self._base).as_posix()
        except ValueError:
            return posixpath.normpath(named)

    def _flaw(self, name: str) -> str | None:
        if WEB_MARK in name:
            return "is a web address, and is not fetched"
        try:
            return file_flaw(inside(self.root, name))
        except GapvizError as error:
            return error.what

    def _outside(self, table: Table) -> str | None:
        """Why a stored image could not be read again below the root."""
        inside_root = table.path.resolve().is_relative_to(self._base)
        return None if inside_root else "lies outside the folder of images"

    def _table_reference(self, table: Table) -> str:
        return table.path.resolve().relative_to(self._base).as_posix()


def _parquet_files(folder: Path) -> Sequence[Path]:
    """Parquet files of a folder, else of its `data/`, in natural order."""
    for place in (folder, folder / "data"):
        try:
            found = [file for file in place.glob("*.parquet") if file.is_file()]
        except OSError:
            return []
        if found:
            return sorted(found, key=lambda file: natural_key(file.name))
    return []


def _stores_images(file: Path) -> bool:
    import pyarrow as pa

    try:
        with open_parquet(file) as parquet:
            schema = parquet.schema_arrow
    except (pa.ArrowException, OSError, ValueError):
        return False
    image = usual_name(schema.names, IMAGE_NAMES)
    if image is None:
        return False
    kind = schema.field(image).type
    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
