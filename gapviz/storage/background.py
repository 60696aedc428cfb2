"""Long work in a thread of its own: progress to look at, a button to cancel."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress

Result = TypeVar("Result")

AT_ONCE = min(4, max(2, os.cpu_count() or 1))
"""Jobs of one board that run at a time; the others wait for their turn."""

FINISHED_KEPT = 16
"""Finished jobs that a board remembers, for those who have not looked yet."""

PATIENCE = 300.0
"""Seconds after which a job that nobody has looked at is cancelled: its page was closed."""

STILL_WAITS = 90.0
"""Seconds after a look in which a visitor still counts as waiting. A browser lets the clock of
a hidden page tick once a minute."""

_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside the work when someone cancelled it."""


class ThreadTask(Generic[Result]):
    """One piece of work, started at once.

    `work` gets a progress callback, and is cancelled at its next call of it.

    Args:
        work: what to do, in a daemon thread.
        turns: a semaphore to pass before the work begins.
        patience: seconds without a `look` after which the job cancels itself; None waits
            for ever.
    """

    def __init__(
        self,
        work: Callable[[Progress], Result],
        *,
        turns: threading.Semaphore | None = None,
        patience: float | None = None,
    ) -> None:
        self.share = 0.0
        self.stage = "starting"
        self._turns = turns
        self._patience = patience
        self._looks = {"": time.monotonic()}
        self.result: Result | None = None
        self.error: GapvizError | None = None
        self._cancel = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Finished, failed or cancelled."""
        return self._done.is_set()

    @property
    def cancelled(self) -> bool:
        """Someone asked it to stop."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the work to stop; it does so at its next progress report."""
        self._cancel.set()

    def look(self, visitor: str = "") -> None:
        """Tell that a visitor is waiting for it."""
        self._looks[visitor] = time.monotonic()

    def leave(self, visitor: str) -> None:
        """Tell that a visitor no longer waits; cancelled unless another one does."""
        self._looks.pop(visitor, None)
        others = [seen for name, seen in list(self._looks.items()) if name]
        if not any(time.monotonic() - seen < STILL_WAITS for seen in others):
            self.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until done; False if `seconds` ran out first."""
        return self._done.wait(seconds)

    def _report(self, share: float, stage: str) -> None:
        last = max(list(self._looks.values()), default=0.0)
        if self._patience is not None and time.monotonic() - last > self._patience:
            self.cancel()
        if self._cancel.is_set():
            raise Cancelled
        self.share, self.stage = min(max(share, 0.0), 1.0), stage

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Among those that may run now; whoever waits for that can still be cancelled."""
        if self._turns is None:
            yield
            return
        while not self._turns.acquire(timeout=0.2):
            self._report(0.0, "waiting for its turn")
        try:
            self._report(0.0, "starting")
            yield
        finally:
            self._turns.release()

    def _run(self, work: Callable[[Progress], Result]) -> None:
        try:
            with self._turn():
                self.result = work(self._report)
        except Cancelled:
            pass
        except GapvizError as error:
            self.error = error
        except Exception:
            _log.exception("a background job failed")
            self.error = GapvizError(
                "the work stopped on an unexpected fault", hint="see the server's log"
            )
        finally:
            self._done.set()


class TaskBoard(Generic[Result]):
    """Jobs by key, so that visitors who wait for the same work share one job.

    Args:
        at_once: how many run at a time; the others wait for their turn.
        patience: seconds after which a job that nobody has looked at is cancelled; None
            lets it finish.
    """

    def __init__(self, *, at_once: int = AT_ONCE, patience: float | None = PATIENCE) -> None:
        self._jobs: dict[str, ThreadTask[Result]] = {}
        self._turns = threading.Semaphore(at_once)
        self._patience = patience
        self._lock = threading.Lock()

    def start_once(
        self, key: str, work: Callable[[Progress], Result], visitor: str = ""
    ) -> ThreadTask[Result]:
        """The job under `key` with one more visitor waiting; begun if it is not there.

        One that was cancelled begins anew. One that failed does not, until it is forgotten.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or (job.cancelled and job.result is None):
                job = self._jobs[key] = ThreadTask(work, turns=self._turns, patience=self._patience)
                self._forget_the_oldest()
            job.look(visitor)
            return job

    def find(self, key: str, visitor: str = "") -> ThreadTask[Result] | None:
        """The job under `key`, for which the visitor is then known to wait; or None."""
        with self._lock:
            job = self._jobs.get(key)
        if job is not None:
            job.look(visitor)
        return job

    def leave(self, key: str, visitor: str) -> None:
        """The visitor no longer waits; the job is cancelled unless another one does."""
        with self._lock:
            job = self._jobs.get(key)
        if job is not None:
            job.leave(visitor)

    def forget(self, key: str, job: ThreadTask[Result] | None = None) -> None:
        """Let the next `start_once` of this key start afresh.

        Args:
            key: of the job.
            job: forget only this one, not another that was started meanwhile.
        """
        with self._lock:
            if job is None or self._jobs.get(key) is job:
                self._jobs.pop(key, None)

    def _forget_the_oldest(self) -> None:
        finished = [key for key, job in self._jobs.items() if job.done]
        for key in finished[: max(0, len(finished) - FINISHED_KEPT)]:
            del self._jobs[key]
