"""How far a long work is, how fast it goes, and how long it will take."""

from __future__ import annotations

import time

from gapviz.core.progress import Progress


class Pace:
    """Progress of one stage, a part of the whole.

    Args:
        things: what it counts, in the plural.
        total: how many of them.
        start, end: the share of the whole before and after the stage.
        progress: told the share and a phrase that holds rate and time left.
    """

    def __init__(
        self,
        things: str,
        total: int,
        start: float,
        end: float,
        progress: Progress,
        *,
        verb: str = "encoded",
    ) -> None:
        self._things = things
        self._verb = verb
        self._total = total
        self._start, self._end = start, end
        self._progress = progress
        self._began = time.perf_counter()

    def tell(self, done: int) -> None:
        """Report that `done` of them are done."""
        share = self._start + (self._end - self._start) * (done / max(self._total, 1))
        seconds = time.perf_counter() - self._began
        stage = f"{self._verb} {done:,} of {self._total:,} {self._things}"
        if done and seconds > 0.5:
            rate = done / seconds
            left = (self._total - done) / rate
            stage += f", {rate:,.3g} a second, {_duration(left)} left"
        self._progress(share, stage)

    def part(self, done: int, n: int) -> Progress:
        """The progress of the next `n` of them, `done` before them being done."""
        return lambda share, _: self.tell(done + round(share * n))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
