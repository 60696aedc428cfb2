"""A training run in the background: start, look, pause, one record further, stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Literal

from gapviz.analyses.training.record import TrainingStep
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.storage.background import ThreadTask

State = Literal["running", "paused", "done", "stopped", "failed"]

LONGEST_PAUSE = 1_800.0
"""Seconds; a run that its visitor has left behind does not wait for ever."""


class LiveRun:
    """A run that begins at once; its records can be read while it goes on.

    Args:
        records: makes the iterator of records, in the run's own thread.
        paused: begin with the first record and wait there.
        rest: seconds to wait after each record, so that whoever looks on can follow, and
            can press a button before the run is over.
    """

    def __init__(
        self,
        records: Callable[[], Iterator[TrainingStep]],
        *,
        paused: bool = False,
        rest: float = 0.0,
    ) -> None:
        self._records = records
        self._rest = rest
        self._steps: list[TrainingStep] = []
        self._may_go = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._single = False
        (self._hurry if paused else self._may_go).set()
        self._task = ThreadTask(self._work)
        self._task.start()

    @property
    def steps(self) -> tuple[TrainingStep, ...]:
        """What has been recorded so far."""
        return tuple(self._steps)

    @property
    def state(self) -> State:
        """Where it stands."""
        status = self._task.status()
        if status.state == "failed":
            return "failed"
        if self._task.cancelled or (status.state == "done" and not status.result):
            return "stopped"
        if status.active:
            return "running" if self._may_go.is_set() else "paused"
        return "done"

    @property
    def busy(self) -> bool:
        """Whether a record is on its way: also true of a pause that waits for its record."""
        return self._task.status().active and not self._idle.is_set()

    @property
    def error(self) -> GapvizError | None:
        """Why it failed, if it did."""
        return self._task.status().error

    def pause(self) -> None:
        """Wait from now on, or after the record that is being made."""
        self._may_go.clear()
        self._hurry.set()

    def resume(self) -> None:
        """Go on."""
        self._hurry.clear()
        self._go()

    def step(self) -> None:
        """Go on for one record, and wait again."""
        self._single = True
        self._go()

    def stop(self) -> None:
        """End it for good; what has been recorded stays."""
        self._task.cancel()
        self._hurry.set()
        self._may_go.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over; False if `seconds` ran out first."""
        return not self._task.wait(seconds).active

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no record is on its way; False if `seconds` ran out first."""
        return self._idle.wait(seconds)

    def _go(self) -> None:
        self._idle.clear()
        self._may_go.set()

    def _work(self, progress: Progress) -> bool:
        """True at its end, False where a pause went on for too long."""
        try:
            for step in self._records():
                self._steps.append(step)
                if self._single:
                    self._single = False
                    self.pause()
                self._hurry.wait(self._rest)
                if not self._may_go.is_set():
                    self._idle.set()
                    if not self._may_go.wait(LONGEST_PAUSE):
                        return False
                    self._idle.clear()
                progress(0.0, f"step {step.step}")
            return True
        finally:
            self._idle.set()
