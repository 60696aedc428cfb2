"""From an upload, a path or a published set to a stored collection."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, BinaryIO

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.files.beside import read
from gapviz.sources.files.format import ReadOptions, Skipped
from gapviz.sources.files.limits import UPLOADS
from gapviz.sources.files.texts import shown
from gapviz.sources.files.upload import (
    THE_UPLOAD,
    store_archive,
    store_vectors_upload,
    unpack_upload,
)
from gapviz.sources.library.stored import MAKE_ROOM, StoredCollection, Workspace
from gapviz.sources.published import REFERENCE_SETS, fetch, read_reference_set
from gapviz.sources.source import read as read_source
from gapviz.sources.stores.allowed import allowed_store
from gapviz.sources.stores.read_only import written
from gapviz.storage.background_process import Allowance, confined, runs_in_process
from gapviz.storage.files import private_folder, unwritable
from gapviz.storage.leftovers import LANDING, owned_room
from gapviz.storage.read_only import refuse_if_read_only

ARCHIVE = ".zip"
FILES = "files"
"""In the folder that an upload comes into: what it holds."""

ALLOWANCE = Allowance(memory=4_000_000_000, seconds=300)
"""What reading an upload may take: four times what it may unpack to."""

OF_THE_READER = frozenset({
    "limits", "left_out", "image_folder", "within", "progress", "queries", "judgments",
    "query_vectors",
})  # fmt: skip
"""Fields of `ReadOptions` that no visitor says."""


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
        archive = landing / "upload.zip" if name.lower().endswith(ARCHIVE) else None
        if archive is None:
            store_vectors_upload(plain, content, landing / FILES)
        else:
            store_archive(content, archive)
        arguments = {
            "home": str(workspace.home.absolute()),
            "landing": str(landing.absolute()),
            "archive": None if archive is None else str(archive.absolute()),
            "name": plain,
            "title": incoming.title,
            "options": _plain_options(incoming.options),
        }
        told = confined(
            read_upload,
            arguments,
            folder=landing / "task",
            allowance=ALLOWANCE,
            hint=UPLOADS.hint,
            progress=progress,
        )
        return workspace.find(str(told["id"]))


@runs_in_process
def read_upload(
    *,
    home: str,
    landing: str,
    archive: str | None,
    name: str,
    title: str,
    options: Mapping[str, Any],
    progress: Progress,
) -> dict[str, Any]:
    """Unpack, read and keep an upload; all of it that decodes anything.

    Args:
        home: of the workspace.
        landing: the folder that it has come into.
        archive: a zip, not yet unpacked; None where the files are there.
        name: of the upload, for people.
        title: as in `Incoming`.
        options: the fields of `Incoming.options` that say something.
        progress: called at each stage.

    Returns:
        `id` of the stored collection.

    Raises:
        GapvizError: as `add_upload`.
    """
    folder = Path(landing) / FILES
    told: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in options.items()
    }
    chosen = ReadOptions(**told, limits=UPLOADS, within=folder)
    skipped: tuple[Skipped, ...] = ()
    if archive is not None:
        progress(0.05, "unpacking")
        with Path(archive).open("rb") as content:
            unpacked = unpack_upload(content, folder)
        chosen, skipped = replace(chosen, left_out=unpacked.left_out), unpacked.skipped
    progress(0.4, "reading")
    reading = read(str(_single(folder)), chosen)
    progress(0.9, "keeping")
    stored = Workspace(Path(home)).add(
        reading.collections,
        title=title or Path(name).stem,
        origin=f"upload {name}",
        files=folder,
        skipped=(*skipped, *reading.skipped),
    )
    return {"id": stored.id}


def _plain_options(options: ReadOptions) -> dict[str, Any]:
    """What differs from the usual, as values for JSON."""
    usual = ReadOptions()
    names = (field.name for field in fields(options) if field.name not in OF_THE_READER)
    told = {name: getattr(options, name) for name in names}
    return {name: value for name, value in told.items() if value != getattr(usual, name)}


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
        GapvizError: a path outside `folders`, a gapviz that only shows, or as `read`.
    """
    refuse_if_read_only("no folder is opened by path")
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


def add_store(
    workspace: Workspace,
    text: str,
    hosts: tuple[str, ...],
    folders: tuple[Path, ...],
    incoming: Incoming,
    progress: Progress = no_progress,
) -> StoredCollection:
    """Read the collection of a vector store, and keep its items, or the sample of them.

    Args:
        workspace: that it goes into.
        text: the address of the store.
        hosts: that may be asked, as in `Configuration.stores`.
        folders: that may be read, as in `Configuration.folders`.
        incoming: how to read it.
        progress: called at each stage; may raise to cancel: the next time goes on there.

    Raises:
        GapvizError: as `allowed_store` and `read_store`, or a gapviz that only shows.
    """
    refuse_if_read_only("no store is opened by address")
    address = allowed_store(text, hosts, folders)
    limits = replace(UPLOADS, hint="read a smaller sample")
    reading = read_source(
        written(address), replace(incoming.options, limits=limits, progress=progress)
    )
    progress(0.98, "keeping")
    collection = reading.collection
    return workspace.add(
        reading.collections,
        title=incoming.title or collection.name,
        origin=f"store {address}" + (f", {collection.store.words}" if collection.store else ""),
        skipped=reading.skipped,
    )


def add_reference_set(
    workspace: Workspace, name: str, progress: Progress = no_progress
) -> tuple[StoredCollection, ...]:
    """Fetch a published set, check every file, and keep its collections.

    Raises:
        GapvizError: no such set, no connection, or a file that is not the published one.
    """
    origin = _origin_of(name)
    folder = fetch(name, progress=progress)
    return tuple(
        workspace.add(
            reading.collections,
            title=reading.collection.name,
            origin=origin,
            skipped=reading.skipped,
        )
        for reading in read_reference_set(name, folder)
    )


def of_reference_set(workspace: Workspace, name: str) -> StoredCollection | None:
    """The first collection that came of a published set; None while there is none."""
    origin = _origin_of(name)
    return next((one for one in workspace.collections() if one.origin == origin), None)


def _origin_of(name: str) -> str:
    known = REFERENCE_SETS[name]
    return f"{known.title}: {known.repository} at {known.commit[:12]}, {known.licence}"


@contextmanager
def _landing(workspace: Workspace, name: str) -> Iterator[Path]:
    """A folder on the workspace's disk, deleted at the end whatever happens.

    Errors name the upload as the visitor does, not the folder it lies in for now.
    """
    with ExitStack() as held:
        refuse_if_read_only("nothing is uploaded")
        try:
            private_folder(workspace.home)
            folder = held.enter_context(owned_room(workspace.home, LANDING))
        except OSError as error:
            raise unwritable(workspace.home, error, hint=MAKE_ROOM) from error
        try:
            yield folder
        except GapvizError as error:
            what, where, hint = (
                _without(str(folder), name, text) for text in (error.what, error.where, error.hint)
            )
            raise GapvizError(what, where=where or name, hint=hint) from error


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
