"""Writing files and folders so that no reader ever sees half of one."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from gapviz.errors import GapvizError


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename: a reader sees the old file or the whole new one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


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
        mend="name a folder that does not exist yet",
    )


def replace_folder(folder: Path, write: Callable[[Path], None], *, marker: str, what: str) -> None:
    """`write` a folder beside `folder`, then swap it in: the whole of it, or nothing.

    Raises:
        GapvizError: as `refuse_foreign_folder`, or a disk that is full or cannot be written.
    """
    refuse_foreign_folder(folder, marker=marker, what=what)
    folder = folder.absolute()
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        write(partial)
        if folder.exists():
            os.replace(folder, old)
        os.replace(partial, folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def unwritable(path: Path, error: OSError) -> GapvizError:
    """What to tell where `path` cannot be written."""
    return GapvizError(
        f"cannot be written ({error.strerror or error})",
        where=str(path),
        mend="make room there, or name another place",
    )
