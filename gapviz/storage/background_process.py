"""Work in a process of its own, which goes on when the one that started it ends.

`python -m gapviz.storage.background_process FOLDER` does the work of a task's folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from gapviz.core.errors import GapvizError
from gapviz.core.places import IMPORT_ROOT
from gapviz.core.plain_json import parsed_json
from gapviz.core.progress import Progress
from gapviz.storage.background import (
    BackgroundTask,
    Cancelled,
    State,
    TaskStatus,
    final_status,
)
from gapviz.storage.files import PRIVATE_FILE, private_folder, unwritable, write_atomically
from gapviz.storage.leftovers import DELETED
from gapviz.storage.read_only import refuse_if_read_only

MODULE = "gapviz.storage.background_process"

REQUEST_FILE = "request.json"
STATUS_FILE = "status.json"
CANCEL_FILE = "cancel"
LOCK_FILE = "worker.lock"
LOG_FILE = "log.txt"

START_SECONDS = 60.0
"""A process that has not begun by then never will."""
LOCK_SECONDS = 10.0
POLL_SECONDS = 0.05
STATUS_SECONDS = 0.25
"""A process writes its status at most this often, since nobody looks more often."""


FEW_THREADS = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
"""Of a process whose memory is bounded: each thread reserves memory that it does not use."""

WRITTEN = ("state", "share", "stage", "result")
ERROR_PARTS = ("what", "where", "hint")

MARK = "runs_in_process"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the process of a task may take; the system ends one that takes more."""

    memory: int
    """Bytes, besides those of an idle process. Linux alone holds it to that."""
    seconds: float


Function = TypeVar("Function", bound=Callable[..., Mapping[str, Any]])


def runs_in_process(function: Function) -> Function:
    """Mark a function that a `ProcessTask` may run: a folder can name no other one."""
    setattr(function, MARK, True)
    return function


