"""Folders named after what they show: the folder's name is the label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from gapviz.sources.files.columns import Fields
from gapviz.sources.files.folders import peeked_images, read_folder
from gapviz.sources.files.format import Format, Reading, ReadOptions

# Halves of a data set, parts of a large one, and mere containers are no classes.
_NO_CLASS = re.compile(
    r"(train|training|val|valid|validation|test|testing|dev|all|images?|imgs?|pictures|photos|data)"
    r"[\W_]?\d*|\d{4,}",
    re.IGNORECASE,
)


def class_labels(images: Iterable[str]) -> dict[str, str]:
    """The label of each image where all lie in folders of at least two classes, else none."""
    labels = {name: PurePosixPath(name).parent.name for name in images}
    classes = {*labels.values()}
    are_classes = len(classes) >= 2 and "" not in classes
    if not are_classes or any(_NO_CLASS.fullmatch(one) for one in classes):
        return {}
    return labels


def read_class_folders(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, labelled by the folder it lies in.

    The caption is `options.template`, with underscores of the label as spaces. An image
    that lies directly in `path` has neither.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    return read_folder(
        path, options, lambda name, *_: Fields(label=PurePosixPath(name).parent.name or None)
    )


def looks_like_class_folders(path: Path) -> bool:
    """Whether all images lie in subfolders, of at least two names."""
    parents = {PurePosixPath(name).parent.name for name in peeked_images(path)}
    return len(parents) >= 2 and "" not in parents


FORMAT = Format(
    "class_folders",
    "folders of images, one a class",
    looks_like_class_folders,
    read_class_folders,
    priority=70,
    has_columns=False,
)
