"""How far the work is, on standard error: percent, rate and time left; gone when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from shutil import get_terminal_size
from time import monotonic
from typing import TextIO

from gapviz.commands.console import console
from gapviz.core.foreign import in_terminal
from gapviz.core.progress import Counted, Progress, counted_in

REDRAWN = 0.1
"""Seconds from one drawing to the next, in a terminal."""
TOLD = 5.0
"""Seconds from one line to the next, where it is no terminal."""
SETTLED = 1.0
"""Seconds after which the pace says something."""
LEAST_SHARE = 0.01
"""Below it the time left is not told."""
BAR = 20
WIDEST = 100


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Progress that is drawn on standard error.

    In a terminal it is one line that is erased at the end; elsewhere nothing, or with `--progress`
    a line every few seconds; with `--quiet` nothing at all.
    """
    asked = console()
    terminal = sys.stderr.isatty()
    if asked.quiet or not (terminal or asked.progress):
        yield lambda share, stage: None
        return
    drawn = _Drawn(sys.stderr, in_place=terminal)
    try:
        yield drawn
    finally:
        drawn.erase()


@dataclass(slots=True)
class Speed:
    """What the shares that were told say of the rate and the time left."""

    clock: Callable[[], float] = monotonic
    began: float = field(init=False)
    share: float = 0.0
    first: tuple[str, float, float] | None = None
    """What is counted, how many there were and when, as the count began."""
    rate: float | None = None
    noun: str = ""

    def __post_init__(self) -> None:
        self.began = self.clock()

    def told(self, share: float, counted: Counted | None) -> None:
        """Take what was told now."""
        self.share = min(max(share, 0.0), 1.0)
        if counted is None:
            self.first, self.rate = None, None
            return
        now = self.clock()
        key = f"{counted.total} {counted.noun}"
        if self.first is None or self.first[0] != key or counted.done < self.first[1]:
            self.first = (key, counted.done, now)
        _, done, since = self.first
        self.rate = (counted.done - done) / (now - since) if now - since >= SETTLED else None
        self.noun = counted.noun

    @property
    def left(self) -> float | None:
        """Seconds until the end, at the pace so far; None where that cannot be said yet."""
        taken = self.clock() - self.began
        if taken < SETTLED or self.share < LEAST_SHARE:
            return None
        return taken * (1 - self.share) / self.share

    def words(self) -> list[str]:
        """Rate and time left, as far as they are known."""
        found = []
        if self.rate is not None and self.rate > 0:
            pace = f"{self.rate:,.0f}" if self.rate >= 10 else f"{self.rate:.1f}"
            found.append(f"{pace} {self.noun}/s")
        if self.left is not None:
            found.append(f"{clock_time(self.left)} left")
        return found


def clock_time(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`.

    >>> clock_time(7.4), clock_time(3723)
    ('0:07', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress_line(share: float, stage: str, pace: list[str], width: int) -> str:
    """One line of at most `width` characters: what does not fit is left out, the bar first.

    >>> progress_line(0.5, "reading", ["0:07 left"], 60)
    ' 50% ██████████░░░░░░░░░░ reading, 0:07 left'
    >>> progress_line(0.5, "reading", ["0:07 left"], 24)
    ' 50% reading, 0:07 left'
    """
    percent = f"{min(max(share, 0.0), 1.0):4.0%}"
    full = round(BAR * min(max(share, 0.0), 1.0))
    bar = "█" * full + "░" * (BAR - full)
    behind = "".join(f", {one}" for one in pace)
    for line in (f"{percent} {bar} {stage}{behind}", f"{percent} {stage}{behind}"):
        if len(line) <= width:
            return line
    room = width - len(percent) - 1 - len(behind)
    if room >= 8:
        return f"{percent} {stage[: room - 1]}…{behind}"
    return f"{percent} {pace[-1] if pace else stage}"[:width]


class _Drawn:
    """Draws what it is called with, now and then."""

    def __init__(self, stream: TextIO, *, in_place: bool) -> None:
        self._stream, self._in_place = stream, in_place
        self._speed = Speed()
        self._last = -TOLD
        self._shown = 0
        self._stage = ""

    def __call__(self, share: float, stage: str) -> None:
        self._speed.told(share, counted_in(stage))
        now = monotonic()
        again = stage.rstrip("0123456789,. ") != self._stage and self._in_place
        if not again and now - self._last < (REDRAWN if self._in_place else TOLD):
            return
        self._last, self._stage = now, stage.rstrip("0123456789,. ")
        # One column stays free: a full line would wrap in some terminals.
        width = min(get_terminal_size().columns - 1, WIDEST) if self._in_place else WIDEST
        # Some work knows its pace better, from where it went on.
        pace = [] if stage.endswith(" left") else self._speed.words()
        line = progress_line(share, in_terminal(stage), pace, width)
        self._write(f"\r{line.ljust(self._shown)}" if self._in_place else f"{line}\n")
        self._shown = len(line)

    def erase(self) -> None:
        """Leave nothing in the terminal."""
        if self._in_place and self._shown:
            self._write(f"\r{' ' * self._shown}\r")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
