"""`python -m gapviz.encoders.encoding.worker JOB_FOLDER`: the process behind an `EncodingJob`."""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding.jobs import (
    LOCK_FILE,
    EncodingJob,
    EncodingRequest,
    JobStatus,
    is_cancelled,
    write_status,
)
from gapviz.encoders.encoding.output import save_whole
from gapviz.encoders.encoding.pace import Report
from gapviz.storage.background import Cancelled
from gapviz.storage.saved_collection import load_collection

LOCK_SECONDS = 10.0
STATUS_SECONDS = 0.25

_log = logging.getLogger(__name__)


def main(folder: Path) -> int:
    """Do the job of a folder, leaving its status there; returns the exit code."""
    job = EncodingJob(folder)
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        return 1
    with lock:
        teller = _Teller(folder)
        try:
            last = _encode(job.request, teller)
        except Cancelled:
            last = replace(teller.status, state="cancelled", stage="cancelled")
        except GapvizError as error:
            last = replace(teller.status, state="failed", sentence=error.sentence)
        except Exception:
            _log.exception("encoding failed")
            sentence = "The encoding stopped on an unexpected fault; see log.txt of the job."
            last = replace(teller.status, state="failed", sentence=sentence)
        ended = replace(last, items_per_second=None, seconds_left=None, written=time.time())
        write_status(folder, ended)
    return 0 if last.state == "done" else 1


class _Teller:
    """Writes the status, and not more often than anyone looks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.status = JobStatus("running", pid=os.getpid(), written=time.time())
        write_status(folder, self.status)

    def set(self, *, stage: str, device: str | None) -> None:
        """Begin another stage."""
        self.status = replace(self.status, stage=stage, device=device, written=time.time())
        write_status(self._folder, self.status)

    def hear(self, report: Report) -> None:
        """Take a report of the encoding; raises `Cancelled` where that was asked for."""
        if is_cancelled(self._folder):
            raise Cancelled
        if time.time() - self.status.written < STATUS_SECONDS:
            return
        self.status = replace(
            self.status,
            share=report.share,
            stage=report.stage,
            items_per_second=report.items_per_second,
            seconds_left=report.seconds_left,
            written=time.time(),
        )
        write_status(self._folder, self.status)


def _encode(request: EncodingRequest, teller: _Teller) -> JobStatus:
    from gapviz.encoders.encoding.run import encode_collection
    from gapviz.encoders.registry import encoded_modalities, load_any_encoder

    collection = load_collection(request.collection, root=request.root)
    teller.set(stage="loading the encoder", device=None)
    encoder = load_any_encoder(request.encoder, device=request.device)
    teller.set(stage="reading", device=encoder.device)
    encoded = encode_collection(
        collection,
        encoder,
        indexed_captions=request.indexed_captions,
        listener=teller.hear,
        decode_workers=request.decode_workers,
        modalities=request.modalities or encoded_modalities(request.encoder),
    )
    save_whole(encoded.collection, request.output)
    return replace(
        teller.status,
        state="done",
        share=1.0,
        stage="done",
        n_encoded=encoded.n_encoded,
        n_reused=encoded.n_reused,
        skipped=tuple((one.what, one.why) for one in encoded.skipped),
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
