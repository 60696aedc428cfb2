"""Small matrices are multiplied on one thread: on a busy machine, two wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_usual = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch inside; what was usual before, once no one is inside any more.

    Part of torch's setting holds for the calling thread, part for the process, so it is set
    in every thread, and counted.
    """
    global _inside, _usual  # noqa: PLW0603 - torch's setting is one a process
    import torch

    with _lock:
        if not _inside:
            _usual = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                torch.set_num_threads(_usual)