class ProcessTask(BackgroundTask[dict[str, Any]]):
    """Work in a process of its own, which goes on when this one ends.

    It is known by its folder: another process finds it there, and can start it again after
    it was cancelled or interrupted.

    Args:
        folder: of the task alone.

    Raises:
        GapvizError: no task lies there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            request = parsed_json((self.folder / REQUEST_FILE).read_text("utf-8"))
            self.arguments: dict[str, Any] = dict(request["arguments"])
            self._module, _, self._function = str(request["function"]).partition(":")
            allowed = request.get("allowance")
            self.allowance = None if allowed is None else Allowance(**allowed)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GapvizError(
                "holds no background task", where=str(folder), hint="start the work again"
            ) from error

    @classmethod
    def create(
        cls,
        folder: Path,
        function: Callable[..., Mapping[str, Any]],
        arguments: Mapping[str, Any],
        allowance: Allowance | None = None,
    ) -> ProcessTask:
        """A task in a folder of its own, not yet started.

        Args:
            folder: of the task alone.
            function: marked by `runs_in_process`; called with `progress=` and the arguments,
                it returns plain JSON values.
            arguments: plain JSON values by name; paths absolute.
            allowance: what it may take; None bounds nothing.

        Raises:
            GapvizError: a folder that cannot be written.
        """
        _refuse_new_work()
        request = {
            "allowance": None if allowance is None else asdict(allowance),
            "function": f"{function.__module__}:{function.__qualname__}",
            "arguments": dict(arguments),
        }
        try:
            private_folder(folder)
            content = json.dumps(request, indent=1)
            write_atomically(folder / REQUEST_FILE, content.encode(), private=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        return cls(folder)

    def start(self) -> None:
        """Begin, or go on where it was cancelled or interrupted; nothing while it is active.

        Raises:
            GapvizError: a folder that cannot be written.
        """
        _refuse_new_work()
        if self.status().active:
            return
        try:
            (self.folder / CANCEL_FILE).unlink(missing_ok=True)
            (self.folder / LOG_FILE).touch(mode=PRIVATE_FILE)
            self._write(TaskStatus("queued"))
            with (self.folder / LOG_FILE).open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", MODULE, str(self.folder)],
                    env=os.environ | (FEW_THREADS if self.allowance else {}),
                    # So that the same gapviz is found, wherever the server was started.
                    cwd=IMPORT_ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            raise unwritable(self.folder, error) from error
        # Nobody else waits for it, and a process that no one waits for stays as a zombie.
        threading.Thread(target=self._process.wait, daemon=True).start()

    def kill(self) -> None:
        """End the process that this object has started, wherever it is."""
        if self._process is not None:
            self._process.kill()

    @property
    def ended_by(self) -> int:
        """The signal that ended that process, which is no longer at work; 0 where none has."""
        code = 0 if self._process is None else self._process.wait(LOCK_SECONDS)
        return max(-code, 0)

    def cancel(self) -> None:
        _refuse_new_work()
        if self.status().active:
            (self.folder / CANCEL_FILE).touch()

    @property
    def cancelled(self) -> bool:
        return os.path.lexists(self.folder / CANCEL_FILE)

    def status(self) -> TaskStatus[dict[str, Any]]:
        """Where it stands; `interrupted` where its process has gone without a word."""
        status, _ = self._read()
        if not status.active or self._is_held():
            return status
        # It may have finished between the two looks.
        gone = self._process is not None and self._process.poll() is not None
        status, written = self._read()
        # A clock that was set back must not make anyone wait for what never comes.
        waiting = (
            not gone and status.state == "queued" and abs(time.time() - written) < START_SECONDS
        )
        if not status.active or waiting:
            return status
        hint = "start it again, it goes on where it stopped"
        error = GapvizError("the work was interrupted", hint=hint)
        return replace(status, state="interrupted", error=error)

    def remove(self) -> None:
        """Remove the folder of a task that is not active; all of it is gone at once.

        Raises:
            GapvizError: a gapviz that only shows.
        """
        _refuse_new_work()
        doomed = self.folder.with_name(f"{DELETED}{self.folder.name}-{os.getpid()}")
        with suppress(OSError):
            os.replace(self.folder, doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def run(self) -> State:
        """Do the work in this process, leaving its status in the folder; the final state.

        Nothing is done where another process is at it for `LOCK_SECONDS`.
        """
        try:
            with FileLock(self.folder / LOCK_FILE, mode=PRIVATE_FILE).acquire(timeout=LOCK_SECONDS):
                return self._run()
        except Timeout:
            return self.status().state

    def _run(self) -> State:
        reported: TaskStatus[dict[str, Any]] = TaskStatus("running")
        self._write(reported)
        if self.allowance is not None:
            _confine(self.allowance)
        next_write = 0.0

        def report(share: float, stage: str) -> None:
            nonlocal reported, next_write
            if self.cancelled:
                raise Cancelled
            reported = replace(reported, share=share, stage=stage)
            if time.monotonic() >= next_write:
                next_write = time.monotonic() + STATUS_SECONDS
                self._write(reported)

        def work() -> dict[str, Any]:
            function = getattr(import_module(self._module), self._function)
            if not hasattr(function, MARK):
                raise GapvizError(f"{self._function} is no work of gapviz", where=str(self.folder))
            result: dict[str, Any] = function(progress=report, **self.arguments)
            return result

        final = final_status(work, lambda: reported, log=f"{LOG_FILE} of the task")
        self._write(final)
        return final.state

    def _write(self, status: TaskStatus[dict[str, Any]]) -> None:
        values = {name: getattr(status, name) for name in WRITTEN}
        if status.error is not None:
            values["error"] = {name: getattr(status.error, name) for name in ERROR_PARTS}
        values |= {"pid": os.getpid(), "time": time.time()}
        write_atomically(self.folder / STATUS_FILE, json.dumps(values).encode(), private=True)

    def _read(self) -> tuple[TaskStatus[dict[str, Any]], float]:
        """The status as it was written, and the Unix time of that."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            values = parsed_json((self.folder / STATUS_FILE).read_text("utf-8"))
            error = GapvizError(**values["error"]) if "error" in values else None
            status = TaskStatus(**{name: values[name] for name in WRITTEN}, error=error)
            return status, values["time"]
        return TaskStatus("interrupted", error=GapvizError("the work was never started")), 0.0

    def _is_held(self) -> bool:
        # A lock ends with its process, however that ends; a process id may be another's.
        try:
            with FileLock(self.folder / LOCK_FILE, mode=PRIVATE_FILE).acquire(timeout=0):
                return False
        except Timeout:
            return True


def _refuse_new_work() -> None:
    """All such work is there to leave something that lasts."""
    refuse_if_read_only("no work is started, stopped or removed whose result would last")


def confined(
    function: Callable[..., Mapping[str, Any]],
    arguments: Mapping[str, Any],
    *,
    folder: Path,
    allowance: Allowance,
    hint: str,
    progress: Progress,
) -> dict[str, Any]:
    """Do work in a process of its own, and wait for its result.

    Args:
        function: as `ProcessTask.create` takes it.
        arguments: of it.
        folder: of the task alone.
        allowance: what it may take.
        hint: what to do where that is too little.
        progress: told how far it is; where it raises, the work is ended.

    Raises:
        GapvizError: what the function raises, or that it took more than is allowed.
    """
    task = ProcessTask.create(folder, function, arguments, allowance)
    task.start()
    end = time.monotonic() + allowance.seconds + LOCK_SECONDS
    try:
        while (status := task.status()).active:
            progress(status.share, status.stage)
            if time.monotonic() > end:
                task.kill()
            time.sleep(POLL_SECONDS)
    except BaseException:
        task.kill()
        raise
    if status.result is not None:
        return status.result
    if status.state == "failed" and status.error is not None:
        raise status.error
    task.kill()  # one that never began
    too_long = time.monotonic() > end or task.ended_by == getattr(signal, "SIGALRM", -1)
    raise GapvizError(
        f"takes longer than the {allowance.seconds:g} s allowed"
        if too_long
        else f"ended the process that read it, which may take {allowance.memory / 1e9:g} GB",
        hint=hint,
    )


def _confine(allowance: Allowance) -> None:
    """Hold this process to what it may take; the system ends it, whatever it is at."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, allowance.seconds)
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + allowance.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(ProcessTask(Path(sys.argv[1])).run() != "done")
