"""Where the files that travel with gapviz lie, and how their arrays are read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from gapviz.core.errors import GapvizError
from gapviz.core.places import DATA
from gapviz.sources.builtin.deflated import DEFLATED, inflated

MADE_AGAIN = "install gapviz again, or run `make data` in its checkout"


def shipped_folder(name: str) -> Path:
    """The folder `data/<name>` of what travels with gapviz.

    Raises:
        GapvizError: there is no such folder.
    """
    folder = DATA / name
    if not folder.is_dir():
        raise GapvizError(
            f"the folder data/{name} that belongs to gapviz is missing",
            where=str(folder.parent),
            hint=MADE_AGAIN,
        )
    return folder


def shipped_tensors(
    path: Path, names: Iterable[str], *, what: str = "the vectors that belong to gapviz are"
) -> dict[str, npt.NDArray[Any]]:
    """Arrays of a safetensors file by name, inflated where they are deflated.

    Args:
        path: the file.
        names: of its arrays.
        what: they are, as said in the error.

    Raises:
        GapvizError: the file is missing or damaged, or holds no such array.
    """
    try:
        with safe_open(path, framework="numpy") as tensors:
            stored = json.loads((tensors.metadata() or {}).get(DEFLATED, "{}"))
            arrays = {name: tensors.get_tensor(name) for name in names}
        return {
            name: inflated(array, *stored[name]) if name in stored else array
            for name, array in arrays.items()
        }
    except (OSError, SafetensorError, ValueError) as error:
        raise GapvizError(
            f"{what} missing or damaged",
            where=str(path),
            hint=MADE_AGAIN,
        ) from error
