"""The files of a folder, in the order a person would count them; and a folder of images alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Set
from itertools import islice
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.columns import NOTHING, Fields
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.texts import is_utf8, shown
from gapviz.sources.images.decoding import (
    file_flaw,
    is_image_name,
    unread_kind,
    unread_picture,
)
from gapviz.sources.images.references import path_reference

PEEKED_FOLDERS = 200
PEEKED_FILES = 2000
"""How much of a folder is looked at to recognise its format."""

Describe = Callable[[str, Set[str], CollectionBuilder], Fields]
"""From the name of an image, and of all files of the folder, to what is known of the image; the
builder lists what is wrong with other files."""

_DIGITS = re.compile(r"([0-9]+)")
LEFT_BY_SYSTEMS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
"""What file managers add unasked."""


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sort key under which `2.jpg` comes before `10.jpg`."""
    parts = _DIGITS.split(name)
    return tuple(
        (len(part.lstrip("0")), part) if index % 2 else (0, part)
        for index, part in enumerate(parts)
    )


def folder_files(root: Path, builder: CollectionBuilder) -> list[str]:
    """Every regular file below `root`, relative, in natural order; the builder knows them then.

    Hidden files are left out; links that lead out of `root`, links to folders and unreadable
    names are listed as skipped.

    Raises:
        GapvizError: `root` is no folder, or may not be read.
    """
    base = Path(os.path.realpath(root))
    found: list[str] = []
    for entry, relative in _entries(root, builder):
        why = _entry_flaw(entry, base)
        if why is None and not is_utf8(relative):
            why = "has a name that is not UTF-8"
        if why is None:
            found.append(relative)
        else:
            builder.skip(relative, why)
    builder.files = sorted(found, key=natural_key)
    return builder.files


def whole_images(root: Path, names: list[str], builder: CollectionBuilder) -> Iterator[str]:
    """Those names that are pictures, by ending and header; others are listed with the reason."""
    for name in names:
        kind = unread_kind(name)
        if kind is not None:
            builder.skip(name, unread_picture(kind))
        if is_image_name(name):
            flaw = file_flaw(root / name)
            if flaw is None:
                yield name
            else:
                builder.skip(name, flaw)


def read_folder(
    root: Path,
    options: ReadOptions = ReadOptions(),
    describe: Describe = lambda *_: NOTHING,
) -> Reading:
    """Every whole image below `root`, each an item of its own.

    Args:
        root: the folder.
        options: how to read it.
        describe: what is known of an image.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    builder = CollectionBuilder()
    names = folder_files(root, builder)
    files = frozenset(names)
    for name in whole_images(root, names, builder):
        builder.add(name, path_reference(name), describe(name, files, builder), where=name)
    return builder.reading(source_name(root), root, options)


def peeked_images(root: Path) -> list[str]:
    """Some images below `root`, enough to recognise a format by; none where it is no folder."""
    return [name for name in peeked_files(root) if is_image_name(name)]


def peeked_files(root: Path) -> list[str]:
    """Some files below `root`, relative; none where it is no folder."""
    try:
        entries = islice(_entries(root, CollectionBuilder()), PEEKED_FILES)
        return [relative for _, relative in entries]
    except GapvizError:
        return []


def peeked_folders(root: Path) -> list[Path]:
    """`root`, then its direct subfolders, a few hundred at most."""
    try:
        with os.scandir(root) as entries:
            folders = (Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False))
            return [root, *islice(folders, PEEKED_FOLDERS)]
    except OSError:
        return [root]


def files_in(folder: Path, pattern: str) -> list[Path]:
    """The files directly in a folder, in natural order; none where it cannot be read."""
    try:
        found = [file for file in folder.glob(pattern) if file.is_file()]
    except OSError:
        return []
    return sorted(found, key=lambda file: natural_key(file.name))


def source_name(path: Path) -> str:
    """What to call a collection after its file or folder."""
    return path.resolve().name if path.is_dir() else path.stem


def _entries(root: Path, builder: CollectionBuilder) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything below `root` but folders; links to folders are not followed."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    relative = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.name.startswith(".") or entry.name in LEFT_BY_SYSTEMS:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(relative)
                    else:
                        yield entry, relative
        except OSError as error:
            why = f"cannot be read ({error.strerror or error})"
            if not folder:
                hint = "give a folder of images"
                raise GapvizError(why, where=shown(str(root)), hint=hint) from error
            builder.skip(folder, why)


def _entry_flaw(entry: os.DirEntry[str], base: Path) -> str | None:
    if not entry.is_symlink():
        return None if entry.is_file() else "is not a file"
    try:
        target = Path(entry).resolve()
    except (OSError, RuntimeError):
        return "is a link that leads nowhere"
    if not target.is_relative_to(base):
        return "is a link that leads out of the folder"
    return None if target.is_file() else "is a link that leads to no file"


FORMAT = Format(
    "plain_folder",
    "a folder of images",
    lambda path: any(is_image_name(name) or unread_kind(name) for name in peeked_files(path)),
    read_folder,
    priority=80,
    has_columns=False,
)
