"""From what a person names to a `Collection`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gapviz.builtin import builtin_collection
from gapviz.collection import ITEMS_FILE, Collection
from gapviz.errors import GapvizError
from gapviz.readers.arrays import read_named, read_stacked

BUILTIN = "builtin"

LONGEST_SHOWN = 200

READERS: dict[str, Callable[[Path], Collection]] = {".npy": read_stacked, ".npz": read_named}


def read_source(source: str) -> Collection:
    """The collection named `builtin`, or read from a `.npy`, an `.npz` or a saved folder.

    Raises:
        GapvizError: nothing there, a format that no reader knows, or what its reader says.
    """
    if source == BUILTIN:
        return builtin_collection()
    path = Path(source)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        missing = isinstance(error, FileNotFoundError)
        raise GapvizError(
            "there is no such file" if missing else f"cannot be read ({why})",
            where=source if len(source) < LONGEST_SHOWN else f"{source[:LONGEST_SHOWN]}…",
            mend=f"check the path, or use {BUILTIN!r} for the built-in collection",
        ) from error
    if path.is_dir():
        if not (path / ITEMS_FILE).exists():
            raise GapvizError(
                f"the folder holds no {ITEMS_FILE}",
                where=source,
                mend="give the folder of a saved collection, or a .npy or .npz file",
            )
        return Collection.load(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise GapvizError(
            f"no reader knows the ending {path.suffix!r}",
            where=source,
            mend=f"give a file ending in {' or '.join(READERS)}",
        )
    return reader(path)
