"""A folder with a `.txt` (and perhaps a `.json`) beside each image, as img2dataset leaves it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath

from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.columns import NOTHING, Fields, fields_beside
from gapviz.sources.files.folders import peeked_images, read_folder
from gapviz.sources.files.format import Format, Reading, ReadOptions

LOOKED_AT = 50
"""Images whose neighbours are looked for to recognise the format."""


def read_sidecar_text(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, with the lines of the `.txt` beside it as its captions.

    A `.json` beside it adds its caption and its label.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """

    def describe(name: str, files: Set[str], builder: CollectionBuilder) -> Fields:
        said = NOTHING
        for ending in (".txt", ".json"):
            beside = str(PurePosixPath(name).with_suffix(ending))
            if beside in files:
                more = _fields(path / beside, options)
                if more.flaw:
                    builder.skip(beside, more.flaw)
                said = replace(more, captions=said.captions + more.captions, flaw=None)
        return said

    return read_folder(path, options, describe)


def looks_like_sidecar_text(path: Path) -> bool:
    """Whether one of the first images has a `.txt` beside it."""
    return any(
        (path / name).with_suffix(".txt").is_file()
        for name in islice(peeked_images(path), LOOKED_AT)
    )


def _fields(file: Path, options: ReadOptions) -> Fields:
    try:
        with file.open("rb") as content:
            return fields_beside(file.suffix, content, options)
    except OSError as error:
        return Fields(flaw=f"cannot be read ({error.strerror or error})")


FORMAT = Format(
    "sidecar_text",
    "a folder of images with a .txt each",
    looks_like_sidecar_text,
    read_sidecar_text,
    priority=60,
)
