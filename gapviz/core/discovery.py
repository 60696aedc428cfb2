"""Parts are found by being there: a module of a folder, or an entry point of another package."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import ModuleType
from typing import Any
from warnings import warn


def modules_of(package: str, path: list[str]) -> list[ModuleType]:
    """Every module of a package, by rising name.

    Args:
        package: its name.
        path: its folders, as `__path__` gives them.
    """
    return [import_module(f"{package}.{found.name}") for found in iter_modules(path)]


def installed(group: str, kind: type | tuple[type, ...]) -> list[Any]:
    """What other packages offer as entry points of a group; what is no `kind` is warned of."""
    parts = []
    for point in _every_point(tuple(sys.path)).select(group=group):
        try:
            part = point.load()
        except (ImportError, AttributeError) as error:
            part = error
        if isinstance(part, kind):
            parts.append(part)
        else:
            warn(f"{point.value!r} of {group} is left out: {part!r:.200}", stacklevel=2)
    return parts


@lru_cache(maxsize=1)
def _every_point(path: tuple[str, ...]) -> Any:
    """All entry points of what is installed on a path, whose metadata is read but once."""
    return entry_points()  # in Python 3.11 of another type than later
