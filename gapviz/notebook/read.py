"""`gapviz.read`: a collection from a file, a folder, a store, or of what comes along."""

from __future__ import annotations

import os
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_terminal
from gapviz.core.in_memory.values import kind_of
from gapviz.core.nearest import choose
from gapviz.notebook.in_python import in_python
from gapviz.notebook.progress import progress_bar
from gapviz.sources.files.format import Reading, ReadOptions
from gapviz.sources.library.named import read_by_name

PATHS = frozenset({"image_folder", "queries", "judgments", "query_vectors", "within"})
"""Options that are paths."""


@in_python
def read(
    source: str | os.PathLike[str], *, encoder: str | None = None, **options: Any
) -> Collection:
    """A collection from whatever the command line reads.

    What was left out of it, or read otherwise than it says, is told by a warning.

    Args:
        source: `builtin`, a file, a folder, the address of a vector store, or the name of a
            collection of the dashboard.
        encoder: the model whose vectors to take, where the source holds several; else what made
            them.
        options: what the files do not say themselves: the fields of
            `gapviz.sources.files.format.ReadOptions`, such as `caption_columns`, `id_column`,
            `pairing`, `sample`, `queries` and `judgments`.

    Raises:
        GapvizError: nothing there, or what its reader says.
    """
    return reading_of(source, encoder=encoder, **options).encoded_by(encoder)


def reading_of(
    source: str | os.PathLike[str], *, encoder: str | None = None, **options: Any
) -> Reading:
    """The same with all models of the source.

    Raises:
        GapvizError: as `read`.
    """
    if not isinstance(source, str | os.PathLike):
        raise GapvizError(
            f"{kind_of(source)} is no name of a source",
            hint="give a path, an address or 'builtin'; Collection.from_arrays and from_frame take "
            "what lies in memory",
        )
    known = {one.name for one in fields(ReadOptions)} - {"progress", "limits", "left_out"}
    for name in options:
        if name not in known:
            raise GapvizError(f"there is no option {name!r}", hint=choose(name, sorted(known)))
    given = {name: _plain(name, value) for name, value in options.items()}
    with progress_bar() as progress:
        asked = ReadOptions(**given, encoder=encoder, progress=progress)
        reading = read_by_name(os.fspath(source), asked)
    if reading.skipped:
        first = reading.skipped[0]
        more = f", and {len(reading.skipped) - 1:,} more" * (len(reading.skipped) > 1)
        said = in_terminal(f"{first.what} {first.why}{more}")
        warnings.warn(f"left out or read otherwise: {said}", stacklevel=2)
    return reading


def _plain(name: str, value: Any) -> Any:
    """A value as `ReadOptions` takes it."""
    if name in PATHS and isinstance(value, str | os.PathLike):
        return Path(value)
    if name in ("caption_columns", "modalities"):
        return (value,) if isinstance(value, str) else tuple(value)
    return value
