"""Work in the background: start it, look at its progress, cancel it, take its result.

A `ThreadTask` runs in a thread of this process, a `ProcessTask` (`background_process`) in a
process that outlives this one; both are a `BackgroundTask`.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Literal, TypeVar

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress

Result = TypeVar("Result")
State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]

AT_ONCE = min(4, max(2, os.cpu_count() or 1))
"""Threads of one board that run at a time; the others wait for their turn."""

FINISHED_TASKS = 16
"""Finished tasks that a board remembers, for those who have not looked yet."""

PATIENCE = 300.0
"""Seconds after which a task that nobody has looked at is cancelled: its page was closed."""

STILL_WAITS = 90.0
"""Seconds after a look in which a visitor still counts as waiting. A browser lets the clock of
a hidden page tick once a minute."""

MOMENT = 5.0
"""Seconds after a look in which a visitor who is away may come back: a page that is loaded anew."""

POLL_SECONDS = 0.01

TURN_SECONDS = 0.2
"""After which a task that waits for its turn looks whether it still should."""

_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside the work when someone cancelled it."""


@dataclass(frozen=True, slots=True)
class TaskStatus(Generic[Result]):
    """Where a task stands."""

    state: State
    share: float = 0.0
    """Done, 0…1."""
    stage: str = "starting"
    """A short phrase."""
    result: Result | None = None
    error: GapvizError | None = None
    """Why there is no result."""

    @property
    def active(self) -> bool:
        """Waiting or at work."""
        return self.state in ("queued", "running")


class BackgroundTask(ABC, Generic[Result]):
    """One piece of work; its function is cancelled at the next progress that it reports."""

    @abstractmethod
    def start(self) -> None:
        """Begin, or begin again what ended early; nothing happens while it is active."""

    @abstractmethod
    def cancel(self) -> None:
        """Ask the work to stop; it does so at its next progress report."""

    @property
    @abstractmethod
    def cancelled(self) -> bool:
        """Whether someone asked it to stop; it may not have stopped yet."""

    @abstractmethod
    def status(self) -> TaskStatus[Result]:
        """Where it stands now."""

    def wait(self, seconds: float | None = None) -> TaskStatus[Result]:
        """Wait until it is no longer active, or until the seconds are over."""
        end = time.monotonic() + (float("inf") if seconds is None else seconds)
        while (status := self.status()).active and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        return status


def final_status(
    function: Callable[[], Result], last: Callable[[], TaskStatus[Result]], *, log: str
) -> TaskStatus[Result]:
    """The status after the work, whatever ended it; `log` says where a fault is written."""
    try:
        return TaskStatus("done", 1.0, "done", result=function())
    except Cancelled:
        return replace(last(), state="cancelled")
    except GapvizError as error:
        return replace(last(), state="failed", error=error)
    except MemoryError:
        return replace(
            last(), state="failed", error=GapvizError("needs more memory than it may have")
        )
    except Exception:
        _log.exception("a background task failed")
        fault = GapvizError("the work stopped on an unexpected fault", hint=f"see {log}")
        return replace(last(), state="failed", error=fault)


class ThreadTask(BackgroundTask[Result]):
    """Work in a daemon thread.

    Args:
        function: what to do; it is given a progress callback.
        turns: a semaphore to pass before the work begins.
        patience: seconds without a `look` after which the task cancels itself; None waits
            for ever.
        others_wait: whether other tasks wait for a turn: then it does so once no visitor still
            waits for it.
        is_here: whether a visitor's page is still open; who closed it waits no longer.
        unhurried: a second semaphore, to pass instead of `turns` unless someone hurries it.
    """

    def __init__(
        self,
        function: Callable[[Progress], Result],
        *,
        turns: threading.Semaphore | None = None,
        patience: float | None = None,
        others_wait: Callable[[], bool] = lambda: False,
        is_here: Callable[[str], bool] = lambda visitor: True,
        unhurried: threading.Semaphore | None = None,
    ) -> None:
        self._function = function
        self._turns = turns
        self._patience = patience
        self._others_wait = others_wait
        self._is_here = is_here
        self._unhurried = unhurried
        self._hurried = threading.Event()
        self._looks = {"": time.monotonic()}
        self._cancel = threading.Event()
        self._status: TaskStatus[Result] = TaskStatus("queued")
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is not None and self._status.active:
            return
        self._cancel.clear()
        self._status = TaskStatus("queued")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def status(self) -> TaskStatus[Result]:
        return self._status

    def look(self, visitor: str = "") -> None:
        """Note that a visitor is waiting for it."""
        self._looks[visitor] = time.monotonic()

    def leave(self, visitor: str) -> None:
        """Note that a visitor no longer waits; cancelled unless another one does."""
        self._looks.pop(visitor, None)
        if not any(self._waits(name) for name in list(self._looks) if name):
            self.cancel()

    def hurry(self) -> None:
        """Note that a visitor can do nothing until it is done."""
        self._hurried.set()

    def _waits(self, visitor: str) -> bool:
        unseen = time.monotonic() - self._looks.get(visitor, 0.0)
        return unseen < STILL_WAITS and (unseen < MOMENT or self._is_here(visitor))

    def _report(self, share: float, stage: str, state: State = "running") -> None:
        unseen = time.monotonic() - max(list(self._looks.values()), default=0.0)
        if self._patience is not None and (
            unseen > self._patience
            or (self._others_wait() and not any(map(self._waits, list(self._looks))))
        ):
            self.cancel()
        if self.cancelled:
            raise Cancelled
        self._status = TaskStatus(state, min(max(share, 0.0), 1.0), stage)

    def _work(self) -> Result:
        if self._turns is None:
            return self._function(self._report)
        check = partial(self._report, 0.0, "waiting for its turn", "queued")
        with self._turn(self._turns, check):
            self._report(0.0, "starting")
            return self._function(self._report)

    @contextmanager
    def _turn(self, turns: threading.Semaphore, check: Callable[[], None]) -> Iterator[None]:
        while self._unhurried is not None and not self._hurried.is_set():
            if self._unhurried.acquire(timeout=TURN_SECONDS):
                try:
                    yield
                finally:
                    self._unhurried.release()
                return
            check()
        with acquired(turns, check):
            yield

    def _run(self) -> None:
        self._status = final_status(self._work, self.status, log="the server's log")


