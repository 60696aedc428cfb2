"""Folders named after what they show: the folder's name is the label."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from gapviz.sources.files.folders import folder_files, peeked_images, source_name, whole_images
from gapviz.sources.files.gathering import DEFAULT_OPTIONS, Gathering
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.images import path_reference


def read_class_folders(path: Path, options: ReadOptions = DEFAULT_OPTIONS) -> Reading:
    """Every image below `path`, labelled by the folder it lies in.

    The caption is `options.template`, with underscores of the label as spaces. An image
    that lies directly in `path` has neither.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    gathering = Gathering()
    for name in whole_images(path, folder_files(path, gathering), gathering):
        label = PurePosixPath(name).parent.name or None
        gathering.add(name, image=path_reference(name), label=label)
    return gathering.reading(source_name(path), path, options)


def looks_like_class_folders(path: Path) -> bool:
    """Whether all images lie in subfolders, of at least two names."""
    parents = {PurePosixPath(name).parent.name for name in peeked_images(path)}
    return len(parents) >= 2 and "" not in parents
