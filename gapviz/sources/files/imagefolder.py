"""Hugging Face's imagefolder: images, and a `metadata` table that names and describes them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from gapviz.sources.files.described_images import DescribedImages
from gapviz.sources.files.folders import files_in, peeked_folders
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.tables import TABLE_ENDINGS

METADATA_FILES = frozenset(f"metadata{ending}" for ending in TABLE_ENDINGS)
"""In any letter case."""


def read_imagefolder(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, described by the metadata of the folder that it lies in.

    Several rows that name one file are several captions of one item. An image that no row
    names has none. A metadata file that cannot be used is listed, and the others still count.
    Where no metadata has a column of labels, folders of classes give them.

    Raises:
        GapvizError: no folder, no image that can be read, or none of its metadata can be used.
    """
    described = DescribedImages(path, options)
    tables = [name for name in described.names if _is_metadata(name)]
    refused = [error for name in tables if (error := described.add(name)) is not None]
    if refused and len(refused) == len(tables):
        raise refused[0]
    return described.reading()


def looks_like_imagefolder(path: Path) -> bool:
    """Whether the folder or one directly in it holds a `metadata` table."""
    return any(
        _is_metadata(file.name)
        for folder in peeked_folders(path)
        for file in files_in(folder, "[mM]*.*")
    )


def _is_metadata(name: str) -> bool:
    return PurePosixPath(name).name.lower() in METADATA_FILES


FORMAT = Format(
    "imagefolder",
    "a folder of images with metadata",
    looks_like_imagefolder,
    read_imagefolder,
    priority=44,
)
