"""Files of a source that no part of the collection comes from: none is dropped in silence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Set

from gapviz.core.wording import counted
from gapviz.sources.files.texts import shown
from gapviz.sources.images.decoding import IMAGE_SUFFIXES

BESIDE_ENDINGS = (".txt", ".caption", ".text", ".json")
"""Of files beside an image that say what it shows."""

BESIDE = "the files beside the pictures"
"""`captions_from` of a source whose images have a file of captions each."""

_ABOUT = ("readme", "license", "licence", "copying", "notice", "changelog", "citation")
_ABOUT_ENDINGS = frozenset({".md", ".rst", ".html", ".py", ".ipynb", ".sh", ".lock", ".sha256"})


def unread_files(
    names: Iterable[str], known: Set[str], captions_from: str = ""
) -> Iterator[tuple[str, str]]:
    """What to list of files that were not read, and why: one line an ending, with the count.

    Args:
        names: every file of the source.
        known: those that were read, or are listed already.
        captions_from: where the captions of the source come from, if it has any.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        if name not in known and not _is_about_it(name):
            groups.setdefault(os.path.splitext(name)[1].lower(), []).append(name)  # noqa: PTH122
    for ending, unread in groups.items():
        if ending in BESIDE_ENDINGS and captions_from == BESIDE:
            why = "beside no picture that is read"
        elif captions_from and ending in IMAGE_SUFFIXES:
            why = f"named by none of {captions_from}"
        elif captions_from:
            why = f"as the captions come from {captions_from}"
        else:
            why = "with no captions found for these pictures"
        if len(unread) == 1:
            yield unread[0], f"was not read, {why}"
        else:
            noun = f"{shown(ending, 20)} file".lstrip()
            first = shown(unread[0], 80)
            yield counted(len(unread), noun), f"were not read, {why} (the first: {first})"


def _is_about_it(name: str) -> bool:
    base = os.path.basename(name).lower()  # noqa: PTH119, ten times faster
    stem, ending = os.path.splitext(base)  # noqa: PTH122
    return stem.startswith(_ABOUT) or ending in _ABOUT_ENDINGS
