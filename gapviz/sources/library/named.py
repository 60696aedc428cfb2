"""Collections of the workspace by what people call them: their title, or their id."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import BUILTIN_ENCODERS
from gapviz.sources.files.beside import with_queries
from gapviz.sources.files.format import Reading, ReadOptions
from gapviz.sources.library.stored import StoredCollection, Workspace
from gapviz.sources.source import is_store
from gapviz.sources.source import read as read_any


def stored_as(name: str, workspace: Workspace | None = None) -> StoredCollection | None:
    """The stored collection of an id, or of a title in whatever case; None if there is none.

    Raises:
        GapvizError: several have this title.
    """
    known = (workspace or Workspace()).collections()
    found = [one for one in known if one.id == name]
    found = found or [one for one in known if one.title.casefold() == name.casefold()]
    if len(found) > 1:
        raise GapvizError(
            f"{len(found)} collections of the dashboard have this title",
            where=name,
            hint=f"name one by its id: {', '.join(one.id for one in found)}",
        )
    return found[0] if found else None


def read_stored(
    stored: StoredCollection, encoder: str | None = None, workspace: Workspace | None = None
) -> Reading:
    """A stored collection as every encoder saw it, or as one did; bare where none has yet.

    Raises:
        GapvizError: no vectors by that encoder, or a damaged file.
    """
    place = workspace or Workspace()
    names = [one.encoder for one in stored.encodings] if encoder is None else [encoder]
    seen = tuple(place.load(stored.id, name) for name in names)
    return Reading(seen or (place.load(stored.id),), stored.skipped)


def stored_under(source: str) -> StoredCollection | None:
    """The stored collection that a source names; None where it names anything else.

    A file or folder is meant before a stored collection of the same name.

    Raises:
        GapvizError: several have this title.
    """
    known = is_store(source) or source in BUILTIN_ENCODERS
    with suppress(OSError, ValueError):  # the reader says what is wrong with such a path
        known = known or Path(source).exists()
    return None if known else stored_as(source)


def read_by_name(source: str, options: ReadOptions = ReadOptions()) -> Reading:
    """Whatever people name: `builtin`, a file or folder, a store, else a stored collection.

    Raises:
        GapvizError: as `gapviz.sources.source.read`, or several have this title.
    """
    stored = stored_under(source)
    if stored is None:
        return read_any(source, options)
    return with_queries(read_stored(stored, options.encoder), options)
