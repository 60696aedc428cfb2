"""From an upload, a path or a published set to a stored collection."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.files.format import ReadOptions, read
from gapviz.sources.files.texts import shown
from gapviz.sources.files.upload import THE_UPLOAD, store_vectors_upload, unpack_upload
from gapviz.sources.library.stored import MAKE_ROOM, StoredCollection, Workspace
from gapviz.sources.published import REFERENCE_SETS, fetch, read_reference_set
from gapviz.storage.files import unwritable

ARCHIVE = ".zip"


@dataclass(frozen=True, slots=True)
class Incoming:
    """How a visitor wants a source to be read and called."""

    title: str = ""
    """For people; the source's own name where empty."""
    options: ReadOptions = ReadOptions()


def add_upload(
    workspace: Workspace,
    name: str,
    content: BinaryIO,
    incoming: Incoming,
    progress: Progress = no_progress,
) -> StoredCollection:
    """Unpack, read and keep a zip of images and captions, or one file of vectors.

    Args:
        workspace: that it goes into.
        name: of the file as the visitor called it; never used as a path.
        content: the file, opened for reading.
        incoming: how to read it.
        progress: called at each stage; may raise to cancel.

    Raises:
        GapvizError: an upload over its limits, one that no reader knows, or what its reader
            says. Nothing is left behind.
    """
    plain = Path(name.replace("\\", "/")).name
    with _landing(workspace, shown(plain)) as landing:
        folder = landing / "files"
        progress(0.05, "unpacking")
        options = replace(incoming.options, within=folder)
        if name.lower().endswith(ARCHIVE):
            unpacked = unpack_upload(content, folder)
            source, skipped = folder, unpacked.skipped
            options = replace(options, left_out=unpacked.left_out)
        else:
            source, skipped = store_vectors_upload(plain, content, folder), ()
        progress(0.4, "reading")
        reading = read(str(_single(source)), options)
        progress(0.9, "keeping")
        return workspace.add(
            reading.collections,
            title=incoming.title or Path(plain).stem,
            origin=f"upload {plain}",
            files=folder,
            skipped=(*skipped, *reading.skipped),
        )


def add_path(
    workspace: Workspace,
    text: str,
    folders: tuple[Path, ...],
    incoming: Incoming,
    progress: Progress = no_progress,
) -> StoredCollection:
    """Read a file or folder of this machine, and keep its items; its images stay there.

    Args:
        workspace: that it goes into.
        text: the path, below one of `folders`.
        folders: that may be read, as in `Configuration.folders`.
        incoming: how to read it.
        progress: called at each stage; may raise to cancel.

    Raises:
        GapvizError: a path outside `folders`, or as `read`.
    """
    path = allowed_path(text, folders)
    within = next((f for f in folders if path.is_relative_to(f.resolve())), path.parent)
    progress(0.1, "reading")
    reading = read(str(path), replace(incoming.options, within=within))
    progress(0.9, "keeping")
    return workspace.add(
        reading.collections,
        title=incoming.title or path.stem,
        origin=f"folder {path}" if path.is_dir() else f"file {path}",
        skipped=reading.skipped,
    )


def add_reference_set(
    workspace: Workspace, name: str, progress: Progress = no_progress
) -> tuple[StoredCollection, ...]:
    """Fetch a published set, check every file, and keep its collections.

    Raises:
        GapvizError: no such set, no connection, or a file that is not the published one.
    """
    known = REFERENCE_SETS[name]
    folder = fetch(name, progress=progress)
    return tuple(
        workspace.add(
            reading.collections,
            title=reading.collection.name,
            origin=f"{known.repository} at {known.commit[:12]}, {known.licence}",
            skipped=reading.skipped,
        )
        for reading in read_reference_set(name, folder)
    )


@contextmanager
def _landing(workspace: Workspace, name: str) -> Iterator[Path]:
    """A folder on the workspace's disk, deleted at the end whatever happens.

    Errors name the upload as the visitor does, not the folder it lies in for now.
    """
    try:
        workspace.home.mkdir(parents=True, exist_ok=True)
        landing = TemporaryDirectory(
            prefix=".landing-", dir=workspace.home, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise unwritable(workspace.home, error, hint=MAKE_ROOM) from error
    with landing as folder:
        try:
            yield Path(folder)
        except GapvizError as error:
            what, where, hint = (
                _without(folder, name, text) for text in (error.what, error.where, error.hint)
            )
            raise GapvizError(what, where=where, hint=hint) from error


def _without(landing: str, name: str, text: str) -> str:
    for place in {landing, os.path.realpath(landing)}:
        folder = re.escape(f"{place}{os.sep}files")
        text = re.sub(f"{folder}{re.escape(os.sep)}", "", text)
        text = re.sub(f"{folder}|{re.escape(place)}", lambda _: name, text)
    # Readers call a collection after its folder, and an open file has no name.
    return name if text in ("files", THE_UPLOAD) else text


def _single(source: Path) -> Path:
    """The one file of vectors in a folder that holds nothing else, else the folder."""
    entries = list(source.iterdir()) if source.is_dir() else []
    one = entries[0] if len(entries) == 1 else source
    return one if one.is_file() else source