@contextmanager
def acquired(
    lock: threading.Lock | threading.Semaphore, check: Callable[[], None]
) -> Iterator[None]:
    """Hold a lock; `check` is called while others hold it, and may raise to give up."""
    while not lock.acquire(timeout=TURN_SECONDS):
        check()
    try:
        yield
    finally:
        lock.release()


class TaskBoard(Generic[Result]):
    """Threads by key, so that visitors who wait for the same work share one.

    Args:
        at_once: how many run at a time, and as many again of those that are unhurried; the
            others wait for their turn.
        patience: seconds after which a task that nobody has looked at is cancelled; None
            lets it finish.
        is_here: as for `ThreadTask`.
    """

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        patience: float | None = PATIENCE,
        is_here: Callable[[str], bool] = lambda visitor: True,
    ) -> None:
        self._tasks: dict[str, ThreadTask[Result]] = {}
        self._turns = threading.Semaphore(at_once)
        self._unhurried = threading.Semaphore(at_once)
        self._patience = patience
        self._is_here = is_here
        self._lock = threading.Lock()

    def start_once(
        self,
        key: str,
        function: Callable[[Progress], Result],
        visitor: str = "",
        *,
        unhurried: bool = False,
    ) -> ThreadTask[Result]:
        """The task under `key` with one more visitor waiting; begun if it is not there.

        One that was cancelled begins anew. One that failed does not, until it is forgotten.
        An `unhurried` one takes no turn from those that a visitor can do nothing without.
        """
        with self._lock:
            task = self._tasks.get(key)
            if task is None or (task.cancelled and task.status().state != "done"):
                task = ThreadTask(
                    function,
                    turns=self._turns,
                    patience=self._patience,
                    others_wait=self._some_wait,
                    is_here=self._is_here,
                    unhurried=self._unhurried,
                )
                if not unhurried:
                    task.hurry()
                task.start()
                self._tasks[key] = task
                finished = [key for key, one in self._tasks.items() if not one.status().active]
                for oldest in finished[: max(0, len(finished) - FINISHED_TASKS)]:
                    del self._tasks[oldest]
            task.look(visitor)
            if not unhurried:
                task.hurry()
            return task

    def find(self, key: str, visitor: str = "") -> ThreadTask[Result] | None:
        """The task under `key`, for which the visitor is then known to wait; or None."""
        with self._lock:
            task = self._tasks.get(key)
        if task is not None:
            task.look(visitor)
        return task

    def leave(self, key: str, visitor: str) -> None:
        """The visitor no longer waits; the task is cancelled unless another one does."""
        with self._lock:
            task = self._tasks.get(key)
        if task is not None:
            task.leave(visitor)

    def _some_wait(self) -> bool:
        return any(task.status().state == "queued" for task in list(self._tasks.values()))

    def forget(self, key: str, task: ThreadTask[Result] | None = None) -> None:
        """Let the next `start_once` of this key start afresh.

        Args:
            key: of the task.
            task: forget only this one, not another that was started meanwhile.
        """
        with self._lock:
            if task is None or self._tasks.get(key) is task:
                self._tasks.pop(key, None)
