"""The dashboard's server, started from Python."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import refuse_missing
from gapviz.core.places import APP, PAGES
from gapviz.storage.configuration import THIS_MACHINE

AHEAD = (
    "pandas",
    "pyarrow",
    "narwhals",
    "plotly.graph_objects",
    "plotly.io",
    "streamlit.dataframe_util",
    "streamlit.elements.plotly_chart",
)
"""Imported before the first visitor. Each run of a page is a thread of its own, and two of them
that import parts of such a package at once can meet it half made."""


def import_ahead() -> None:
    """Import what the first pages need and Streamlit would import in their threads."""
    for name in AHEAD:
        import_module(name)


def app_file() -> Path:
    """The file that Streamlit runs.

    Raises:
        GapvizError: gapviz was installed without its pages, or without Streamlit or Plotly.
    """
    refuse_missing("streamlit", "plotly", use="the dashboard")
    if not (APP.is_file() and PAGES.is_dir()):
        raise GapvizError(
            "the dashboard's pages are not installed here",
            hint="install gapviz again",
        )
    return APP


def serve(
    app: Path, address: str, port: int, *, hosts: Sequence[str] = (), base_path: str = ""
) -> None:
    """Serve until a signal stops it; Streamlit's settings are those beside the app.

    Args:
        app: as `app_file` has it.
        address: to listen at.
        port: to listen on.
        hosts: names by which it may be asked, beside those of this machine.
        base_path: below which it is served: `/gapviz`; empty for `/`.
    """
    from click import Abort
    from streamlit.web.cli import main

    os.chdir(app.parent)
    # Streamlit warns of every app that declares a cache before it runs: nobody can do anything.
    logging.getLogger("streamlit.runtime.caching.cache_data_api").addFilter(
        lambda record: "No runtime found" not in record.getMessage()
    )
    if threading.current_thread() is threading.main_thread():
        # What stops a container ends it as Ctrl-C does: once the visitors are let go, in peace.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Standard output is for the answers of the command, so Streamlit's greeting goes elsewhere.
    with redirect_stdout(sys.stderr), suppress(SystemExit, Abort):  # Ctrl-C stops a server
        options = ["--server.address", address, "--server.port", str(port)]
        options += ["--server.baseUrlPath", base_path]
        # Its greeting asks a server of the internet for the address of this machine.
        options += ["--logger.hideWelcomeMessage", "true"]
        for host in (*THIS_MACHINE, *hosts):
            options += ["--server.allowedHosts", host]
        main(["run", str(app), *options], standalone_mode=False)
