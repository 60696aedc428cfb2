"""What several commands share: figures as JSON, and the file that `--out` names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import versioned
from gapviz.storage.files import unwritable


def json_text(figures: Mapping[str, Any]) -> str:
    """What `--json` prints, NaN as null; ASCII, which no terminal turns into what is no JSON."""
    return json.dumps(versioned(figures), indent=2, allow_nan=False)


def refuse_output(path: Path, endings: Sequence[str]) -> None:
    """Refuse, before the work begins, a file that could not be written at its end.

    Args:
        path: the file.
        endings: of its name, lower case, that are known.

    Raises:
        GapvizError: another ending, a folder, or a place beneath a file.
    """
    if path.suffix.lower() not in endings:
        raise GapvizError(
            f"the ending {path.suffix!r} is not one that can be written here",
            where=str(path),
            hint=f"name a file that ends in {', '.join(endings)}",
        )
    try:
        if path.is_dir():
            raise GapvizError("is a folder", where=str(path), hint="name a file")
        above = next(folder for folder in path.absolute().parents if folder.exists())
    except OSError as error:
        raise unwritable(path, error) from error
    if not above.is_dir():
        raise GapvizError(
            f"cannot be written, since {above.name} is a file", where=str(path),
            hint="name another place",
        )  # fmt: skip
