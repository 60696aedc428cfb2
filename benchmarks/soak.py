"""`python -m benchmarks.soak [--visitors 20] [--minutes 5]`: many visitors, each with settings of
their own, on one server of this machine.

Each visitor first looks at both of their settings alone; then all come and go at once, and what
each sees must be word for word what they saw alone. The server's memory afterwards is held
against that before.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.visitor import Visitor
from gapviz.sources.builtin import BUILTIN_ENCODERS

ROOT = Path(__file__).parents[1]
PAGES = ("", "search", "curves", "thresholds", "anatomy", "export", "within")
STRATEGIES = ("centre", "offset", "half")
MOST_GROWTH = 0.15
"""Share by which the server's memory may grow."""
PAUSE = 5.0
"""Seconds for which a visitor looks at what there is."""
STEP = 0.05
"""Of the slider λ."""


@dataclass(eq=False)
class Settings:
    """What one visitor looks at."""

    page: str
    link: dict[str, str]
    strengths: tuple[float, float]
    """λ at the start of a visit, and what it is moved to."""
    alone: tuple[list[str], list[str]] = ([], [])
    """What the visitor saw of both while nobody else was there."""


@dataclass(eq=False)
class Tally:
    """What all visits came to."""

    opened: list[float] = field(default_factory=list)
    """Seconds until a page was there, with all that it waits for."""
    moved: list[float] = field(default_factory=list)
    """Seconds until it showed another λ."""
    wrong: list[str] = field(default_factory=list)


def settings_of(n_visitors: int) -> list[Settings]:
    """Settings that differ from visitor to visitor."""
    encoders = list(BUILTIN_ENCODERS)
    found = []
    for number in range(n_visitors):
        first = round(STEP * (2 + number % 19), 2)
        link = {
            "encoder": encoders[number % len(encoders)],
            "strategy": STRATEGIES[number % len(STRATEGIES)],
            "projection": "pca",
            "q": "cat face",
        }
        strengths = (first, round(first + 20 * STEP, 2))
        found.append(Settings(PAGES[number % len(PAGES)], link, strengths))
    return found


def visit(
    address: str, chosen: Settings, tally: Tally | None = None, pause: float = 0.0
) -> tuple[list[str], list[str]]:
    """Come, look, move λ, look, leave; both sights."""
    start = time.perf_counter()
    visitor = Visitor(address, chosen.page, **chosen.link, strength=f"{chosen.strengths[0]:g}")
    try:
        before = visitor.look()
        opened = time.perf_counter() - start
        time.sleep(pause)
        start = time.perf_counter()
        visitor.slide("strength", chosen.strengths[1])
        after = visitor.look()
        moved = time.perf_counter() - start
        if tally is not None:
            tally.opened.append(opened)
            tally.moved.append(moved)
            for seen, alone in zip((before, after), chosen.alone, strict=True):
                if seen != alone:
                    tally.wrong.append(f"/{chosen.page} {chosen.link}: {_difference(seen, alone)}")
        return before, after
    finally:
        visitor.close()


def _difference(seen: list[str], alone: list[str]) -> str:
    if len(seen) != len(alone):
        return f"{len(seen)} texts, alone {len(alone)}"
    first = next(pair for pair in zip(seen, alone, strict=True) if pair[0] != pair[1])
    return " / alone ".join(one[:120] for one in first)


def soak(address: str, everyone: list[Settings], seconds: float) -> Tally:
    """All visitors at once, each coming again and again."""
    tally, deadline = Tally(), time.monotonic() + seconds
    lock = threading.Lock()

    def stay(chosen: Settings) -> None:
        while time.monotonic() < deadline:
            own = Tally()
            try:
                visit(address, chosen, own, PAUSE)
                time.sleep(PAUSE)
            except Exception as error:
                own.wrong.append(f"/{chosen.page}: {type(error).__name__}: {error}")
            with lock:
                tally.opened += own.opened
                tally.moved += own.moved
                tally.wrong += own.wrong

    with ThreadPoolExecutor(len(everyone)) as threads:
        list(threads.map(stay, everyone))
    return tally


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """A server with a cache and a home of its own: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            env=os.environ | {"GAPVIZ_CACHE": f"{folder}/cache", "GAPVIZ_HOME": f"{folder}/home"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the server stopped")


def megabytes_of(process: int) -> float:
    """Resident memory, where Linux tells it."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Run it; 1 where a visitor saw something else, or memory grew by more than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args()
    everyone = settings_of(options.visitors)
    with served() as (address, process):
        for chosen in everyone:
            visit(address, chosen)
            chosen.alone = visit(address, chosen)
        sights = {repr((one.page, sight)) for one in everyone for sight in one.alone}
        before = megabytes_of(process)
        tally = soak(address, everyone, 60 * options.minutes)
        time.sleep(5)
        after = megabytes_of(process)
    growth = after / before - 1
    print(f"{len(everyone)} visitors, {len(sights)} different sights")
    for name, seconds in (("open a page", tally.opened), ("move λ", tally.moved)):
        if seconds:
            p50, p95 = np.quantile(seconds, [0.5, 0.95])
            print(f"{name:12} {len(seconds):5} times, p50 {p50:.2f} s, p95 {p95:.2f} s")
    print(f"memory       {before:,.0f} MB before, {after:,.0f} MB after ({growth:+.0%})")
    print(f"wrong        {len(tally.wrong)}")
    for one in sorted(set(tally.wrong))[:10]:
        print(f"  {one}")
    return int(bool(tally.wrong) or not tally.moved or growth > MOST_GROWTH)


if __name__ == "__main__":
    raise SystemExit(main())
