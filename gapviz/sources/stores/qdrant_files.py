"""Qdrant in files: one client a folder, and nothing in it that Python would have to run.

The client keeps the points of a folder as pickles in SQLite, and reads them all when it opens it.
"""

from __future__ import annotations

import pickle
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.clients import client_module

MEMORY = ":memory:"
"""In place of a folder: a store that ends with the process."""

POINT = ("qdrant_client.http.models.models", "PointStruct")
"""All that the pickles of a folder name beside plain values."""


class _PlainPoints(pickle.Unpickler):
    """Reads points, and refuses whatever else a pickle could call."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) != POINT:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def refuse_code(folder: Path) -> None:
    """Raise `GapvizError` where a point of the folder is more than plain values.

    Reading a pickle may run whatever its writer wanted, so that each is read first by a reader
    that knows nothing but points.
    """
    for path in sorted(folder.glob("collection/*/storage.sqlite")):
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
                for row in file.execute("SELECT id, point FROM points"):
                    _PlainPoints(BytesIO(row[1])).load()
        except (sqlite3.Error, pickle.UnpicklingError, ValueError, EOFError, TypeError) as error:
            raise GapvizError(
                f"the points of {path.parent.name!r} are damaged or hold code, which is never run",
                where=str(folder),
                hint="open a folder that qdrant-client wrote, or a server",
            ) from error


@dataclass(slots=True)
class _Held:
    client: Any
    users: int


_CLIENTS: dict[str, _Held] = {}
_LOCK = Lock()


def held_client(folder: Path, *, create: bool) -> Any:
    """The one client of a folder in this process; give it back by `let_go`.

    Raises:
        GapvizError: no such folder, another process holds it, or it holds code.
    """
    library = client_module("qdrant_client", "Qdrant", "qdrant")
    name = _name_of(folder)
    with _LOCK:
        if name not in _CLIENTS:
            _CLIENTS[name] = _Held(_opened(library, folder, create), 0)
        _CLIENTS[name].users += 1
        return _CLIENTS[name].client


def let_go(folder: Path) -> None:
    """Close the client of a folder with its last user; what is in memory stays."""
    name = _name_of(folder)
    with _LOCK:
        held = _CLIENTS[name]
        held.users -= 1
        if not held.users and name != MEMORY:
            _CLIENTS.pop(name).client.close()


def _name_of(folder: Path) -> str:
    return MEMORY if folder.name == MEMORY else str(folder.absolute())


def _opened(library: Any, folder: Path, create: bool) -> Any:
    if folder.name == MEMORY:
        return library.QdrantClient(MEMORY)
    if not create and not (folder / "meta.json").is_file():
        raise GapvizError(
            "is no folder of Qdrant", where=str(folder), hint="give a folder that holds a meta.json"
        )
    refuse_code(folder)
    try:
        return library.QdrantClient(path=str(folder))
    except RuntimeError as error:
        raise GapvizError(
            "another program has this folder open, and Qdrant lets one in at a time",
            where=str(folder),
            hint="close it there, or run a Qdrant server",
        ) from error
