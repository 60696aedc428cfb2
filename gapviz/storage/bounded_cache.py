"""Results in memory within a number of bytes, the least recently used going first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any, Generic, TypeVar

import numpy as np

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MEBIBYTE = 1 << 20

MOST_UNWEIGHED = 8
"""Values that may be used, and so may grow, before they are weighed again."""

_OF_NO_RESULT = (type, ModuleType, FunctionType, MethodType)


class BoundedCache(Generic[Key, Value]):
    """Values by key; safe to use from several threads.

    A cached value may grow, where it computes parts of itself when first asked. So what has
    been used is weighed again, when the next value comes at the latest. The last one used
    stays, however large it is.

    Args:
        most_bytes: what all values may hold together.
        weigh: bytes of a value; `bytes_held` unless given.
    """

    def __init__(self, most_bytes: int, weigh: Callable[[Value], int] | None = None) -> None:
        self.most_bytes = most_bytes
        self._weigh = weigh or bytes_held
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._bytes: dict[Key, int] = {}
        self._used: set[Key] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value under `key`, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            self._used.add(key)
            if len(self._used) > MOST_UNWEIGHED:
                self._settle()
            return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Cache `value`, and drop those that there is no more room for."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            self._used.add(key)
            self._settle()

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values.clear()
            self._bytes.clear()
            self._used.clear()

    def _settle(self) -> None:
        """Weigh what has been used, and drop the oldest beyond `most_bytes`."""
        for used in self._used:
            self._bytes[used] = self._weigh(self._values[used])
        while sum(self._bytes.values()) > self.most_bytes and len(self._values) > 1:
            oldest, _ = self._values.popitem(last=False)
            del self._bytes[oldest]
        # It may grow still, while whoever asked for it is at work with it.
        self._used = {next(reversed(self._values))}


def bytes_held(value: object, apart: tuple[type, ...] = ()) -> int:
    """Bytes of all arrays and byte strings in a result, each counted once.

    Args:
        value: a dataclass, a mapping, a sequence, an array, or any object that holds them.
        apart: types that are not looked into, such as those that another cache holds.
    """
    total, seen, waiting = 0, set[int](), [value]
    while waiting:
        one = waiting.pop()
        # Of a view, the array whose memory it keeps alive.
        while isinstance(one, np.ndarray) and isinstance(one.base, np.ndarray):
            one = one.base
        if id(one) in seen or isinstance(one, apart):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            total += one.nbytes
        elif isinstance(one, bytes):
            total += len(one)
        else:
            waiting.extend(_parts(one))
    return total


def _parts(value: object) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, tuple | list | set | frozenset):
        return value
    if isinstance(value, _OF_NO_RESULT):
        return ()
    # A copy: another thread may be adding a part that it has just computed.
    attributes = list(getattr(value, "__dict__", {}).values())
    slots = [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    return attributes + slots
