"""`RunBatch`: some lines of a run, whatever its format, as columns; and numbers out of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float64
from gapviz.sources.files.texts import shown

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_CHARACTERS = 1 << 23
"""Of a file that are held at once; so many lines are one batch."""


@dataclass(frozen=True, eq=False)
class RunBatch:
    """Lines of a run in the order of the file, `(n,)` each."""

    query: pa.Array
    """Ids, as strings."""
    document: pa.Array
    """Ids of items, or of rows of them, as strings."""
    score: Float64
    """NaN where none is given."""
    rank: Float64
    """NaN where none is given."""


@dataclass(frozen=True, slots=True)
class RunFormat:
    """One way to write a run."""

    title: str
    """With its shape, for people."""
    recognised: Callable[[str], bool]
    """Whether a text that begins so is one; given the first line that is not blank."""
    read: Callable[[Path], Iterator[RunBatch]]
    """Batch by batch. Raises `GapvizError` for a line that cannot be read."""
    tag: Callable[[str], str] = lambda first_line: ""
    """What the first line says that made it; empty where it says nothing."""


def absent(n: int) -> Float64:
    """A column `(n,)` that is not given."""
    return np.full(n, np.nan)


def numbers_in(column: pa.Array, *, where: str, what: str) -> Float64:
    """The numbers of a column of texts `(n,)`; NaN for an empty one.

    Raises:
        GapvizError: a text that is no number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts: Any = pc.utf8_trim_whitespace(column)
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
    try:
        found = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        bad = next(text for text in texts.to_pylist() if text is not None and not _is_number(text))
        raise GapvizError(
            f"has the {what} {shown(bad, 40)!r}, which is no number", where=where,
            hint=f"write each {what} with a decimal point",
        ) from None  # fmt: skip
    return np.asarray(pc.fill_null(found, np.nan).to_numpy(zero_copy_only=False), np.float64)


def strings(texts: list[str]) -> pa.Array:
    """A column of texts; what is no character is replaced."""
    import pyarrow as pa

    try:
        return pa.array(texts, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([text.encode("utf-8", "replace") for text in texts]).cast(pa.string())


def _is_number(text: str) -> bool:
    import pyarrow as pa

    try:
        pa.array([text]).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True
