"""Results that take a while: made once, kept in memory and on disk by their content.

A result is a frozen dataclass of numbers, strings, arrays, mappings, tuples and further
dataclasses. Its type says how to read it back, so that no pickle is needed.
"""

from __future__ import annotations

import functools
import json
import logging
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from gapviz.core.progress import Progress
from gapviz.storage.bounded_cache import MEBIBYTE, BoundedCache
from gapviz.storage.cache import Arrays, read_arrays, write_arrays

Result = TypeVar("Result")

TREE = "tree"
"""Name of the array that holds everything but the arrays, as JSON in UTF-8."""

_made: BoundedCache[str, Any] = BoundedCache(400 * MEBIBYTE)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Work(Generic[Result]):
    """A result to have: where it is kept, and how it is made."""

    kind: str
    """Folder of the cache, and the words for people who look there."""
    key: str
    """Hash of everything that the result depends on; see `content_key`."""
    result_type: type[Result]
    make: Callable[[Progress], Result]
    on_disk: bool = True
    """False for what is quick to make and large to keep."""

    @property
    def name(self) -> str:
        """Of the result, unlike that of any other."""
        return _name(self.kind, self.key)

    def ready(self) -> Result | None:
        """The result if it costs no waiting, else None."""
        return find(self.kind, self.key, self.result_type, on_disk=self.on_disk)

    def do(self, progress: Progress | None = None) -> Result:
        """The result, made now if need be, and kept.

        Raises:
            GapvizError: what `make` raises.
        """
        ready = self.ready()
        if ready is not None:
            return ready
        result = self.make(progress or (lambda share, stage: None))
        keep(self.kind, self.key, result, on_disk=self.on_disk)
        return result


def find(kind: str, key: str, result_type: type[Result], *, on_disk: bool = True) -> Result | None:
    """What was kept under `kind` and `key`, or None; what is no `result_type` counts as none."""
    name = _name(kind, key)
    remembered = _made.get(name)
    if remembered is not None:
        return cast(Result, remembered)
    stored = read_arrays(kind, key) if on_disk else None
    if stored is None:
        return None
    try:
        result = unpacked(stored, result_type)
    except (KeyError, TypeError, ValueError) as error:
        _log.warning("%s does not hold what it should (%s) and is made again", name, error)
        return None
    _made.keep(name, result)
    return result


def keep(kind: str, key: str, result: object, *, on_disk: bool = True) -> None:
    """Keep a result under `kind` and `key`, for `find`."""
    # In memory too: a folder that cannot be written must not lose the work.
    _made.keep(_name(kind, key), result)
    if on_disk:
        write_arrays(kind, key, packed(result))


def packed(result: object) -> Arrays:
    """Arrays that hold a result: its own by number, and the rest as JSON under `TREE`."""
    arrays: Arrays = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays[str(len(arrays))] = value
            return str(len(arrays) - 1)
        if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, Mapping):
            return [[plain(key), plain(entry)] for key, entry in value.items()]
        if isinstance(value, tuple | list):
            return [plain(entry) for entry in value]
        return value.item() if isinstance(value, np.generic) else value

    tree = json.dumps(plain(result))
    return arrays | {TREE: np.frombuffer(tree.encode(), dtype=np.uint8)}


def unpacked(arrays: Arrays, result_type: type[Result]) -> Result:
    """The result that `packed` made arrays of.

    Raises:
        KeyError, TypeError, ValueError: the arrays hold something else.
    """
    tree = json.loads(arrays[TREE].tobytes().decode())
    return cast(Result, _read(tree, result_type, arrays))


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _name(kind: str, key: str) -> str:
    return f"{kind}/{key}"


def _read(value: Any, hint: Any, arrays: Arrays) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is np.ndarray:
        array = arrays[value]
        array.flags.writeable = False
        return array
    if is_dataclass(hint):
        hints = _hints(cast(Any, hint))
        made = {
            field.name: _read(value[field.name], hints[field.name], arrays)
            for field in fields(hint)
        }
        return cast(Any, hint)(**made)
    if origin in (Union, types.UnionType):
        known = [kind for kind in inner if kind is not type(None)]
        return None if value is None else _read(value, known[0], arrays)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(entry, kind, arrays) for entry, kind in zip(value, kinds, strict=True))
    if origin is not None and origin is not Literal and issubclass(origin, Mapping):
        return {
            _read(key, inner[0], arrays): _read(entry, inner[1], arrays) for key, entry in value
        }
    return value
