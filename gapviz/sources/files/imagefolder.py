"""Hugging Face's imagefolder: images, and a `metadata` table that names and describes them."""

from __future__ import annotations

import posixpath
from collections.abc import Set
from pathlib import Path, PurePosixPath

from gapviz.core.errors import GapvizError
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.columns import Columns, choose_columns
from gapviz.sources.files.folders import folder_files, peeked_folders, source_name, whole_images
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.tables import TABLE_ENDINGS, Table, open_table
from gapviz.sources.images.references import path_reference

METADATA_FILES = tuple(f"metadata{ending}" for ending in TABLE_ENDINGS)


def read_imagefolder(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, described by the metadata of the folder that it lies in.

    Several rows that name one file are several captions of one item. An image that no row
    names has none. A metadata file that cannot be used is listed, and the others still count.

    Raises:
        GapvizError: no folder, no image that can be read, or none of its metadata can be used.
    """
    builder = CollectionBuilder()
    names = folder_files(path, builder)
    images = set(whole_images(path, names, builder))
    broken = {skipped.what for skipped in builder.skipped} | options.left_out
    refused: list[GapvizError] = []
    tables = [name for name in names if PurePosixPath(name).name in METADATA_FILES]
    for name in tables:
        try:
            table = open_table(path / name, name)
            columns = choose_columns(table.columns, options, where=name, needs_image=True)
        except GapvizError as error:
            refused.append(error)
            builder.skip(name, error.what)
            continue
        _add_rows(table, columns, images, broken, builder)
    if refused and len(refused) == len(tables):
        raise refused[0]
    for name in names:
        if name in images and name not in builder:
            builder.add(name, path_reference(name))
    return builder.reading(source_name(path), path, options)


def looks_like_imagefolder(path: Path) -> bool:
    """Whether the folder or one directly in it holds a `metadata` table."""
    return any(
        (folder / name).is_file() for folder in peeked_folders(path) for name in METADATA_FILES
    )


def _add_rows(
    table: Table, columns: Columns, images: set[str], broken: Set[str], builder: CollectionBuilder
) -> None:
    folder = posixpath.dirname(table.name)
    for place, _, fields in builder.rows(table, columns):
        if fields.image is None:
            builder.skip(place, "names no file")
            continue
        image = posixpath.normpath(posixpath.join(folder, fields.image))
        if image in images:
            builder.add(image, path_reference(image), fields, where=place)
        elif image not in broken:
            builder.skip(place, _why_absent(image))


def _why_absent(image: str) -> str:
    if image.startswith(("/", "../")) or image == "..":
        return "names a file outside the folder"
    return "names a file that is not there, or is no image"


FORMAT = Format(
    "imagefolder",
    "a folder of images with metadata",
    looks_like_imagefolder,
    read_imagefolder,
    priority=44,
)
