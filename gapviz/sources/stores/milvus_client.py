"""The client of Milvus: of a server, or of one file that threads of this process serve."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.sources.stores.address import StoreAddress

PORT = 19530
TOKEN = "MILVUS_TOKEN"
SUFFIX = ".db"
"""The client takes nothing else for a file."""

_USERS: Counter[str] = Counter()
_LOCK = Lock()


def opened(address: StoreAddress, *, create: bool) -> Any:
    """An open client; of a file, give it back by `let_go`.

    Raises:
        GapvizError: it is not installed, or nothing answers at the address.
    """
    library = needed("pymilvus")
    # It prints every error with its traceback, and raises it.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    if address.in_files:
        # So does the server of Milvus Lite, which lacks what the iterator of the client first asks.
        for name in ("milvus_lite", "grpc._server"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        name = _held_file(address.folder, create=create)
        try:
            with explained(address):
                return library.MilvusClient(name)
        except GapvizError:
            let_go(address.folder)
            raise
    token = os.environ.get(TOKEN, "")
    host = f"[{address.host}]" if ":" in address.host else address.host
    with explained(address):
        return library.MilvusClient(
            uri=f"http{'s' * address.secure(bool(token))}://{host}:{address.port or PORT}",
            token=token,
            db_name=address.path,
            timeout=30,
        )


@contextmanager
def explained(address: StoreAddress) -> Iterator[None]:
    """What the client raises, in a sentence."""
    from grpc import RpcError
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except GapvizError as error:
        if error.where:
            raise
        raise GapvizError(error.what, where=str(address), hint=error.hint) from error
    except (MilvusException, RpcError) as error:
        told = " ".join(str(getattr(error, "message", error)).split())[:200]
        if "open local milvus failed" in told.lower():
            raise GapvizError(
                "Milvus Lite cannot open this file",
                where=str(address),
                hint="close it in other programs: it lets one in at a time",
            ) from error
        if "connect" in told.lower():
            raise GapvizError(
                f"Milvus does not answer: {told}",
                where=str(address),
                hint="check the host and the port, and add ?tls=true where it speaks TLS",
            ) from error
        if "auth" in told.lower() or "permission" in told.lower():
            raise GapvizError(
                f"the server refuses: {told}",
                where=str(address),
                hint=f"set {TOKEN} to user:password or to a key",
            ) from error
        raise GapvizError(f"Milvus cannot do this: {told}", where=str(address)) from error


def _held_file(path: Path, *, create: bool) -> str:
    """The name to open a file by; give it back by `let_go`.

    Raises:
        GapvizError: Milvus Lite is not installed, no such file, or another process holds it.
    """
    needed("milvus_lite")
    name = str(path.absolute())
    if path.suffix != SUFFIX:
        raise GapvizError(
            "a file of Milvus Lite ends in .db",
            where=str(path),
            hint="write for instance milvus:///path/file.db#collection",
        )
    if not create and not path.exists():
        raise GapvizError("there is no such file", where=str(path), hint="check the path")
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    with _LOCK:
        _USERS[name] += 1
    return name


def let_go(path: Path) -> None:
    """Stop serving a file with its last user, so that another process may open it."""
    from milvus_lite.server_manager import server_manager_instance

    name = str(path.absolute())
    with _LOCK:
        _USERS[name] -= 1
        if not _USERS[name]:
            server_manager_instance.release_server(name)
