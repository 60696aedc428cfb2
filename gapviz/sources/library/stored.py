"""The collections that a person added, kept on disk, each as one or more encoders saw it.

HOME/collections/ID holds `about.json` (title, origin, where its images lie), `items/`
(the items, without vectors), `files/` (what was uploaded, if it was) and in
`encodings/SLUG/` a saved `Collection` per encoder.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gapviz.core.collection import UNNAMED_MODEL, Collection
from gapviz.core.encoder_record import NO_RECORD
from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.sources.files.format import Skipped
from gapviz.sources.files.texts import is_utf8, shown
from gapviz.storage.cache import content_key
from gapviz.storage.configuration import configuration
from gapviz.storage.files import (
    PRIVATE_FILE,
    bytes_in,
    private_folder,
    swapped_in,
    unwritable,
    write_atomically,
)
from gapviz.storage.leftovers import recover
from gapviz.storage.read_only import is_read_only, refuse_if_read_only
from gapviz.storage.saved_collection import VECTORS_FILE, load_collection, save_collection
from gapviz.storage.sealed_json import opened_json, sealed_json

ABOUT_FILE = "about.json"
LOCK_FILE = ".lock"

PATIENCE = 60.0
"""Seconds that a change waits for another one, of this process or of any other."""

MAKE_ROOM = "make room there, or name another folder in GAPVIZ_HOME"

# What reading raises where a file is gone, or holds another thing than was written.
_DAMAGE = (OSError, TypeError, ValueError, AttributeError, OverflowError)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True, slots=True)
class StoredEncoding:
    """The vectors that one encoder made of a stored collection."""

    encoder: str
    folder: Path
    dim: int
    rows: Mapping[str, int]
    """Vectors by modality."""
    loads_as: str | None = None
    """What `load_encoder` takes to encode more in the same way, where it is not `encoder`."""

    @property
    def size(self) -> int:
        """Bytes on disk, counted now."""
        return bytes_in(self.folder)


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """One collection of the workspace; its items are not loaded yet."""

    id: str
    title: str
    origin: str
    """Where it came from, in words."""
    n_items: int
    root: Path | None
    """Where its images lie."""
    folder: Path
    encodings: tuple[StoredEncoding, ...]
    skipped: tuple[Skipped, ...] = ()
    """What its source held that did not become part of it."""

    @property
    def size(self) -> int:
        """Bytes on disk, counted now: uploads and encodings, not images that lie elsewhere."""
        return bytes_in(self.folder)

    def encoding(self, encoder: str) -> StoredEncoding:
        """The vectors of one encoder.

        Raises:
            GapvizError: there are none by that encoder.
        """
        for stored in self.encodings:
            if stored.encoder == encoder:
                return stored
        raise GapvizError(
            f"has not been encoded with {encoder[:80]!r}",
            where=self.title,
            hint="encode it on the Data page",
        )


class Workspace:
    """All stored collections below one folder.

    Args:
        home: the folder; `Configuration.home` unless given. It is made when first written to.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or configuration().home
        self._folder = self.home / "collections"

    def collections(self) -> tuple[StoredCollection, ...]:
        """Every stored collection, by title; `damaged` has those that cannot be read."""
        try:
            folders = [entry for entry in self._folder.iterdir() if _ID.fullmatch(entry.name)]
        except OSError:
            return ()
        stored = [self._read(folder) for folder in folders]
        return tuple(sorted((one for one in stored if one), key=lambda one: (one.title, one.id)))

    def damaged(self) -> tuple[GapvizError, ...]:
        """What of the stored collections and their encodings cannot be read, and why."""
        try:
            folders = [entry for entry in self._folder.iterdir() if _ID.fullmatch(entry.name)]
        except OSError:
            return ()
        found = []
        for folder in sorted(folders):
            found.append(_damage(folder, _stored))
            found += [_damage(place, _encoding) for place in _places(folder / "encodings")]
        return tuple(filter(None, found))

    def find(self, collection_id: str) -> StoredCollection:
        """One stored collection.

        Raises:
            GapvizError: there is none of that id, or it is damaged.
        """
        known = _ID.fullmatch(collection_id)
        folder = self._folder / collection_id
        stored = self._read(folder) if known else None
        if known and stored is None and folder.is_dir():
            raise _damage(folder, _stored) or GapvizError("is damaged", where=collection_id)
        if stored is None:
            raise GapvizError(
                f"there is no collection {collection_id[:80]!r} in the workspace",
                hint="choose one that the Data page lists",
            )
        return stored

    def add(
        self,
        collections: Iterable[Collection],
        *,
        title: str,
        origin: str = "",
        files: Path | None = None,
        skipped: Iterable[Skipped] = (),
    ) -> StoredCollection:
        """Store the same items as one or more encoders saw them.

        Adding what is there already changes nothing: its id names its content.

        Args:
            collections: as in `Reading.collections`.
            title: for people.
            origin: where it came from, in words.
            files: a folder to move into the workspace, in which the images lie.
            skipped: what did not become part of it, as in `Reading.skipped`.

        Raises:
            GapvizError: a gapviz that only shows, or a folder that cannot be written.
        """
        seen = tuple(collections)
        title, origin = one_line(title), one_line(origin)
        items = replace(
            seen[0],
            modalities={},
            encoder=UNNAMED_MODEL,
            rotated=False,
            encoder_record=NO_RECORD,
        )
        content = content_key(seen=[[one.encoder, one.content_hash] for one in seen])
        name = f"{_slug(title, 48)}-{content[:8]}"
        folder = self._folder / name
        with self._changing(folder):
            if not folder.is_dir():
                about = {
                    "title": title,
                    "origin": origin,
                    "n_items": items.n_items,
                    **_where_images_lie(items.root, files),
                    "skipped": [[one.what, one.why] for one in skipped],
                }
                with swapped_in(folder, private=True) as new:
                    save_collection(items, new / "items")
                    if files is not None:
                        shutil.move(files, new / "files")
                    _write_about(new, about)
            elif files is not None:
                shutil.rmtree(files, ignore_errors=True)
        present = {encoding.encoder for encoding in self.find(name).encodings}
        for collection in seen:
            if collection.modalities and collection.encoder not in present:
                self.put_encoding(name, collection)
        return self.find(name)

    def put_encoding(
        self, collection_id: str, collection: Collection, *, loads_as: str | None = None
    ) -> None:
        """Store the vectors that `collection.encoder` made, in place of earlier ones of its.

        Args:
            collection_id: of the stored collection.
            collection: its items with vectors.
            loads_as: see `StoredEncoding.loads_as`.

        Raises:
            GapvizError: no such collection, no vectors, a gapviz that only shows, or a folder
                that cannot be written.
        """
        collection.refuse_without_vectors()
        encoder = collection.encoder
        name = f"{_slug(encoder, 60)}-{content_key(encoder=encoder)[:8]}"
        target = self.find(collection_id).folder / "encodings" / name
        about = {
            "encoder": encoder,
            "dim": collection.dim,
            "rows": {name: block.n_rows for name, block in collection.modalities.items()},
            "loads_as": loads_as,
        }
        with self._changing(target), swapped_in(target, private=True) as new:
            save_collection(collection, new)
            _write_about(new, about)

    def load(self, collection_id: str, encoder: str | None = None) -> Collection:
        """The items with the vectors of one encoder, or without any.

        Raises:
            GapvizError: no such collection or encoding, or a damaged file.
        """
        stored = self.find(collection_id)
        folder = stored.folder / "items" if encoder is None else stored.encoding(encoder).folder
        return replace(load_collection(folder, root=stored.root), name=stored.title)

    def remove(self, collection_id: str) -> None:
        """Delete a collection with its uploads and encodings; images elsewhere stay.

        Raises:
            GapvizError: no such collection, a gapviz that only shows, or a file that cannot be
                deleted.
        """
        self._delete(self.find(collection_id).folder)

    def remove_encoding(self, collection_id: str, encoder: str) -> None:
        """Delete the vectors of one encoder.

        Raises:
            GapvizError: no such collection or encoding, a gapviz that only shows, or a file that
                cannot be deleted.
        """
        self._delete(self.find(collection_id).encoding(encoder).folder)

    def _delete(self, folder: Path) -> None:
        """Rename it first, so that no reader meets half of it, then delete it."""
        doomed = folder.with_name(f".deleted-{folder.name}")
        with self._changing(folder):
            shutil.rmtree(doomed, ignore_errors=True)
            os.replace(folder, doomed)
            shutil.rmtree(doomed)

    @contextmanager
    def _changing(self, folder: Path) -> Iterator[None]:
        """One change at a time, of whatever process; a refusal of the disk becomes one sentence."""
        refuse_if_read_only("its collections stay as they are")
        try:
            private_folder(self.home)
            with FileLock(self.home / LOCK_FILE, mode=PRIVATE_FILE).acquire(timeout=PATIENCE):
                yield
        except Timeout as error:
            raise GapvizError(
                "is being changed by another gapviz",
                where=str(self.home),
                hint="try again when that has finished",
            ) from error
        except OSError as error:
            raise unwritable(folder, error, hint=MAKE_ROOM) from error

    def _read(self, folder: Path) -> StoredCollection | None:
        if not is_read_only():
            recover(folder)
        with suppress(*_DAMAGE):
            return _stored(folder)
        return None


