"""Encoding in a process of its own: it outlives the server that started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

import gapviz
from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding.output import refuse_foreign_folder
from gapviz.encoders.registry import encoded_modalities
from gapviz.sources.files.reading import IndexedCaptions
from gapviz.storage.files import unwritable, write_atomically

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]

REQUEST_FILE = "request.json"
STATUS_FILE = "status.json"
CANCEL_FILE = "cancel"
LOCK_FILE = "worker.lock"
LOG_FILE = "log.txt"

START_SECONDS = 60.0
"""A process that has not begun by then never will."""


@dataclass(frozen=True, slots=True)
class EncodingRequest:
    """What to encode, with what, into which folder."""

    collection: Path
    """Folder that `Collection.save` wrote."""
    encoder: str
    """As `load_any_encoder` takes it."""
    output: Path
    """Folder of the encoded collection; written as a whole, at the end."""
    root: Path | None = None
    """`Collection.root`, which is not saved with it."""
    indexed_captions: IndexedCaptions = "first"
    modalities: tuple[str, ...] | None = None
    """None takes all that the encoder encodes."""
    device: str | None = None
    decode_workers: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; paths absolute, since the process starts in another folder."""
        paths = {
            name: None if path is None else str(path.absolute())
            for name, path in (
                ("collection", self.collection),
                ("output", self.output),
                ("root", self.root),
            )
        }
        return asdict(self) | paths

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> EncodingRequest:
        """What `to_json` gave."""
        chosen = values["modalities"]
        return cls(
            **values
            | {
                "collection": Path(values["collection"]),
                "output": Path(values["output"]),
                "root": None if values["root"] is None else Path(values["root"]),
                "modalities": None if chosen is None else tuple(chosen),
            }
        )


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job stands."""

    state: State
    share: float = 0.0
    stage: str = "starting"
    items_per_second: float | None = None
    seconds_left: float | None = None
    """Of the stage under way."""
    device: str | None = None
    sentence: str | None = None
    """What went wrong, for people."""
    pid: int | None = None
    written: float = 0.0
    """Unix time."""
    n_encoded: int | None = None
    n_reused: int | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    """What was left out, and why; known at the end."""

    @property
    def active(self) -> bool:
        """Waiting or at work."""
        return self.state in ("queued", "running")


class EncodingJob:
    """A job by its folder, in this server or one started later.

    Args:
        folder: the job's own folder.

    Raises:
        GapvizError: no job lies there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        try:
            values = json.loads((self.folder / REQUEST_FILE).read_text("utf-8"))
            self.request = EncodingRequest.from_json(values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GapvizError(
                "holds no encoding job", where=str(folder), hint="start the encoding again"
            ) from error

    def start(self) -> None:
        """Start the process, or one that goes on where another was interrupted.

        Nothing happens while one is at work.
        """
        if self.status().active:
            return
        (self.folder / CANCEL_FILE).unlink(missing_ok=True)
        write_status(self.folder, JobStatus("queued", written=time.time()))
        with (self.folder / LOG_FILE).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gapviz.encoders.encoding.worker", str(self.folder)],
                # So that the same gapviz is found, wherever the server was started.
                cwd=Path(gapviz.__file__).resolve().parents[1],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # Nobody else waits for it, and a process that no one waits for stays as a zombie.
        threading.Thread(target=process.wait, daemon=True).start()

    def cancel(self) -> None:
        """Ask the process to stop; it does so after the batch it is at."""
        if self.status().active:
            (self.folder / CANCEL_FILE).touch()

    def status(self) -> JobStatus:
        """Where it stands; `interrupted` where its process is gone without a word."""
        status = _read_status(self.folder)
        if not status.active or self._is_held():
            return status
        # It may have finished between the two looks.
        status = _read_status(self.folder)
        waiting = status.state == "queued" and time.time() - status.written < START_SECONDS
        if not status.active or waiting:
            return status
        return JobStatus(
            "interrupted",
            share=status.share,
            stage=status.stage,
            device=status.device,
            sentence="The encoding was interrupted; start it again, it goes on where it stopped.",
            written=status.written,
        )

    def wait(self, seconds: float) -> JobStatus:
        """Wait until it is neither queued nor running, or until the seconds are over."""
        end = time.monotonic() + seconds
        while (status := self.status()).active and time.monotonic() < end:
            time.sleep(0.05)
        return status

    def _is_held(self) -> bool:
        # A lock ends with its process, however that ends; a process id may be another's.
        lock = FileLock(self.folder / LOCK_FILE)
        try:
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True


def start_encoding(job_folder: Path, request: EncodingRequest) -> EncodingJob:
    """Start a job in a folder of its own.

    Raises:
        GapvizError: no such family of encoders, an output folder that holds something else, or
            a job folder that cannot be written.
    """
    encoded_modalities(request.encoder)
    refuse_foreign_folder(request.output)
    try:
        job_folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(request.to_json(), ensure_ascii=False, indent=1)
        write_atomically(job_folder / REQUEST_FILE, content.encode())
        job = EncodingJob(job_folder)
        job.start()
        return job
    except OSError as error:
        raise unwritable(job_folder, error) from error


def write_status(folder: Path, status: JobStatus) -> None:
    """Leave a status for whoever looks."""
    write_atomically(folder / STATUS_FILE, json.dumps(asdict(status)).encode())


def is_cancelled(folder: Path) -> bool:
    """Whether someone asked the job to stop."""
    return os.path.lexists(folder / CANCEL_FILE)


def _read_status(folder: Path) -> JobStatus:
    with suppress(OSError, ValueError, TypeError):
        values = json.loads((folder / STATUS_FILE).read_text("utf-8"))
        known = {field.name for field in fields(JobStatus)}
        skipped = tuple((what, why) for what, why in values.pop("skipped", ()))
        kept = {name: value for name, value in values.items() if name in known}
        return JobStatus(**kept, skipped=skipped)
    return JobStatus("interrupted", sentence="The encoding was never started.")
