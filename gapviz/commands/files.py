"""What several commands write: figures as JSON, and files by the ending of their name."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Mapping, Sequence
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gapviz.analyses.cones import Cones
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import versioned
from gapviz.retrieval.run_text import ENDINGS
from gapviz.storage.files import unwritable

if TYPE_CHECKING:
    import pandas as pd


def _table(drawn: Cones) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(drawn.columns())


def _csv(drawn: Cones) -> bytes:
    return _table(drawn).to_csv(index=False, lineterminator="\n").encode(errors="backslashreplace")


def _parquet(drawn: Cones) -> bytes:
    content: bytes = _table(drawn).to_parquet(None, index=False)
    return content


def _npz(drawn: Cones) -> bytes:
    """Words as Unicode arrays, empty where there is none, so that no pickle is needed."""
    arrays = {
        name: np.array(["" if word is None else word for word in column], dtype=np.str_)
        if column.dtype == object
        else column
        for name, column in drawn.columns().items()
    }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _html(drawn: Cones) -> bytes:
    from gapviz.figures.cones_page import cones_page

    return cones_page(drawn).encode(errors="backslashreplace")


OUT = "--out"
"""The option that says where to write."""

WRITERS: Mapping[str, Mapping[str, Callable[[Any], bytes]]] = {
    "cones": {".csv": _csv, ".parquet": _parquet, ".npz": _npz, ".html": _html},
    "train": {".safetensors": methodcaller("heads_file")},
    "search": {ending: methodcaller("text", ending) for ending in ENDINGS},
}
"""Command → ending → the bytes that its result is written as."""

WRITTEN: Mapping[str, str] = {
    "cones": "where every vector lies, or the picture",
    "search": "the lists of all queries (no query is given then)",
    "train": "the heads",
}
"""Command → what it writes."""


def output_of(options: argparse.Namespace) -> Path | None:
    """The file that the options name, if they name one."""
    named = getattr(options, "out", None)
    return None if named is None else Path(named)


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
