"""Writing files and folders so that no reader ever sees half of one."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from gapviz.core.errors import GapvizError

UNFINISHED = ".partial-"
"""What the name of a folder that is still being written begins with."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename: a reader sees the old file or the whole new one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


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
        if not folder.exists():
            return
        if folder.is_dir() and (not any(folder.iterdir()) or (folder / marker).is_file()):
            return
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
def swapped_in(folder: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `folder` at the end.

    Whatever stops it, an interrupt between two renames too, `folder` is left as it was. What
    stood there goes only when the new one is in place.

    Raises:
        OSError: a disk that is full or cannot be written.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    room = Path(mkdtemp(prefix=f"{UNFINISHED}{folder.name[:40]}-", dir=folder.parent))
    new, old = room / "new", room / "old"
    try:
        new.mkdir()
        yield new
        if folder.exists():
            os.replace(folder, old)
        os.replace(new, folder)
    finally:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(room, ignore_errors=True)


def unwritable(
    path: Path | str, error: OSError, *, hint: str = "make room there, or name another place"
) -> GapvizError:
    """What to tell where `path` cannot be written."""
    return GapvizError(f"cannot be written ({error.strerror or error})", where=str(path), hint=hint)


def unreadable(path: Path | str, error: OSError, *, hint: str = "check the file") -> GapvizError:
    """What to tell where `path` cannot be read."""
    return GapvizError(f"cannot be read ({error.strerror or error})", where=str(path), hint=hint)
