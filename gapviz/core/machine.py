"""What this process may use of the machine: processors, threads and memory."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MEMORY_FILE = Path("/proc/meminfo")
_MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""What a container may use, by the second and by the first version of control groups."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Processors and memory."""

    processors: int
    """That this process may run on."""
    blas_threads: int | None
    """Of one product of matrices; None where the library does not say."""
    memory: int | None
    """Bytes in all, or those that a container may use; None where the system does not say."""
    free_memory: int | None
    """Bytes of it that are not in use; None where the system does not say."""


def this_machine() -> Machine:
    """The machine as this process sees it now."""
    import numpy  # noqa: F401 - its BLAS is asked, so it has to be loaded
    from threadpoolctl import threadpool_info

    threads = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    memory = _pages("SC_PHYS_PAGES")
    limits = [limit for limit in map(_limit, _MEMORY_LIMITS) if limit is not None]
    return Machine(
        processors=_processors(),
        blas_threads=max(threads, default=None),
        memory=min([memory, *limits]) if memory is not None else None,
        free_memory=_free_memory(),
    )


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pages(name: str) -> int | None:
    """Bytes of a number of pages that POSIX names."""
    try:
        return int(os.sysconf(name)) * int(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return None


def _free_memory() -> int | None:
    # What Linux keeps of files is free as well, and only its own figure says so.
    with suppress(OSError, ValueError, IndexError):
        for line in _MEMORY_FILE.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return _pages("SC_AVPHYS_PAGES")


def _limit(path: Path) -> int | None:
    """None where the file is not there, or says that there is no limit."""
    with suppress(OSError, ValueError):
        return int(path.read_text("ascii"))
    return None
