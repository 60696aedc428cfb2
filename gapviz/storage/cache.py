"""A disk cache by content: the key is a hash of everything the result depends on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from gapviz.storage.configuration import configuration
from gapviz.storage.files import write_atomically

Arrays = dict[str, npt.NDArray[Any]]

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where results are kept; see `Configuration.cache`."""
    return configuration().cache


def content_key(**parts: object) -> str:
    """Hex digest of named JSON-able parts (hashes, names, numbers, seeds)."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read_arrays(kind: str, key: str) -> Arrays | None:
    """What `write_arrays` stored, or None; a damaged file counts as absent and is removed."""
    path = _path(kind, key)
    try:
        arrays: Arrays = load(path.read_bytes())
        return arrays
    except FileNotFoundError:
        return None
    except OSError as error:
        # Such as too many open files: the file itself may be whole.
        _log.warning("%s cannot be read (%s) and is passed over", path, error)
        return None
    except SafetensorError as error:
        _log.warning("%s is damaged (%s) and will be made again", path, error)
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return None


def write_arrays(kind: str, key: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Store arrays under `kind`/`key`; a folder that cannot be written costs only time."""
    path = _path(kind, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
        write_atomically(path, content)
    except OSError as error:
        _log.warning("%s cannot be written (%s), so nothing is cached", path, error)


def cached_arrays(kind: str, key: str, compute: Callable[[], Arrays]) -> Arrays:
    """The stored arrays, or those of `compute`, which are then stored."""
    found = read_arrays(kind, key)
    if found is not None:
        return found
    made = compute()
    write_arrays(kind, key, made)
    return made


def _path(kind: str, key: str) -> Path:
    return cache_folder() / kind / f"{key}.safetensors"
