"""Sketches as one file: arrays as safetensors, the rest as JSON in its head; no pickle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import parsed_json
from gapviz.core.vectors import Float32
from gapviz.storage.files import unreadable

HEAD = "gapviz-sketches"
FORMAT = 1
BASIS = "basis"
"""The directions that are kept of many dimensions, once for all sketches of a file."""

PlainArray = npt.NDArray[Any]
Some = TypeVar("Some")


def file_content(
    parts: Sequence[tuple[Mapping[str, Any], Mapping[str, PlainArray]]],
    basis: Float32 | None = None,
) -> bytes:
    """The bytes of a file of sketches, each as plain values and arrays; see `read_file`."""
    arrays: dict[str, PlainArray] = {} if basis is None else {BASIS: basis}
    for place, (_, own) in enumerate(parts):
        arrays |= {f"{place}.{name}": np.ascontiguousarray(a) for name, a in own.items()}
    told = {"format": FORMAT, "sketches": [plain for plain, _ in parts]}
    head = json.dumps(told, ensure_ascii=True, allow_nan=False)
    content: bytes = save(arrays, metadata={HEAD: head})
    return content


def read_file(
    path: Path, put_together: Callable[[Mapping[str, Any], int, Mapping[str, PlainArray]], Some]
) -> tuple[list[Some], Float32 | None]:
    """What `file_content` was given, and the directions of the second moments.

    Args:
        path: of the file.
        put_together: makes one sketch of its plain values, its place, and the arrays of all.

    Raises:
        GapvizError: it cannot be read, is damaged, or holds no sketches.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            head = (file.metadata() or {}).get(HEAD)
            if head is None:
                raise GapvizError(
                    "holds no sketches", where=str(path), hint="give what `--sketch` wrote"
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        told = parsed_json(head)
        if told["format"] != FORMAT:
            raise GapvizError(
                "was written by another version of gapviz", where=str(path), hint="make it again"
            )
        found = [put_together(one, place, arrays) for place, one in enumerate(told["sketches"])]
        if not found:
            raise ValueError("no sketches")
        return found, arrays.get(BASIS)
    except GapvizError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except (SafetensorError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise GapvizError(
            "is damaged, or no file of sketches", where=str(path), hint="make it again"
        ) from error


def is_sketch_file(path: Path) -> bool:
    """Whether a file is one of sketches, whatever else it may be."""
    if path.suffix.lower() != ".safetensors" or not path.is_file():
        return False
    try:
        with safe_open(path, framework="numpy") as file:
            return HEAD in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False
