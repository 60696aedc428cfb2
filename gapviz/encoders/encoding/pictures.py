"""Pictures read, hashed and prepared in processes of their own, never far ahead of their use.

Nothing here imports torch: a worker process takes a fraction of a second to start, and
leaves the encoder's process to the encoder.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from gapviz.core.errors import GapvizError
from gapviz.encoders.pixels import Pixels, Preparation
from gapviz.sources.images.decoding import decode_image, orientation_of
from gapviz.sources.images.references import image_bytes

Answer = TypeVar("Answer")
Thing = TypeVar("Thing")

HASHED_AT_ONCE = 32
PREPARED_AT_ONCE = 8

PREPARED_PIXELS = 4_194_304
"""Of all the pictures that one task prepares: those of several tasks wait in memory."""

TASKS_AHEAD = 6
"""Batches in work or waiting to be used, for each worker."""

FEW = 64
"""Fewer pictures than this are done here sooner than a process starts."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a picture cannot be used, in a clause."""

    why: str


class PictureWorkers(AbstractContextManager["PictureWorkers"]):
    """Processes that read pictures; they start with the first task and end with the context.

    Args:
        root: `Collection.root`.
        count: how many; 0 does the work in this process, None takes one a processor, and none
            for a few pictures.
        n_pictures: how many pictures there are.
    """

    def __init__(self, root: Path | None, count: int | None, n_pictures: int) -> None:
        if count is None:
            count = 0 if n_pictures < FEW else min(os.cpu_count() or 1, 8)
        self._root = root
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def __exit__(self, *_: object) -> None:
        """Drop what waits, and end the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def digests(
        self, references: Sequence[str], *, checked: bool = False
    ) -> Iterator[bytes | Fault]:
        """`picture_key` of each picture, in order.

        Args:
            references: as `Item.image` has them.
            checked: decode each picture to the last row, and find fault where that fails.
        """
        at_once = PREPARED_AT_ONCE if checked else HASHED_AT_ONCE
        return self._in_order(partial(_digest, checked), references, at_once)

    def pixels(
        self, pictures: Sequence[tuple[str, bytes]], preprocessing: Preparation
    ) -> Iterator[Pixels | Fault]:
        """Each picture prepared, in order; `pictures` are references with their digests."""
        few = max(1, min(PREPARED_AT_ONCE, PREPARED_PIXELS // preprocessing.most_pixels))
        return self._in_order(partial(_pixels, preprocessing), pictures, few)

    def _in_order(
        self, read: Callable[[Path | None, Thing], Answer], things: Sequence[Thing], at_once: int
    ) -> Iterator[Answer | Fault]:
        work = partial(_answers, read, self._root)
        batches = [things[start : start + at_once] for start in range(0, len(things), at_once)]
        if not self._count:
            for batch in batches:
                yield from work(batch)
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_die_with_parent,
            )
        waiting: deque[Future[list[Answer | Fault]]] = deque()
        try:
            for batch in batches:
                if len(waiting) >= self._count * TASKS_AHEAD:
                    yield from waiting.popleft().result()
                with _ctrl_c_held_back():
                    waiting.append(self._pool.submit(work, batch))
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise GapvizError(
                "a process that reads pictures was ended",
                hint="start again, it goes on where it stopped; from a script, call it under "
                "`if __name__ == '__main__':` or with decode_workers=0",
            ) from error


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Let a process start whole, and never get the Ctrl-C that comes to all of a terminal.

    This process ends the others itself, in order. They inherit the mask. It is no shield for
    the main thread, as any other thread may take the signal on its behalf; the handler is.
    """
    heard: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if is_main else None
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        if before is not None:
            signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if before is not None:
            signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)


def _die_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _answers(
    read: Callable[[Path | None, Thing], Answer], root: Path | None, things: Sequence[Thing]
) -> list[Answer | Fault]:
    answers: list[Answer | Fault] = []
    for thing in things:
        try:
            answers.append(read(root, thing))
        except GapvizError as error:
            answers.append(Fault(error.what))
    return answers


def _digest(checked: bool, root: Path | None, reference: str) -> bytes:
    content = image_bytes(reference, root)
    if checked:
        decode_image(content, where=reference)
    return picture_key(content)


def picture_key(content: bytes) -> bytes:
    """SHA-256 of a picture's file, and of its orientation where that turns it.

    Vectors that were made of a turned picture as it lies in its file have the key of the file
    alone, and are never taken for those of the picture upright.
    """
    digest = hashlib.sha256(content)
    orientation = orientation_of(content)
    if orientation != 1:
        digest.update(f"orientation {orientation}".encode())
    return digest.digest()


def _pixels(preprocessing: Preparation, root: Path | None, picture: tuple[str, bytes]) -> Pixels:
    reference, digest = picture
    content = image_bytes(reference, root)
    if picture_key(content) != digest:
        raise GapvizError("changed while it was read")
    return preprocessing.pixels(decode_image(content, where=reference))
