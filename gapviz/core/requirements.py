"""Which installed versions lie outside what gapviz, and the libraries it imports, ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import TYPE_CHECKING

from gapviz.core.libraries import LIBRARIES

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OURS = "gapviz"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One package that asks for another one than is installed."""

    package: str
    asks_for: str
    """As its metadata writes it, `torch==2.13.0`."""
    found: str
    """The version that is installed."""

    @property
    def sentence(self) -> str:
        """The same in words."""
        return f"{self.package} needs {self.asks_for}, and {self.found} is installed"


def version_conflicts() -> tuple[Conflict, ...]:
    """What does not fit together of gapviz and the libraries that it may import.

    What is not installed is no conflict.

    Source: the metadata that every installed package carries; nothing is imported.
    """
    return tuple(
        conflict
        for package in (OURS, *(library.name for library in LIBRARIES.values()))
        for conflict in _conflicts_of(package)
    )


def _conflicts_of(package: str) -> Iterator[Conflict]:
    from packaging.requirements import InvalidRequirement, Requirement  # only doctor needs it

    try:
        asked = requires(package) or []
    except PackageNotFoundError:
        return
    # Of gapviz itself the extras count as well, as far as they are installed.
    named = metadata(package).get_all("Provides-Extra") if package == OURS else None
    extras = ("", *(named or ()))
    for line in asked:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue  # of a package that is older than the form
        if not _applies(wanted, extras):
            continue
        with suppress(PackageNotFoundError):
            found = version(wanted.name)
            if not wanted.specifier.contains(found, prereleases=True):
                yield Conflict(package, f"{wanted.name}{wanted.specifier}", found)


def _applies(wanted: Requirement, extras: Iterable[str]) -> bool:
    marker = wanted.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)
