"""`gapviz.serve`: the dashboard, opened on a collection that lies in memory."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import gapviz
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_html
from gapviz.notebook import dashboard_process
from gapviz.notebook.given import Source, given_source
from gapviz.notebook.in_python import in_python
from gapviz.sources.builtin import BUILTIN_ENCODERS, SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.library.stored import Workspace
from gapviz.storage.configuration import HOME_VARIABLE

ADDRESS = dashboard_process.ADDRESS

HEALTH = "/_stcore/health"
"""Where Streamlit says that it answers."""

STARTING_SECONDS = 120.0
"""Until a dashboard that does not answer is given up."""
STOPPING_SECONDS = 10.0
BETWEEN_SECONDS = 0.1

LOG = "log.txt"


class Dashboard:
    """A dashboard that runs beside this process; `serve` makes one.

    It ends with `stop`, at the end of a `with` block, or with the process. What it was given to
    show is then removed.

    Attributes:
        url: where it is opened, of this machine alone.
    """

    def __init__(self, home: Path, query: dict[str, str], port: int | None = None) -> None:
        """Start it, and wait until it answers.

        Raises:
            GapvizError: a port that is taken, or a dashboard that does not start.
        """
        self._home = home
        self._port = _free_port() if port is None else port
        self.url = f"http://{ADDRESS}:{self._port}/{'?' if query else ''}{urlencode(query)}"
        atexit.register(self.stop)
        with (home / LOG).open("wb") as log:
            # -P: what lies in the folder of a notebook is not taken for a module.
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    dashboard_process.__name__,
                    str(self._port),
                    str(home),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=_environment(home),
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def is_running(self) -> bool:
        """Whether it still answers."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it, and remove what it was given; a second time does nothing."""
        atexit.unregister(self.stop)
        process = getattr(self, "_process", None)
        if process is not None:
            if process.stdin is not None and not process.stdin.closed:
                with suppress(OSError):
                    process.stdin.close()
            try:
                process.wait(STOPPING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            with suppress(ProcessLookupError):
                # What works in the background for it is of its session.
                os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Dashboard {self.url}{'' if self.is_running else ', stopped'}>"

    def _repr_html_(self) -> str:
        if not self.is_running:
            return "<p>The dashboard has stopped.</p>"
        link = in_html(self.url)
        return (
            f'<p>The dashboard: <a href="{link}" target="_blank" rel="noopener">{link}</a> '
            "(stop it with .stop())</p>"
        )

    def _wait(self) -> None:
        opener = build_opener(ProxyHandler({}))
        until = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < until:
            if not self.is_running:
                break
            with suppress(URLError, OSError):
                opener.open(f"http://{ADDRESS}:{self._port}{HEALTH}", timeout=5).close()
                return
            time.sleep(BETWEEN_SECONDS)
        raise GapvizError(
            f"the dashboard did not start{self._last_words()}",
            hint="name a free port, or see whether `gapviz serve` starts in a terminal",
        )

    def _last_words(self) -> str:
        """The last line that it said, in brackets."""
        with suppress(OSError):
            lines = (self._home / LOG).read_text("utf-8", "replace").strip().splitlines()
            if lines:
                return f" ({lines[-1].strip()[:300]})"
        return ""


@in_python
def serve(
    source: Source | None = None,
    *,
    port: int | None = None,
    browser: bool = False,
    encoder: str | None = None,
) -> Dashboard:
    """Open the dashboard on a collection, in a process beside this one, and go on.

    What lies in memory is written into a temporary folder, and is gone when it is stopped; nothing
    is added to the collections of one's own. Only this machine can open it.

    Args:
        source: a collection, arrays `(n_items, dim)` by modality, or the name of a source; the
            collections that come along alone, unless given.
        port: to listen on; a free one unless given.
        browser: whether to open a browser on it as well.
        encoder: the model that is shown first, where a named source holds several.

    Returns:
        Dashboard: with `url` and `stop()`; it ends with this process too.

    Raises:
        GapvizError: a collection without vectors, a port that is taken, or a library that the
            dashboard needs and that is not installed.
    """
    from gapviz.dashboard.server import app_file

    app_file()
    if port is not None:
        _refuse_port(port)
    home = Path(mkdtemp(prefix="gapviz-"))
    try:
        query = _shown(source, encoder, home)
        dashboard = Dashboard(home, query, port)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    if browser:
        webbrowser.open(dashboard.url)
    return dashboard


def _shown(source: Source | None, encoder: str | None, home: Path) -> dict[str, str]:
    """What the address says of what is shown, once the dashboard can find it."""
    if source is None:
        return {}
    if isinstance(source, str) and source in BUILTIN_ENCODERS:
        return {"collection": BUILTIN, "encoder": source}
    if isinstance(source, str) and source in SHIPPED_COLLECTIONS:
        return {"collection": source}
    given = given_source(source, encoder)
    given.collection.refuse_without_vectors()
    stored = Workspace(home).add(
        given.collections, title=_title(given.collection), origin="a notebook"
    )
    named = {} if encoder is None else {"encoder": given.collection.encoder}
    return {"collection": stored.id, **named}


def _title(collection: Collection) -> str:
    return collection.name or "in memory"


def _environment(home: Path) -> dict[str, str]:
    """That of this process, in which gapviz is found wherever it lies, and keeps things apart."""
    place = str(Path(gapviz.__file__).resolve().parents[1])
    paths = [place, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), HOME_VARIABLE: str(home)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        found: int = probe.getsockname()[1]
        return found


def _refuse_port(port: int) -> None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ADDRESS, port))
    except (OSError, OverflowError, TypeError) as error:
        why = getattr(error, "strerror", None) or "it is no port"
        raise GapvizError(
            f"port {port!r:.20} cannot be listened on ({why})",
            hint="name another one, or leave port out to have a free one",
        ) from error
