"""Functions that a process of its own can import, for test_background_process.py."""

import time
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.storage.background_process import runs_in_process


@runs_in_process
def count(*, folder, end, progress):
    """Write files 0, 1, …, a hundred a second; those that are there are not written again."""
    written = 0
    for number in range(end):
        path = Path(folder) / str(number)
        if not path.exists():
            path.touch()
            written += 1
            time.sleep(0.01)
        progress(number / end, f"counted {number}")
    return {"written": written}


@runs_in_process
def fail(*, mistake, progress):
    progress(0.25, "about to fail")
    raise GapvizError("no vectors", where="a.npy", hint="write some") if mistake else KeyError("x")


@runs_in_process
def grow(*, megabytes, progress):
    """Take memory, a little at a time."""
    held = [bytearray(1 << 20) for _ in range(megabytes)]
    return {"held": len(held)}


@runs_in_process
def brood(*, progress):
    """Be busy where no Python code gets a turn."""
    return {"": len(str(pow(7, 7**12)))}