def _stored(folder: Path) -> StoredCollection:
    about = _about(folder)
    return StoredCollection(
        id=folder.name,
        title=str(about.get("title", folder.name)),
        origin=str(about.get("origin", "")),
        n_items=int(about.get("n_items", 0)),
        root=_root(folder, about),
        folder=folder,
        encodings=tuple(_encodings(folder / "encodings")),
        skipped=tuple(Skipped(what, why) for what, why in about.get("skipped", ())),
    )


def _where_images_lie(root: Path | None, files: Path | None) -> dict[str, str | None]:
    """An upload travels with the workspace; other images stay where they are."""
    if files is None:
        if root is not None and not is_utf8(str(root)):
            raise GapvizError(
                "lies in a folder whose name is not UTF-8",
                where=shown(str(root)),
                hint="rename it, and add the collection again",
            )
        return {"root": None if root is None else str(root.absolute())}
    base, place = files.resolve(), (root or files).resolve()
    return {"files": str(place.relative_to(base)) if place.is_relative_to(base) else "."}


def _root(folder: Path, about: Mapping[str, Any]) -> Path | None:
    if "files" in about:
        return folder / "files" / str(about["files"])
    return Path(about["root"]) if about.get("root") else None


def _encodings(folder: Path) -> Iterable[StoredEncoding]:
    for place in _places(folder):
        with suppress(*_DAMAGE):
            yield _encoding(place)


