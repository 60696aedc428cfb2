"""What a visitor waits for: the server, the first paint, a toggle; each beside an empty page.

The peer is a Streamlit script that only sets a title and a slider, started and run in the
same way, so that the ratio leaves out what Streamlit itself costs.
"""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from benchmarks.timing import Comparison, compare

ROOT = Path(__file__).parents[1]
EMPTY_PAGE = 'import streamlit as st\nst.title("empty")\nst.slider("λ", 0.0, 2.0, 1.0, key="s")\n'
PEER = "an empty page"
CONES, SEARCH = "pages/cones.py", "pages/search.py"
SETTLING_SECONDS = 15

FIRST_PAINT = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({script!r}, default_timeout=300).run()
assert not app.exception
"""


def comparisons() -> Iterable[Comparison]:
    """Start-up in fresh processes, then toggles in this one."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY_PAGE, "utf-8")
        app = ROOT / "app.py"
        yield from compare(
            "server answers, fresh process",
            lambda: _until_healthy(app),
            {PEER: lambda: _until_healthy(empty)},
            rounds=3,
        )
        yield from compare(
            "first paint of the first page, fresh process",
            lambda: _first_paint(app),
            {PEER: lambda: _first_paint(empty)},
            rounds=3,
        )
        rerun = _empty_rerun(empty)
        for case, toggle in _toggles(app):
            yield from compare(case, toggle, {PEER: rerun}, rounds=15)


def _until_healthy(script: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    server = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5)
                return
            except (urllib.error.URLError, OSError):
                if server.poll() is not None:
                    raise RuntimeError(f"the server of {script.name} stopped") from None
                time.sleep(0.02)
    finally:
        server.terminate()
        server.wait(20)


def _first_paint(script: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", FIRST_PAINT.format(script=str(script))],
        cwd=ROOT,
        env=os.environ,
        check=True,
        stderr=subprocess.DEVNULL,
    )


def _toggles(script: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    # One page after the other: Search loads the encoder in the background when it opens.
    for title, page, unmeasured in (("Cones", CONES, "half"), ("Search", SEARCH, "offset")):
        app = _opened(script, page)
        time.sleep(SETTLING_SECONDS)
        values = itertools.cycle((0.5, 1.0))
        yield f"toggle {title}, λ seen before", partial(_set_next, app, values)
        # A strategy at values that nothing above has measured.
        other = _opened(script, page, unmeasured)
        fresh = iter([round(0.05 * step, 2) for step in range(21, 41)])
        yield f"toggle {title}, new λ", partial(_set_next, other, fresh)


class _NoPagesFolder(PagesManager):
    """Of an app that lists its pages itself: the harness forgets before every run that it does."""

    def __init__(self, *args: Any, **named: Any) -> None:
        PagesManager.uses_pages_directory = False
        super().__init__(*args, **named)


def _opened(script: Path, page: str = "", strategy: str = "centre") -> AppTest:
    app_test.PagesManager = _NoPagesFolder  # type: ignore[attr-defined,misc]
    app = AppTest.from_file(str(script), default_timeout=300)
    app.query_params["projection"] = "pca"
    app.query_params["strategy"] = strategy
    app.run()
    if page:
        app.switch_page(page).run()
    return app


def _set_next(app: AppTest, values: Iterator[float], key: str = "strength") -> None:
    app.slider(key=key).set_value(next(values)).run()


def _empty_rerun(script: Path) -> Callable[[], object]:
    app = AppTest.from_file(str(script), default_timeout=300).run()
    values = itertools.cycle((0.5, 1.0))
    return partial(_set_next, app, values, key="s")
