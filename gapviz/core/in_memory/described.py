"""What is said of items beside their vectors: ids, labels, captions and pictures, one a row."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import plain_text

_Texts = tuple[str, ...]


def given_ids(values: Sequence[Any]) -> list[str]:
    """The id of each row as text.

    Raises:
        GapvizError: a row without one, or a value that is no text and no number.
    """
    found = []
    for row, value in enumerate(values):
        text = _text(value, f"ids, row {row}", "an id")
        if text is None:
            raise GapvizError("has no id", where=f"ids, row {row}", hint="give each item one")
        found.append(text)
    return found


def refuse_equal_ids(ids: Sequence[str], hint: str) -> None:
    """Raise `GapvizError` where two rows have one id."""
    first: dict[str, int] = {}
    for row, one in enumerate(ids):
        if first.setdefault(one, row) != row:
            raise GapvizError(
                f"rows {first[one]} and {row} have the same id {one[:80]!r}", where="ids", hint=hint
            )


def given_labels(values: Sequence[Any]) -> list[_Texts]:
    """The labels of each row: one, or a list of them.

    Raises:
        GapvizError: a value that is no text and no number.
    """
    return [_texts(value, f"labels, row {row}", "a label") for row, value in enumerate(values)]


def given_captions(values: Sequence[Any]) -> list[_Texts]:
    """The captions of each row: a text, or a list of texts.

    Raises:
        GapvizError: a value that is no text.
    """
    found = []
    for row, value in enumerate(values):
        where = f"captions, row {row}"
        for one in value if isinstance(value, list) else [value]:
            if one is not None and not isinstance(one, str):
                raise GapvizError(
                    f"holds {one!r:.60} instead of a text", where=where, hint="give texts"
                )
        found.append(_texts(value, where, "a caption"))
    return found


def given_pictures(
    values: Sequence[Any], folder: str | os.PathLike[str] | None
) -> tuple[list[str | None], Path | None]:
    """The path of the picture of each row, relative to the folder that comes with them.

    Args:
        values: paths, or references of gapviz such as `openmoji:1F600`; None for none.
        folder: that relative paths start from; the folder that all pictures lie in unless given.

    Raises:
        GapvizError: something else than a path, or one outside the folder.
    """
    named = [_path(value, row) for row, value in enumerate(values)]
    absolute = [one for one in named if one is not None and Path(one).is_absolute()]
    root = None if folder is None else Path(folder).absolute()
    if root is None and any(named):
        relative = len(absolute) < sum(one is not None for one in named)
        parents = [str(Path(one).parent) for one in absolute] + [str(Path.cwd())] * relative
        root = Path(os.path.commonpath(parents))
    return [None if one is None else _inside(one, root, row) for row, one in enumerate(named)], root


def _path(value: Any, row: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike):
        raise GapvizError(
            f"holds {type(value).__name__} instead of a path",
            where=f"pictures, row {row}",
            hint="save the pictures, and give the paths of their files",
        )
    return os.fspath(value) or None


def _inside(named: str, root: Path | None, row: int) -> str:
    if root is None or not Path(named).is_absolute():
        return named
    try:
        return Path(named).relative_to(root).as_posix()
    except ValueError as error:
        raise GapvizError(
            f"{named[:200]} lies outside the folder {root}",
            where=f"pictures, row {row}",
            hint="name the folder that holds them all",
        ) from error


def _texts(value: Any, where: str, kind: str) -> _Texts:
    """The texts of a value, each once."""
    values = value if isinstance(value, list) else [value]
    found = dict.fromkeys(_text(one, where, kind) for one in values)
    return tuple(one for one in found if one is not None)


def _text(value: Any, where: str, kind: str) -> str | None:
    try:
        return plain_text(value)
    except TypeError:
        raise GapvizError(
            f"has {kind} that is no text and no number ({type(value).__name__})",
            where=where,
            hint="give a text",
        ) from None