def _encoding(place: Path) -> StoredEncoding:
    about = _about(place)
    loads_as = about.get("loads_as")
    return StoredEncoding(
        encoder=str(about.get("encoder", UNNAMED_MODEL)),
        folder=place,
        dim=int(about.get("dim", 0)),
        rows={str(name): int(rows) for name, rows in about.get("rows", {}).items()},
        loads_as=None if loads_as is None else str(loads_as),
    )


def _places(folder: Path) -> list[Path]:
    """Folders of encodings, in order; not those that are on their way."""
    if not folder.is_dir():
        return []
    shown = (place for place in folder.iterdir() if not place.name.startswith("."))
    return sorted(place for place in shown if (place / VECTORS_FILE).is_file())


def _damage(folder: Path, read: Callable[[Path], object]) -> GapvizError | None:
    """What is wrong with a stored collection or encoding; None where it can be read."""
    try:
        read(folder)
    except _DAMAGE as error:
        why = getattr(error, "strerror", None) or error
        return GapvizError(
            f"{ABOUT_FILE} is damaged ({why}), so that this is not listed",
            where=str(folder),
            hint="add it or encode it again, and remove this folder",
        )
    return None


def _about(folder: Path) -> dict[str, Any]:
    return opened_json((folder / ABOUT_FILE).read_bytes())


def _write_about(folder: Path, about: Mapping[str, Any]) -> None:
    write_atomically(folder / ABOUT_FILE, sealed_json(about))


def _slug(text: str, longest: int) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:longest].strip("-") or "collection"
