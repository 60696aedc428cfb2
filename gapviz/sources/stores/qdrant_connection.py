"""The client of Qdrant: of a server, or one a folder, in which nothing may be code.

The client keeps the points of a folder as pickles in SQLite, and reads them all when it opens it.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.sources.stores.address import StoreAddress

PORT = 6333
KEY = "QDRANT_API_KEY"

MEMORY = ":memory:"
"""Name of a folder that is none: what is in it ends with the process."""

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


def _held_client(folder: Path, *, create: bool) -> Any:
    """The one client of a folder in this process; give it back by `close_client`.

    Raises:
        GapvizError: no such folder, another process holds it, or it holds code.
    """
    library = needed("qdrant_client")
    name = str(folder.absolute())
    with _LOCK:
        if name not in _CLIENTS:
            _CLIENTS[name] = _Held(_opened(library, folder, create), 0)
        _CLIENTS[name].users += 1
        return _CLIENTS[name].client


def close_client(address: StoreAddress, client: Any) -> None:
    """Close it; that of a folder with its last user, and what is in memory stays."""
    if not address.in_files:
        client.close()
        return
    name = str(address.folder.absolute())
    with _LOCK:
        held = _CLIENTS[name]
        held.users -= 1
        if not held.users and address.folder.name != MEMORY:
            _CLIENTS.pop(name).client.close()


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


def open_client(address: StoreAddress, *, create: bool) -> Any:
    """An open client; a folder has one in this process."""
    if address.in_files:
        return _held_client(address.folder, create=create)
    library = needed("qdrant_client")
    secure = address.options.get("tls", "").lower() in ("true", "1", "yes")
    host = f"[{address.host}]" if ":" in address.host else address.host
    return library.QdrantClient(
        url=f"http{'s' * secure}://{host}:{address.port or PORT}",
        api_key=os.environ.get(KEY) or None,
        prefix=address.path or None,
        timeout=60,
        check_compatibility=False,
    )


@contextmanager
def explained(address: StoreAddress) -> Iterator[None]:
    """What the client raises, in a sentence."""
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

    try:
        yield
    except GapvizError:
        raise
    except UnexpectedResponse as error:
        if error.status_code in (401, 403):
            raise GapvizError(
                "the server refuses", where=str(address), hint=f"set {KEY} to a key that may read"
            ) from error
        content = error.content.decode("utf-8", "replace")[:200]
        raise GapvizError(
            f"the server answers {error.status_code}: {content}", where=str(address)
        ) from error
    except (ApiException, QdrantException, OSError) as error:
        raise GapvizError(
            "the server does not answer",
            where=str(address),
            hint="check the host and the port, and add ?tls=true where it speaks https",
        ) from error
    except ValueError as error:
        raise GapvizError(f"Qdrant cannot do this: {error}", where=str(address)) from error
