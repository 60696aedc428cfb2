"""A folder of images, and not a word with them."""

from __future__ import annotations

from pathlib import Path

from gapviz.sources.files.folders import folder_files, peeked_images, source_name, whole_images
from gapviz.sources.files.gathering import DEFAULT_OPTIONS, Gathering
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.images import path_reference


def read_plain_folder(path: Path, options: ReadOptions = DEFAULT_OPTIONS) -> Reading:
    """Every image below `path`, without captions or labels.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    gathering = Gathering()
    for name in whole_images(path, folder_files(path, gathering), gathering):
        gathering.add(name, image=path_reference(name))
    return gathering.reading(source_name(path), path, options)


def looks_like_plain_folder(path: Path) -> bool:
    """Whether there is an image below it."""
    return bool(peeked_images(path))
