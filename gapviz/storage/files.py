"""Writing files and folders so that no reader ever sees half of one, and no two writers mix."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from gapviz.core.errors import GapvizError
from gapviz.storage.leftovers import NAME, NEW, OLD, UNFINISHED, owned_room, recover, sweep

LOOKS = 3
SWAP_SECONDS = 60.0
"""How long a folder waits for another that is being put into the same place."""

LONG_NAME = 200
"""Bytes of a name; file systems take 255."""

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Modes of what lies in the cache and in the home."""


def write_atomically(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write beside `path`, then rename: a reader sees the old file or the whole new one.

    Args:
        path: the file.
        content: all of it.
        private: whether nobody else may read it.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        mode = PRIVATE_FILE if private else 0o666
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:  # noqa: PTH123 - with a mode
            file.write(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def bytes_in(folder: Path) -> int:
    """How much lies in a folder and those below it; 0 where there is none. Links count alone."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).lstat().st_size
    return total


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for nobody else to look into."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def write_output(path: Path, content: bytes) -> None:
    """Write what somebody asked for, whole or not at all, and the folders above it.

    Raises:
        GapvizError: a disk that is full or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def alone(path: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Be the only one, of all processes, who writes `path`.

    Args:
        path: a file or folder; what marks it lies beside it, and goes at the end.
        patience: seconds to wait for another one.

    Raises:
        GapvizError: another one is still at it.
        OSError: the place cannot be written.
    """
    mark = path.with_name(f".{_short(path.name)}.lock")
    try:
        with FileLock(mark, thread_local=False).acquire(timeout=patience):
            try:
                yield
            finally:
                # Whoever has opened it meanwhile finds that it has no name, and makes a new one.
                mark.unlink(missing_ok=True)
    except Timeout as error:
        raise GapvizError(
            "is being written by another run of gapviz",
            where=str(path),
            hint="wait for it, or name another place",
        ) from error


def _short(name: str) -> str:
    """The name, or another one that is as telling, where an ending would make it too long."""
    content = os.fsencode(name)
    return name if len(content) < LONG_NAME else hashlib.sha256(content).hexdigest()


def refuse_foreign_folder(folder: Path, *, marker: str, what: str) -> None:
    """Refuse to write over anything but an empty folder or one with the file `marker` in it.

    Args:
        folder: where something is to be written.
        marker: the file that tells an earlier result of the same kind.
        what: what such a result is called ("a saved collection").

    Raises:
        GapvizError: a file, or a folder with something else in it.
    """
    try:
        # Between two looks another run may swap a whole folder in.
        for _ in range(LOOKS):
            if not folder.exists() or (folder / marker).is_file():
                return
            with suppress(FileNotFoundError):
                if folder.is_dir() and not any(folder.iterdir()):
                    return
            time.sleep(0.01)
    except OSError as error:
        raise unwritable(folder, error) from error
    raise GapvizError(
        f"is there, and is not {what}",
        where=str(folder),
        hint="name a folder that does not exist yet",
    )


def replace_folder(folder: Path, write: Callable[[Path], None], *, marker: str, what: str) -> None:
    """`write` a folder beside `folder`, then swap it in: the whole of it, or nothing.

    Raises:
        GapvizError: as `refuse_foreign_folder`, or a disk that is full or cannot be written.
    """
    refuse_foreign_folder(folder, marker=marker, what=what)
    try:
        with swapped_in(folder) as new:
            write(new)
    except OSError as error:
        raise unwritable(folder, error) from error


@contextmanager
def swapped_in(folder: Path, *, private: bool = False) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `folder` at the end.

    Whatever stops it, an interrupt between two renames too, `folder` is left as it was. What
    stood there goes only when the new one is in place. A process that dies between the renames
    leaves both; `recover` then puts the new one in place.

    Args:
        folder: that is replaced.
        private: whether nobody else may read it.

    Raises:
        GapvizError: another folder is being put there for `SWAP_SECONDS`.
        OSError: a disk that is full or cannot be written.
    """
    folder = folder.absolute()
    if private:
        private_folder(folder.parent)
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    sweep(folder.parent)
    with owned_room(folder.parent, f"{UNFINISHED}{folder.name[:40]}-") as room:
        new, old = room / NEW, room / OLD
        (room / NAME).write_text(folder.name, "utf-8")
        new.mkdir()
        yield new
        if private:
            restrict(new)
        with alone(folder, patience=SWAP_SECONDS):
            try:
                if folder.exists():
                    os.replace(folder, old)
                os.replace(new, folder)
                # From here on nobody takes the room for one whose folder is missing.
                (room / NAME).unlink()
            finally:
                if old.exists() and not folder.exists():
                    os.replace(old, folder)


def restrict(folder: Path) -> None:
    """Let nobody else read a folder and all that is in it."""
    for place, _, names in os.walk(folder):
        Path(place).chmod(PRIVATE_FOLDER)
        for name in names:
            with suppress(OSError):  # a link that leads nowhere
                Path(place, name).chmod(PRIVATE_FILE)


def unwritable(
    path: Path | str, error: OSError, *, hint: str = "make room there, or name another place"
) -> GapvizError:
    """What to tell where `path` cannot be written."""
    return GapvizError(f"cannot be written ({error.strerror or error})", where=str(path), hint=hint)


def unreadable(path: Path | str, error: OSError, *, hint: str = "check the file") -> GapvizError:
    """What to tell where `path` cannot be read."""
    return GapvizError(f"cannot be read ({error.strerror or error})", where=str(path), hint=hint)
