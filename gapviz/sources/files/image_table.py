"""A table with a column of images, as paths or stored in its cells, and columns of captions.

What lists images and captions otherwise counts as one too: see `caption_tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.caption_tables import (
    CAPTION_ENDINGS,
    may_list_images,
    open_caption_table,
)
from gapviz.sources.files.columns import Columns, Fields, is_named, usual_name
from gapviz.sources.files.described_images import image_columns
from gapviz.sources.files.folders import files_in, folder_files, source_name
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.sources.files.tables import Row, SourceTable, open_table
from gapviz.sources.files.texts import shown
from gapviz.sources.images.parquet import stored_bytes
from gapviz.sources.images.references import path_reference


def read_image_table(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The items of a table or list of images, or of a folder of Parquet files.

    Paths count from `options.image_folder`, else from the table's own folder; several rows
    of one path, or of one value in `options.id_column`, are captions of one item. Parquet
    cells may store the images themselves, as bytes or as `{"bytes", "path"}`.

    Raises:
        GapvizError: no table, no column of images, or no image that can be read.
    """
    files = _tables(path, options) if path.is_dir() else [path]
    if not files:
        raise GapvizError(
            "holds no Parquet files", where=shown(str(path)), hint="give a table or their folder"
        )
    table_root = path if path.is_dir() else path.parent
    rows = _read(files, path, table_root, options, lenient=False)
    if rows.builder.is_empty:
        rows = _read(files, path, table_root, options, lenient=True)
    return rows.builder.reading(source_name(path), rows.root, options)


def looks_like_image_table(path: Path) -> bool:
    """Whether it is a table with a column of images, or a folder of Parquet that stores them."""
    try:
        if path.is_dir():
            files = _parquet_files(path)
            return bool(files) and _stores_images(files[0])
        return has_ending(*CAPTION_ENDINGS)(path) and may_list_images(path)
    except GapvizError:
        return False


def _read(
    files: Sequence[Path], path: Path, table_root: Path, options: ReadOptions, *, lenient: bool
) -> _TableRows:
    rows = _TableRows(table_root, options, lenient=lenient)
    if path.is_dir():
        folder_files(path, rows.builder)
        rows.builder.captions_from = "the Parquet files"
    for file in files:
        rows.add_table(open_caption_table(file, file.relative_to(table_root).as_posix()))
    for note in rows.pictures.notes():
        rows.builder.skip(path.name, note)
    return rows


def is_named_table(path: Path, options: ReadOptions) -> bool | None:
    """True where a column of images is named that it has, or that a table of the folder has."""
    return True if _named_tables(path, options) else None


def _tables(folder: Path, options: ReadOptions) -> Sequence[Path]:
    return _named_tables(folder, options) or _parquet_files(folder)


def _named_tables(path: Path, options: ReadOptions) -> Sequence[Path]:
    """The tables that have the column of images that the options name."""
    if options.image_column is None:
        return ()
    files = files_in(path, "*") if path.is_dir() else [path]
    return [
        file
        for file in files
        if has_ending(*CAPTION_ENDINGS)(file) and _has_column(file, options.image_column)
    ]


def _has_column(file: Path, name: str) -> bool:
    try:
        return is_named(open_caption_table(file, file.name).columns, name)
    except GapvizError:
        return False


class _TableRows:
    """Adds the rows of one table after the other to a builder."""

    def __init__(self, table_root: Path, options: ReadOptions, *, lenient: bool) -> None:
        self.root = options.image_folder or table_root
        self.builder = CollectionBuilder()
        self._options = options
        self.pictures = RowPictures(self.root, lenient=lenient)

    def add_table(self, table: SourceTable) -> None:
        columns = image_columns(table, self._options)
        for place, row, fields in self.builder.rows(table, columns):
            stored = stored_bytes(row.values.get(columns.image or ""))
            if stored is not None:
                self._add_stored(stored, fields, row, table, columns, place)
            elif fields.image is not None:
                self._add_named(fields.image, fields, place)
            else:
                self.builder.skip(place, "names no image")

    def _add_named(self, named: str, fields: Fields, place: str) -> None:
        name, flaw = self.pictures.named(named)
        if flaw is not None:
            self.builder.skip(place, flaw)
            return
        self._add(name, path_reference(name), fields, place)

    def _add_stored(
        self,
        content: bytes,
        fields: Fields,
        row: Row,
        table: SourceTable,
        columns: Columns,
        place: str,
    ) -> None:
        reference, flaw = self.pictures.stored(content, row, table, str(columns.image))
        if flaw is not None:
            self.builder.skip(place, flaw)
            return
        key = one_line(fields.image or "")
        if not key or key in self.builder:
            key = f"{table.name}#{row.number}"
        self._add(key, reference, fields, place)

    def _add(self, key: str, image: str, fields: Fields, place: str) -> None:
        """Add a row; by `options.id_column` it belongs to that item, whatever its image."""
        if self._options.id_column and fields.id:
            key = fields.id
        if self.builder.add(key, image, fields, where=place) != image:
            why = f"has another image for {shown(key)!r}, whose first image is kept"
            self.builder.skip(place, why)


def _parquet_files(folder: Path) -> Sequence[Path]:
    """Parquet files of a folder, else of its `data/`, in natural order."""
    return files_in(folder, "*.parquet") or files_in(folder / "data", "*.parquet")


def _stores_images(file: Path) -> bool:
    table = open_table(file, file.name)
    image = usual_name(table.columns, "image")
    fields = table.struct_columns.get(image or "", ())
    return image in table.binary_columns or "bytes" in fields


FORMAT = Format(
    "image_table",
    "a table or list of images with captions (.csv, .tsv, .jsonl, .parquet, .json, .txt, .token)",
    looks_like_image_table,
    read_image_table,
    priority=46,
    endings=CAPTION_ENDINGS,
    hint="call the column of image paths file_name, or name it",
    alone=False,
    told=is_named_table,
)
