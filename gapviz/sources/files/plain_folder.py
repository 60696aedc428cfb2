"""A folder of images, and not a word with them."""

from __future__ import annotations

from pathlib import Path

from gapviz.sources.files.folders import peeked_images, read_folder
from gapviz.sources.files.format import Format
from gapviz.sources.files.reading import Reading, ReadOptions


def read_plain_folder(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, without captions or labels.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    return read_folder(path, options)


def looks_like_plain_folder(path: Path) -> bool:
    """Whether there is an image below it."""
    return bool(peeked_images(path))


FORMAT = Format(
    "plain_folder", "a folder of images", looks_like_plain_folder, read_plain_folder, priority=80
)
