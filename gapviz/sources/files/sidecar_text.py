"""A folder with a `.txt` (and perhaps a `.json`) beside each image, as img2dataset leaves it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath

from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.columns import NOTHING, Fields, fields_beside
from gapviz.sources.files.folders import (
    folder_files,
    peeked_images,
    small_file,
    source_name,
    whole_images,
)
from gapviz.sources.files.format import Format
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.images.references import path_reference

LOOKED_AT = 50
"""Images whose neighbours are looked for to recognise the format."""


def read_sidecar_text(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, with the lines of the `.txt` beside it as its captions.

    A `.json` beside it adds its caption and its label.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    builder = CollectionBuilder()
    names = folder_files(path, builder)
    present = set(names)
    for name in whole_images(path, names, builder):
        said = NOTHING
        for ending in (".txt", ".json"):
            beside = str(PurePosixPath(name).with_suffix(ending))
            if beside in present:
                more = _fields(path, beside, options, builder)
                said = replace(more, captions=said.captions + more.captions)
        builder.add(name, path_reference(name), said)
    return builder.reading(source_name(path), path, options)


def looks_like_sidecar_text(path: Path) -> bool:
    """Whether one of the first images has a `.txt` beside it."""
    return any(
        (path / name).with_suffix(".txt").is_file()
        for name in islice(peeked_images(path), LOOKED_AT)
    )


def _fields(root: Path, name: str, options: ReadOptions, builder: CollectionBuilder) -> Fields:
    """What a `.txt` or `.json` says; what is wrong with it is listed."""
    try:
        fields = fields_beside(PurePosixPath(name).suffix, small_file(root / name), options)
    except ValueError as error:
        fields = Fields(flaw=str(error))
    if fields.flaw:
        builder.skip(name, fields.flaw)
    return replace(fields, flaw=None)


FORMAT = Format(
    "sidecar_text",
    "a folder of images with a .txt each",
    looks_like_sidecar_text,
    read_sidecar_text,
    priority=60,
)
