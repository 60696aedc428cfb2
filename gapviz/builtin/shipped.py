"""Where the files that travel with gapviz lie."""

from __future__ import annotations

from pathlib import Path

import gapviz
from gapviz.errors import GapvizError


def shipped_folder(name: str) -> Path:
    """The folder `data/<name>` of the checkout that gapviz runs from.

    Raises:
        GapvizError: there is no such folder beside the package.
    """
    folder = Path(gapviz.__file__).resolve().parents[1] / "data" / name
    if not folder.is_dir():
        raise GapvizError(
            f"the folder data/{name} that belongs to gapviz is missing",
            where=str(folder.parent),
            mend="run gapviz from its checkout, or make the folder again with `make data`",
        )
    return folder
