"""`gapviz serve`: the dashboard, opened on a collection, for one person or for a team."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import re
import socket
import sys
from pathlib import Path
from urllib.parse import urlencode

from gapviz.commands.source import Commands, add_source, read
from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN, BUILTIN_ENCODERS
from gapviz.sources.library.named import stored_under
from gapviz.sources.library.stored import Workspace
from gapviz.storage.configuration import THIS_MACHINE
from gapviz.storage.read_only import is_read_only, make_read_only

ADDRESS = "127.0.0.1"

FOR_OTHERS = (
    "note: gapviz knows no log-in and no TLS. Whoever reaches this port uses it: let only a proxy "
    "reach it that has both and passes the Host header and the websocket on (docs/team_server.md)."
)
"""Said where others than this machine are answered."""

_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)
_BASE_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9._~/-]*")


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "serve",
        description="Start the dashboard on this machine. A source is added to the workspace, "
        "and the link that is printed opens on it. Ctrl-C stops it.",
    )
    add_source(command, optional=True)
    command.add_argument(
        "--port",
        type=int,
        default=8501,
        metavar="N",
        help="to listen on; 0 takes a free one (default: 8501)",
    )
    command.add_argument(
        "--address",
        default=ADDRESS,
        metavar="IP",
        help=f"to listen at (default: {ADDRESS}, this machine alone); another one needs "
        "--allow-host",
    )
    command.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which browsers may ask for this server, as it stands in their address bar; "
        "may be given several times",
    )
    command.add_argument(
        "--base-path",
        default="",
        metavar="/PATH",
        help="the path below which the dashboard is served, where a proxy has other things beside",
    )
    command.add_argument(
        "--read-only",
        action="store_true",
        help="only show: nobody uploads, opens, fetches, encodes, keeps, renames or removes "
        "anything; the source that is named here is added before (also: GAPVIZ_READ_ONLY=1)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """Add the source, print the link, and serve until stopped.

    Raises:
        GapvizError: bad input, an address that others reach without the names it may be asked
            by, a port that is taken, or an installation without the pages.
    """
    from gapviz.dashboard.server import app_file, serve

    app = app_file()
    base_path = _checked_base_path(options.base_path)
    hosts = [_checked_host(name) for name in options.allow_host]
    alone = is_this_machine(options.address)
    if not alone and not hosts:
        raise GapvizError(
            f"{options.address} answers other machines, and no name is given by which they may ask",
            hint="add --allow-host with the name in their address bar, for instance --allow-host "
            "gapviz.example.org",
        )
    port = port_to_take(options.address, options.port)
    query = _opened(options)
    if options.read_only:
        make_read_only()
    # Names alone may be asked for, no addresses of IPv6.
    own = "localhost" if ":" in options.address else options.address
    place = own if alone else hosts[0]
    link = f"http://{place}:{port}{base_path}/{'?' if query else ''}{urlencode(query)}"
    answer = {
        "url": link,
        "collection": query.get("collection"),
        "pid": os.getpid(),
        "read_only": is_read_only(),
    }
    only = ", read-only" if is_read_only() else ""
    print(json.dumps(answer) if options.json else f"gapviz serves {link}{only}", flush=True)
    if not alone:
        print(FOR_OTHERS, file=sys.stderr, flush=True)
    serve(app, options.address, port, hosts=hosts, base_path=base_path)
    return "" if options.json else "gapviz has stopped serving."


def is_this_machine(address: str) -> bool:
    """Whether only programs of this machine reach what listens at an address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in THIS_MACHINE


def _checked_host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise GapvizError(
            f"{name[:80]!r} is no name of a host",
            where="--allow-host",
            hint="give one name at a time, without scheme, port or *, such as gapviz.example.org",
        )
    return name.lower()


def _checked_base_path(path: str) -> str:
    stripped = path.rstrip("/")
    if stripped and (not _BASE_PATH.fullmatch(stripped) or "//" in path or ".." in path):
        raise GapvizError(
            f"{path[:80]!r} is no path", where="--base-path", hint="write for instance /gapviz"
        )
    return stripped


def _opened(options: argparse.Namespace) -> dict[str, str]:
    if options.source is None:
        return {}
    if options.source in BUILTIN_ENCODERS:
        return {"collection": BUILTIN, "encoder": options.source}
    if options.source in SHIPPED_COLLECTIONS:
        return {"collection": options.source}
    stored = stored_under(options.source)
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


def port_to_take(address: str, port: int) -> int:
    """The port itself, or a free one for 0.

    Raises:
        GapvizError: it is taken or no port, or the address is none of this machine.
    """
    try:
        found = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM)
        family, kind, _, _, place = found[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place[0], port, *place[2:]))
            taken: int = probe.getsockname()[1]
            return taken
    except socket.gaierror as error:
        raise GapvizError(
            f"{address[:80]!r} is no address of this machine",
            where="--address",
            hint=f"write {ADDRESS}, or 0.0.0.0 for all of them",
        ) from error
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "it is no port"
        raise GapvizError(
            f"port {port} at {address} cannot be listened on ({why})",
            hint="name another one in --port, or an address of this machine in --address",
        ) from error
