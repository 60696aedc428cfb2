"""Formats that can be read, each found by being there.

A module of this folder with a `FORMAT` is one; so is what another package offers as an entry
point of the group `gapviz.readers`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gapviz.core.discovery import installed, modules_of
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
    here = __name__.rpartition(".")[0]
    modules = modules_of(here, [str(Path(__file__).parent)])
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    found += installed(READERS, Format)
    return tuple(sorted(found, key=lambda one: (one.priority, one.name)))
