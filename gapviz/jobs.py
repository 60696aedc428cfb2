"""Long work in a thread of its own: progress to look at, a button to cancel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from gapviz.encoders.base import Progress
from gapviz.errors import GapvizError

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside the work when someone cancelled it."""


class Job(Generic[Result]):
    """One piece of work, started at once.

    `work` gets a progress callback, and is cancelled at its next call of it.
    """

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        """Start `work` in a daemon thread."""
        self.share = 0.0
        self.stage = "starting"
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

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until done; False if `seconds` ran out first."""
        return self._done.wait(seconds)

    def _report(self, share: float, stage: str) -> None:
        if self._cancel.is_set():
            raise Cancelled
        self.share, self.stage = min(max(share, 0.0), 1.0), stage

    def _run(self, work: Callable[[Progress], Result]) -> None:
        try:
            self.result = work(self._report)
        except Cancelled:
            pass
        except GapvizError as error:
            self.error = error
        except Exception:
            _log.exception("a background job failed")
            self.error = GapvizError(
                "the work stopped on an unexpected fault", mend="see the server's log"
            )
        finally:
            self._done.set()


class JobBoard(Generic[Result]):
    """Jobs by key, so that visitors who wait for the same work share one job."""

    def __init__(self) -> None:
        """Start with no jobs."""
        self._jobs: dict[str, Job[Result]] = {}
        self._lock = threading.Lock()

    def start_once(self, key: str, work: Callable[[Progress], Result]) -> Job[Result]:
        """The job under `key`, started now if there is none."""
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = Job(work)
            return self._jobs[key]

    def find(self, key: str) -> Job[Result] | None:
        """The job under `key`, or None."""
        with self._lock:
            return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """Let the next `start_once` of this key start afresh."""
        with self._lock:
            self._jobs.pop(key, None)
