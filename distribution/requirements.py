"""What `pyproject.toml` asks for, and whether a lock has it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
NAME = "gapviz"

_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;]+)", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """The requirements of `pyproject.toml`, as text."""

    core: tuple[str, ...]
    extras: dict[str, tuple[str, ...]]
    groups: dict[str, tuple[str | dict[str, str], ...]]

    def of(self, extras: Iterable[str] = (), groups: Iterable[str] = ()) -> list[Requirement]:
        """Those of the core, of extras and of groups, with what these include."""
        found = [Requirement(one) for one in self.core]
        for name in extras:
            found += self._extra(name)
        for name in groups:
            found += self._group(name)
        return found

    def _extra(self, name: str) -> Iterator[Requirement]:
        for one in map(Requirement, self.extras[name]):
            if canonicalize_name(one.name) != NAME:
                yield one
            for inner in sorted(one.extras) if one.name == NAME else ():
                yield from self._extra(inner)

    def _group(self, name: str) -> Iterator[Requirement]:
        for one in self.groups[name]:
            if isinstance(one, str):
                yield Requirement(one)
            else:
                yield from self._group(one["include-group"])


def asked(pyproject: str | None = None) -> Asked:
    """What the project asks for.

    Args:
        pyproject: the text of the file; None reads the project's own.
    """
    text = pyproject or (ROOT / "pyproject.toml").read_text("utf-8")
    read = tomllib.loads(text)
    return Asked(
        tuple(read["project"]["dependencies"]),
        {name: tuple(ones) for name, ones in read["project"]["optional-dependencies"].items()},
        {name: tuple(ones) for name, ones in read["dependency-groups"].items()},
    )


def pinned(lock: str) -> dict[str, set[str]]:
    """The versions of each name in a lock; more than one where its markers tell them apart."""
    versions: dict[str, set[str]] = {}
    for name, version in _PIN.findall(lock):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def disagreements(lock: str, wanted: Iterable[Requirement]) -> list[str]:
    """What a lock has otherwise than it is asked for, one sentence each.

    Args:
        lock: the text of the file, as `uv pip compile` writes it.
        wanted: what it was made from.
    """
    pins, found, names = pinned(lock), [], set()
    for one in wanted:
        name = canonicalize_name(one.name)
        names.add(name)
        if name not in pins:
            found.append(f"{one} is asked for, and is not locked")
        found += [
            f"{one} is asked for, and {version} is locked"
            for version in sorted(pins.get(name, ()))
            if not one.specifier.contains(version, prereleases=True)
        ]
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    for block in blocks:
        direct = f"{NAME} (pyproject.toml" in block
        found += [
            f"{name} is locked for {NAME}, and is not asked for"
            for name in pinned(block)
            if direct and name not in names
        ]
    return found
