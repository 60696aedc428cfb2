"""An encoded collection onto disk: the whole folder, or nothing of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from gapviz.collection import Collection
from gapviz.errors import GapvizError
from gapviz.saved_collection import ITEMS_FILE


def refuse_foreign_folder(folder: Path) -> None:
    """Refuse to write over anything but an empty folder or a saved collection.

    Raises:
        GapvizError: a file, or a folder with something else in it.
    """
    try:
        if not folder.exists():
            return
        if folder.is_dir() and (not any(folder.iterdir()) or (folder / ITEMS_FILE).is_file()):
            return
    except OSError as error:
        raise _unwritable(folder, error) from error
    raise GapvizError(
        "is there, and is not a saved collection",
        where=str(folder),
        mend="name a folder that does not exist yet",
    )


def save_whole(collection: Collection, folder: Path) -> None:
    """`Collection.save` beside `folder`, then swapped for it.

    Raises:
        GapvizError: as `refuse_foreign_folder`, or a disk that is full or cannot be written.
    """
    refuse_foreign_folder(folder)
    folder = folder.absolute()
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        collection.save(partial)
        if folder.exists():
            os.replace(folder, old)
        os.replace(partial, folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> GapvizError:
    return GapvizError(
        f"cannot be written ({error.strerror or error})",
        where=str(folder),
        mend="make room there, or name another folder",
    )
