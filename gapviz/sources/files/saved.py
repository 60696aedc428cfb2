"""What gapviz itself saved."""

from __future__ import annotations

from pathlib import Path

from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.storage.saved_collection import ITEMS_FILE, load_collection


def read_saved(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The saved collection, with its images in `options.image_folder`.

    Raises:
        GapvizError: as `load_collection`.
    """
    return Reading((load_collection(path, root=options.image_folder),))


FORMAT = Format(
    "saved",
    f"the folder of a saved collection ({ITEMS_FILE})",
    lambda path: (path / ITEMS_FILE).is_file(),
    read_saved,
    priority=10,
    has_columns=False,
)
