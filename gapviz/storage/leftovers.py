"""What a run that was killed leaves behind: found again, put right, or swept away.

Work that takes long has a room, a hidden folder beside its goal, and holds a lock in it. A lock
ends with its process, however that ends; a process id may be another's by then.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock, Timeout

from gapviz.storage.configuration import configuration

UNFINISHED = ".partial-"
"""What the name of a folder that is still being written begins with."""
LANDING = ".landing-"
"""The same of an upload."""
DELETED = ".deleted-"
"""The same of what is going."""

OWNER = "owner.lock"
NAME, NEW, OLD = "name", "new", "old"
"""In a room: the name of the folder that is replaced, the one to come, and the one that was."""

SETTLING_SECONDS = 10.0
"""Between making a room and locking it pass milliseconds."""
UNOWNED_SECONDS = 24 * 3600.0
"""What carries no lock is swept after a day."""

_FILE = re.compile(r"\..+\.(?P<pid>[0-9]+)\.[0-9]+\.partial", re.DOTALL)

UPLOADED = "files"
"""Folders of this name hold what people brought, in which nothing is swept."""


@contextmanager
def owned_room(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder that is known to be in use until the end, and then goes.

    What cannot be put back where it came from stays in it.

    Raises:
        OSError: a disk that is full or cannot be written.
    """
    room = Path(mkdtemp(prefix=prefix, dir=parent))
    try:
        with FileLock(room / OWNER, mode=0o600, thread_local=False):
            yield room
    finally:
        name = _told_name(room)
        if not (room / OLD).exists() or not name or os.path.lexists(parent / name):
            shutil.rmtree(room, ignore_errors=True)


def recover(folder: Path) -> bool:
    """Put a folder in place whose writer died between the two renames of a swap.

    Returns:
        Whether it was missing, and is there now.
    """
    if os.path.lexists(folder):
        return False
    for room in _rooms(folder.parent, UNFINISHED):
        if _told_name(room) == folder.name:
            _finish(room)
    return os.path.lexists(folder)


def sweep(parent: Path, *, ours: bool = False) -> None:
    """Remove what dead runs of this user left directly in a folder; finish their swaps.

    Args:
        parent: the folder.
        ours: whether all in it is gapviz' own, so that what carries no mark goes too, once it
            is old.
    """
    for room in _rooms(parent, UNFINISHED, LANDING, DELETED):
        if (room / OWNER).is_file():
            _finish(room)
        elif ours and _age(room) > UNOWNED_SECONDS:
            shutil.rmtree(room, ignore_errors=True)
    if ours:
        for file in _entries(parent):
            match = _FILE.fullmatch(file.name)
            if match and file.is_file() and _is_dead(int(match["pid"]), file):
                with suppress(OSError):
                    file.unlink()


def sweep_below(top: Path) -> None:
    """`sweep` a cache or a home of gapviz, with all folders in it but those of uploads."""
    for place, folders, _ in os.walk(top):
        sweep(Path(place), ours=True)
        folders[:] = [name for name in folders if name[0] != "." and name != UPLOADED]


def sweep_at_start() -> None:
    """Sweep cache and home, beside whatever starts; a gapviz that only shows leaves its home."""

    def work() -> None:
        told = configuration()
        for top in (told.cache, *([] if told.read_only else [told.home])):
            sweep_below(top)

    threading.Thread(target=work, daemon=True).start()


def _finish(room: Path) -> None:
    """Remove the room of a dead run, once what it had swapped out or made is in place."""
    if _age(room) < SETTLING_SECONDS and not (room / OLD).exists():
        return
    try:
        with FileLock(room / OWNER, mode=0o600).acquire(timeout=0):
            name = _told_name(room)
            if name and (room / OLD).exists() and not os.path.lexists(room.parent / name):
                # The old one goes only when the new one is whole.
                os.replace(room / (NEW if (room / NEW).exists() else OLD), room.parent / name)
        shutil.rmtree(room, ignore_errors=True)
    except (Timeout, OSError):
        return  # at work, or not ours to change


def _told_name(room: Path) -> str:
    try:
        name = (room / NAME).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    # It is a name in the same folder, and leads nowhere else.
    return name if name == os.path.basename(name) and name not in (".", "..") else ""  # noqa: PTH119


def _rooms(parent: Path, *prefixes: str) -> list[Path]:
    return [one for one in _entries(parent) if one.name.startswith(prefixes) and one.is_dir()]


def _entries(parent: Path) -> list[Path]:
    """Hidden entries of a folder that this user owns, no links."""
    found = []
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(".") and not entry.is_symlink() and _is_mine(entry):
                found.append(Path(entry))
    return found


def _is_mine(entry: os.DirEntry[str]) -> bool:
    try:
        owner = entry.stat(follow_symlinks=False).st_uid
    except OSError:
        return False
    return not hasattr(os, "getuid") or owner == os.getuid()


def _age(path: Path) -> float:
    """Seconds since it was last changed, without regard to a clock that was set back."""
    try:
        return abs(time.time() - path.lstat().st_mtime)
    except OSError:
        return 0.0


def _is_dead(pid: int, file: Path) -> bool:
    age = _age(file)
    if age > UNOWNED_SECONDS:
        return True
    if os.name != "posix":  # elsewhere the signal 0 is none
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return age > SETTLING_SECONDS
    except OSError:
        return False
    return False
