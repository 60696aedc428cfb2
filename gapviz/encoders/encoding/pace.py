"""How fast long work goes: its share, its rate and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from gapviz.core.progress import Progress

Thing = TypeVar("Thing")

PAUSE = 0.2
"""Seconds between two reports of quick work."""


@dataclass(frozen=True, eq=False)
class Pace:
    """Progress of one stage, told with its rate and the time left."""

    things: str
    """What it counts, in the plural."""
    total: int
    span: tuple[float, float]
    """The share of the whole before and after the stage."""
    progress: Progress
    verb: str = "encoded"
    began: float = field(default_factory=time.perf_counter)

    def tell(self, done: int) -> None:
        """Report that `done` of them are done."""
        start, end = self.span
        share = start + (end - start) * (done / max(self.total, 1))
        seconds = time.perf_counter() - self.began
        stage = f"{self.verb} {done:,} of {self.total:,} {self.things}"
        if done and seconds > 0.5:
            rate = done / seconds
            left = (self.total - done) / rate
            stage += f", {rate:,.3g} a second, {_duration(left)} left"
        self.progress(share, stage)

    def part(self, done: int, n: int) -> Progress:
        """The progress of the next `n` of them, `done` before them being done."""
        return lambda share, _: self.tell(done + round(share * n))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def told(things: Iterable[Thing], pace: Pace) -> Iterator[Thing]:
    """The things one by one, which the pace tells now and then."""
    last = 0.0
    for done, thing in enumerate(things, start=1):
        if time.perf_counter() - last > PAUSE:
            last = time.perf_counter()
            pace.tell(done)
        yield thing
