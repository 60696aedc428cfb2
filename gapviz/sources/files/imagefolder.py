"""Hugging Face's imagefolder: images, and a `metadata` table that names and describes them."""

from __future__ import annotations

import posixpath
from collections.abc import Set
from pathlib import Path, PurePosixPath

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import ImageColumns, captions_of, image_columns
from gapviz.sources.files.folders import folder_files, peeked_folders, source_name, whole_images
from gapviz.sources.files.gathering import DEFAULT_OPTIONS, Gathering
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.files.table_rows import Row, Table, open_table
from gapviz.sources.images import path_reference

METADATA_FILES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


def read_imagefolder(path: Path, options: ReadOptions = DEFAULT_OPTIONS) -> Reading:
    """Every image below `path`, described by the metadata of the folder that it lies in.

    Several rows that name one file are several captions of one item. An image that no row
    names has none. A metadata file that cannot be used is listed, and the others still count.

    Raises:
        GapvizError: no folder, no image that can be read, or none of its metadata can be used.
    """
    gathering = Gathering()
    names = folder_files(path, gathering)
    images = set(whole_images(path, names, gathering))
    broken = {skipped.what for skipped in gathering.skipped} | options.left_out
    refused: list[GapvizError] = []
    tables = [name for name in names if PurePosixPath(name).name in METADATA_FILES]
    for name in tables:
        try:
            table = open_table(path / name, name)
            columns = image_columns(table.columns, options, where=name)
        except GapvizError as error:
            refused.append(error)
            gathering.skip(name, error.what)
            continue
        _add_rows(table, columns, images, broken, gathering)
    if refused and len(refused) == len(tables):
        raise refused[0]
    for name in names:
        if name in images and name not in gathering:
            gathering.add(name, image=path_reference(name))
    return gathering.reading(source_name(path), path, options)


def looks_like_imagefolder(path: Path) -> bool:
    """Whether the folder or one directly in it holds a `metadata` table."""
    return any(
        (folder / name).is_file() for folder in peeked_folders(path) for name in METADATA_FILES
    )


def _add_rows(
    table: Table, columns: ImageColumns, images: set[str], broken: Set[str], gathering: Gathering
) -> None:
    folder = posixpath.dirname(table.name)
    for row in table.rows(columns.all, gathering):
        named = row.values.get(columns.image)
        if not isinstance(named, str) or not named.strip():
            gathering.skip(table.place(row), "names no file")
            continue
        image = posixpath.normpath(posixpath.join(folder, named.strip()))
        if image in images:
            _add_row(image, row, table, columns, gathering)
        elif image not in broken:
            gathering.skip(table.place(row), _why_absent(image))


def _add_row(
    image: str, row: Row, table: Table, columns: ImageColumns, gathering: Gathering
) -> None:
    words = captions_of(row.values, columns.captions)
    if words.flaw:
        gathering.skip(table.place(row), words.flaw)
    label = table.label(row, columns.label)
    reference = path_reference(image)
    gathering.add(image, image=reference, captions=words.captions, label=label)


def _why_absent(image: str) -> str:
    if image.startswith(("/", "../")) or image == "..":
        return "names a file outside the folder"
    return "names a file that is not there, or is no image"
