"""`gapviz serve`: the dashboard, opened on a collection."""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path
from urllib.parse import urlencode

from gapviz.commands.source import Commands, add_source, read, stored_by
from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN, BUILTIN_ENCODERS
from gapviz.sources.library.stored import Workspace

ADDRESS = "127.0.0.1"


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "serve",
        description="Start the dashboard on this machine. A source is added to the workspace, "
        "and the link that is printed opens on it. Ctrl-C stops it.",
    )
    add_source(command, optional=True)
    command.add_argument(
        "--port", type=int, default=8501, metavar="N", help="to listen on (default: 8501)"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """Add the source, print the link, and serve until stopped.

    Raises:
        GapvizError: bad input, a port that is taken, or an installation without the pages.
    """
    from gapviz.dashboard.server import app_file, serve

    app = app_file()
    _refuse_taken(options.port)
    query = _opened(options)
    link = f"http://{ADDRESS}:{options.port}/{'?' if query else ''}{urlencode(query)}"
    answer = {"url": link, "collection": query.get("collection"), "pid": os.getpid()}
    print(json.dumps(answer) if options.json else f"gapviz serves {link}", flush=True)
    serve(app, ADDRESS, options.port)
    return "" if options.json else "gapviz has stopped serving."


def _opened(options: argparse.Namespace) -> dict[str, str]:
    if options.source is None:
        return {}
    if options.source in BUILTIN_ENCODERS:
        return {"collection": BUILTIN, "encoder": options.source}
    if options.source in SHIPPED_COLLECTIONS:
        return {"collection": options.source}
    stored = stored_by(options)
    if stored is None:
        reading = read(options)
        in_store = reading.collection.store is not None
        title = reading.collection.name if in_store else Path(options.source).stem
        stored = Workspace().add(
            reading.collections,
            title=title or reading.collection.name,
            origin=f"served from {options.source}",
            skipped=reading.skipped,
        )
    if not stored.encodings:
        raise GapvizError(
            "holds no vectors yet",
            where=options.source,
            hint="it is on the Data page of the dashboard now: encode it there, or with gapviz "
            "encode",
        )
    return {"collection": stored.id}


def _refuse_taken(port: int) -> None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ADDRESS, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "it is no port"
        raise GapvizError(
            f"port {port} cannot be listened on ({why})", hint="name another one in --port"
        ) from error
