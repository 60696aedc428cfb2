"""The picture that a table means, where its path is not written as the file is called here.

Tables travel: from Windows, from another machine's folders, from a disk where letter case or the
form of accents does not count. What fits one file alone is that file, and it is told once.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from gapviz.core.errors import GapvizError
from gapviz.core.wording import counted
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.folders import folder_files
from gapviz.sources.files.texts import shown
from gapviz.sources.images.decoding import MISSING, is_image_name
from gapviz.sources.images.references import LEADS_OUT, named_flaw

BACKSLASHES = "with backslashes, read as slashes"
ELSEWHERE = "found by the end of the path"
CASE = "found in another letter case"
ACCENTS = "found with accents in another form (NFC or NFD)"
ENDING = "found by adding an ending"
NUMBER = "found by the number"

Key = TypeVar("Key")

NOT_FETCHED = "is a web address, and is not fetched"

MOST_ALIKE = 1000
"""Files of one name that are compared with a path; of more, it is not said which one is meant."""

MOST_FOLDERS = 100
"""Pairs of a named folder and the one here that are kept in mind."""

_DRIVE = re.compile(r"[A-Za-z]:(?=[/\\])")
_CAPTION_NUMBER = re.compile(r"(\.\w{3,4})#\d+$")
_LAST_NUMBER = re.compile(r"(\d+)$")


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    parts: tuple[str, ...]
    """Of its path, in the form that paths are compared with."""
    folded: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> _File:
        parts = tuple(name.split("/"))
        return cls(name, parts, tuple(map(_folded, parts)))

    def called(self, last: str) -> _File:
        """The same file, compared as if its last part were this."""
        return _File(self.name, (*self.parts[:-1], last), (*self.folded[:-1], _folded(last)))


@dataclass
class PathFinder:
    """Finds the pictures of one folder by paths that name none of them as they stand.

    Args:
        list_names: gives the files of the folder, relative; called at the first path that needs it.
        lenient: whether the end of a relative path is enough too, as where none fits as a whole.
    """

    list_names: Callable[[], Iterable[str]]
    lenient: bool = False
    _told: dict[str, tuple[int, str]] = field(default_factory=dict)
    _found: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    _claims: dict[str, str] = field(default_factory=dict)
    _folders: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def below(cls, root: Path, *, lenient: bool = False) -> PathFinder:
        """Of the files below a folder; of none where it cannot be read."""

        def list_names() -> list[str]:
            try:
                return folder_files(root, CollectionBuilder())
            except GapvizError:
                return []

        return cls(list_names, lenient)

    def find(self, named: str) -> tuple[str | None, str | None]:
        """The one file that a path fits, or None; and why it fits none, where several are like it.

        The file's own path is the end of the named one or the other way round. Of another
        machine's absolute path an end is enough, where one folder always stands for one folder.
        """
        if named not in self._found:
            self._found[named] = self._find(named)
        return self._found[named]

    def _find(self, named: str) -> tuple[str | None, str | None]:
        plain = _CAPTION_NUMBER.sub(r"\1", named.removeprefix("file://"))
        slashed = plain.replace("\\", "/")
        absolute = slashed.startswith("/") or _DRIVE.match(plain) is not None
        parts = tuple(p for p in _DRIVE.sub("", slashed).split("/") if p not in ("", ".", ".."))
        if not parts:
            return None, None
        ways: list[str] = []
        fits = self._whole(parts)
        if not fits:
            candidates, ways = self._like(parts[-1])
            anywhere = absolute or self.lenient
            fits = [one for one in candidates if _fits(parts, one, anywhere=anywhere)]
        best = max((_likeness(parts, one) for one in fits), default=None)
        fits = [one for one in fits if _likeness(parts, one) == best]
        if len(fits) != 1:
            listed = ", ".join(shown(one.name, 60) for one in fits[:3])
            return None, f"fits several files ({listed})" if fits else None
        found = fits[0]
        if not self._keeps_folders(parts, found):
            return None, f"is like {shown(found.name)!r}, but in another folder than its neighbours"
        meant = "/".join(map(_folded, parts))
        if self._claims.setdefault(found.name, meant) != meant:
            return None, f"ends like {shown(found.name)!r}, which another path names"
        self._tell([*ways, *_ways(plain, parts, found)], named, found.name)
        return found.name, None

    def notes(self) -> Iterator[str]:
        """How paths were read otherwise than they stand, one clause each with the count."""
        for way, (count, example) in self._told.items():
            yield f"names {counted(count, 'picture')} {way} ({example})"

    def _tell(self, ways: Iterable[str], named: str, found: str) -> None:
        for way in ways:
            count, example = self._told.get(way, (0, f"{shown(named, 80)} is {shown(found, 80)}"))
            self._told[way] = count + 1, example

    def _keeps_folders(self, parts: tuple[str, ...], found: _File) -> bool:
        """Whether the folder that the path names stands for the same one here as before."""
        alike = _likeness(parts, found)[0]
        named, here = parts[: len(parts) - alike], found.parts[: len(found.parts) - alike]
        if not named or not here:
            return True
        for known, its in self._folders.items():
            inner, outer = (named, known) if len(named) > len(known) else (known, named)
            its_inner, its_outer = (here, its) if len(named) > len(known) else (its, here)
            if inner[: len(outer)] == outer and (*its_outer, *inner[len(outer) :]) != its_inner:
                return False
        if len(self._folders) < MOST_FOLDERS:
            self._folders[named] = here
        return True

    def _whole(self, parts: tuple[str, ...]) -> list[_File]:
        """Files whose whole path is the end of that one, the longest only."""
        folded = tuple(map(_folded, parts))
        tails = (self._by_path.get(folded[start:]) for start in range(len(folded)))
        return next(filter(None, tails), [])

    def _like(self, last: str) -> tuple[list[_File], list[str]]:
        """Files of that last part, with or without an ending, and by which ways they were found."""
        folded = _folded(last)
        candidates, ways = self._by_name.get(folded, []), []
        if not candidates and not is_image_name(last):
            candidates, ways = self._by_stem.get(folded, []), [ENDING]
            if not candidates and last.isdecimal():
                numbered = self._by_number.get(int(last[:18]), [])
                candidates, ways = [one.called(last) for one in numbered], [NUMBER]
        return candidates[:MOST_ALIKE], ways

    @cached_property
    def _files(self) -> list[_File]:
        return [_File.of(name) for name in self.list_names() if is_image_name(name)]

    @cached_property
    def _by_path(self) -> dict[tuple[str, ...], list[_File]]:
        return _grouped((one.folded, one) for one in self._files)

    @cached_property
    def _by_name(self) -> dict[str, list[_File]]:
        return _grouped((one.folded[-1], one) for one in self._files)

    @cached_property
    def _by_stem(self) -> dict[str, list[_File]]:
        bare = (one.called(_stem(one.parts[-1])) for one in self._files)
        return _grouped((one.folded[-1], one) for one in bare)

    @cached_property
    def _by_number(self) -> dict[int, list[_File]]:
        numbers = ((_LAST_NUMBER.search(_stem(one.parts[-1])), one) for one in self._files)
        return _grouped((int(match[1][-18:]), one) for match, one in numbers if match)


def is_web_address(named: str) -> bool:
    """Whether a table names a picture on the web instead of a file."""
    return "://" in named and not named.startswith("file:")


def picture_named(named: str, root: Path, finder: PathFinder) -> tuple[str, str | None]:
    """The picture below `root` that a source names, and why it cannot be used, or None.

    Only what is missing as it stands, or would lead out, is looked for by `finder`.
    """
    flaw = named_flaw(root, named)
    if flaw in (MISSING, LEADS_OUT):
        found, why = finder.find(named)
        if found is not None:
            return found, named_flaw(root, found)
        flaw = why or flaw
    return named, flaw


def _grouped(pairs: Iterable[tuple[Key, _File]]) -> dict[Key, list[_File]]:
    groups: dict[Key, list[_File]] = {}
    for key, one in pairs:
        groups.setdefault(key, []).append(one)
    return groups


def _fits(parts: tuple[str, ...], file: _File, *, anywhere: bool) -> bool:
    """Whether one of the two paths is the end of the other, or whether that does not matter."""
    common = _likeness(parts, file)[0]
    return anywhere or common == min(len(parts), len(file.parts))


def _likeness(parts: tuple[str, ...], file: _File) -> tuple[int, int]:
    """Parts at the end that are alike, and how many of them to the letter."""
    alike = exact = 0
    for mine, its, folded in zip(
        reversed(parts), reversed(file.parts), reversed(file.folded), strict=False
    ):
        if _folded(mine) != folded:
            break
        alike += 1
        exact += mine == its
    return alike, exact


def _ways(plain: str, parts: tuple[str, ...], file: _File) -> Iterator[str]:
    if "\\" in plain:
        yield BACKSLASHES
    pairs = list(zip(reversed(parts), reversed(file.parts), strict=False))
    alike = pairs[: _likeness(parts, file)[0]]
    if any(_composed(mine) != _composed(its) for mine, its in alike):
        yield CASE
    if any(mine != its and _composed(mine) == _composed(its) for mine, its in alike):
        yield ACCENTS
    if len(parts) != len(file.parts) or len(alike) < len(parts) or plain.startswith("/"):
        yield ELSEWHERE


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122, ten times faster


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _composed(_composed(text).casefold())
