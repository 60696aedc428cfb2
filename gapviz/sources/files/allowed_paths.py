"""Paths on the server that a page may be asked to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.texts import shown


def allowed_path(text: str, allowed_folders: Sequence[Path]) -> Path:
    """A file or folder below one of the allowed folders, links resolved.

    A relative path counts from each allowed folder in turn.

    Raises:
        GapvizError: below none of them, in words that are the same whether or not something
            is there; or below one, and missing.
    """
    refusal = GapvizError(
        "is not in a folder that may be read",
        where=shown(text) or "the path",
        hint="give a path below one of the folders that this server offers",
    )
    named = Path(text)
    if not text.strip() or ".." in named.parts:
        raise refusal
    missing = GapvizError("there is no such file", where=shown(text), hint="check the path")
    for folder in allowed_folders:
        try:
            base = folder.resolve()
            path = (base / named).resolve()
            if path.is_relative_to(base):
                refusal = missing
                path.stat()
                return path
        except (OSError, ValueError, RuntimeError):
            continue
    raise refusal
