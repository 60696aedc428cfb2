"""An encoded collection onto disk: the whole folder, or nothing of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gapviz.core.collection import Collection
from gapviz.storage import files
from gapviz.storage.saved_collection import ITEMS_FILE, save_collection

WHAT = "a saved collection"


def refuse_foreign_folder(folder: Path) -> None:
    """Refuse to write over anything but an empty folder or a saved collection.

    Raises:
        GapvizError: a file, or a folder with something else in it.
    """
    files.refuse_foreign_folder(folder, marker=ITEMS_FILE, what=WHAT)


def save_whole(collection: Collection, folder: Path) -> None:
    """`save_collection` beside `folder`, then swapped for it.

    Raises:
        GapvizError: as `refuse_foreign_folder`, or a disk that is full or cannot be written.
    """
    write = partial(save_collection, collection)
    files.replace_folder(folder, write, marker=ITEMS_FILE, what=WHAT)
