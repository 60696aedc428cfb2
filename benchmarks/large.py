"""Pages at 2,000 and at 100,000 items in one run: processor seconds until the frame, the lists and
the picture stand, with what follows in the background held back.

The peer is a bare search of the same size: the product of a query with all rows and numpy's
`argpartition`. A page waits for more than that (its widgets, the cards, Streamlit itself), so that
the ratio falls with size; what must not grow with size shows as seconds that do not.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest, app_test

from benchmarks.dashboard import ROOT, SEARCH, _NoPagesFolder
from benchmarks.timing import Comparison
from benchmarks.worlds import World
from gapviz.core.item import Item
from gapviz.dashboard import catalogue, waiting
from gapviz.sources.library.stored import Workspace
from gapviz.storage.background import ThreadTask
from gapviz.storage.configuration import CACHE_VARIABLE, HOME_VARIABLE

SIZES = (2_000, 100_000)
DIM = 512
WORLD = World(0.6, "strong", dim=DIM)
ROUNDS = 5
PEER = "product and argpartition"
GROUPS = 40
"""Labels of the made items."""

PAGES = {
    "Start": "pages/story.py",
    "Cones": "pages/cones.py",
    "Search": SEARCH,
    "Curves": "pages/curves.py",
    "Thresholds": "pages/thresholds.py",
    "Anatomy": "pages/anatomy.py",
    "Scoreboard": "pages/scoreboard.py",
}
SETTLING_SECONDS = 900
"""Most seconds in which what a page waits for is waited for."""


def comparisons() -> Iterable[Comparison]:
    """Each size in a folder of its own, one page after another."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME_VARIABLE] = str(Path(folder) / "home")
        os.environ[CACHE_VARIABLE] = str(Path(folder) / "cache")
        catalogue.workspace.cache_clear()
        for n_items in SIZES:
            yield from of_size(n_items)


def of_size(n_items: int, pages: Iterable[str] = PAGES) -> Iterator[Comparison]:
    """First open, a rerun with nothing changed, a new λ and another query, page by page."""
    title = f"{n_items:,} made items"
    _store(n_items, title)
    peer = _bare_search(n_items)
    for name in pages:
        with _held_back() as released:
            app = _visitor(title)
            app.switch_page(PAGES[name])
            first = _seconds(app.run)
            yield Comparison(f"{name}, {title}: first open", PEER, first, peer)
            released.set()
            _settle(app)
            released.clear()
            rerun = _median(app.run)
            yield Comparison(f"{name}, {title}: nothing changed", PEER, rerun, peer)
            for what, change in _changes(name, app):
                yield Comparison(f"{name}, {title}: {what}", PEER, _median(change), peer)
            released.set()


def _changes(name: str, app: AppTest) -> Iterator[tuple[str, Callable[[], object]]]:
    steps, numbers = count(1), count(7, 13)
    if name in ("Cones", "Search"):
        yield (
            "new λ",
            lambda: app.slider(key="strength").set_value(1 + 0.05 * next(steps)).run(),
        )
    if name == "Search":
        yield (
            "another query",
            lambda: app.text_input(key="q").set_value(f"thing number {next(numbers)}").run(),
        )


def _store(n_items: int, title: str) -> None:
    made = WORLD.sample(n_items // 2, 0)
    items = tuple(
        Item(f"{i:07}", label=f"group {i % GROUPS}", captions=(f"thing number {i}",))
        for i in range(n_items)
    )
    Workspace().add([replace(made, items=items, encoder="made")], title=title)


def _bare_search(n_items: int) -> float:
    rows = np.random.default_rng(0).standard_normal((2 * n_items, DIM)).astype(np.float32)
    query = rows[0].copy()
    return _median(lambda: np.argpartition(-(rows @ query), 10)[:10])


def _visitor(title: str) -> AppTest:
    app_test.PagesManager = _NoPagesFolder  # type: ignore[attr-defined,misc]
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SETTLING_SECONDS)
    app.query_params["collection"] = title
    app.query_params["projection"] = "pca"
    app.query_params["strategy"] = "offset"
    return app


@contextmanager
def _held_back() -> Iterator[threading.Event]:
    """Work in the background waits for the event, and pages do not wait for it."""
    released, run, patience = threading.Event(), ThreadTask._run, waiting.PATIENCE_SECONDS

    def later(task: ThreadTask[object]) -> None:
        released.wait()
        run(task)

    ThreadTask._run = later  # type: ignore[method-assign,assignment]
    waiting.PATIENCE_SECONDS = 0.0
    try:
        yield released
    finally:
        released.set()
        ThreadTask._run = run  # type: ignore[method-assign]
        waiting.PATIENCE_SECONDS = patience


def _settle(app: AppTest) -> None:
    """Run until nothing is waited for any more."""
    end = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < end:
        app.run()
        waits = any(":material/hourglass_top:" in one.value for one in app.caption)
        if not waits and not app.get("progress"):
            return
        time.sleep(0.5)


def _seconds(work: Callable[[], object]) -> float:
    """Of the processor: others may be at work on it."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _median(work: Callable[[], object]) -> float:
    return float(np.median([_seconds(work) for _ in range(ROUNDS)]))
