"""Formats that can be read, each found by being there.

A module of this folder with a `FORMAT` is one; so is what another package offers as an entry
point of the group `gapviz.readers`.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from warnings import warn

from gapviz.sources.files.reading import Reading, ReadOptions

READERS = "gapviz.readers"


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how it is recognised, and how it is read."""

    name: str
    """In code and in warnings: one word."""
    title: str
    """For people, in a list of what can be given: `a folder of images`."""
    recognises: Callable[[Path], bool]
    """Whether an existing path is of this format; reads as little as it can."""
    read: Callable[[Path, ReadOptions], Reading]
    """Reads a path that it recognises; raises `GapvizError` where that cannot be done."""
    priority: int = 50
    """The lowest is asked first: give a low one to a format with clear signs."""
    endings: tuple[str, ...] = ()
    """Of the files that it may be: `.csv`."""
    hint: str = ""
    """How to write a file with one of `endings`, for whoever gives another one."""
    alone: bool = True
    """Whether one file with one of `endings` is enough, and may be uploaded without a zip."""


def formats() -> tuple[Format, ...]:
    """Every format, as they are asked in turn; the first that recognises a path reads it."""
    return _formats(tuple(sys.path))


def upload_endings() -> frozenset[str]:
    """Endings of the files that may be uploaded alone."""
    return frozenset(ending for one in formats() if one.alone for ending in one.endings)


def has_ending(*endings: str) -> Callable[[Path], bool]:
    """Recognises files by their endings alone, in any case."""
    return lambda path: path.suffix.lower() in endings and path.is_file()


@cache
def _formats(search_path: tuple[str, ...]) -> tuple[Format, ...]:
    found = [*_own(), *_installed()]
    return tuple(sorted(found, key=lambda one: (one.priority, one.name)))


def _own() -> Iterator[Format]:
    here = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != Path(__file__).stem:
            declared = getattr(import_module(f"{here}.{module.name}"), "FORMAT", None)
            if declared is not None:
                yield declared


def _installed() -> Iterator[Format]:
    for entry in entry_points(group=READERS):
        try:
            declared = entry.load()
        except (ImportError, AttributeError) as error:
            declared = error
        if isinstance(declared, Format):
            yield declared
        else:
            warn(f"the reader {entry.value!r} is left out: {declared!r:.200}", stacklevel=2)
