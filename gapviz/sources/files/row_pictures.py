"""The picture that a row of a table names, or stores in one of its cells."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from functools import cache, partial
from io import BytesIO
from pathlib import Path

from gapviz.sources.files.named_paths import (
    NOT_FETCHED,
    PathFinder,
    is_web_address,
    picture_named,
)
from gapviz.sources.files.tables import Row, SourceTable
from gapviz.sources.files.texts import shown
from gapviz.sources.images.decoding import header_flaw
from gapviz.sources.images.references import named_flaw, relative_path


class RowPictures:
    """Finds pictures below one folder, and in the Parquet files that lie there.

    Args:
        root: the folder.
        lenient: whether the end of a relative path is enough, as where none fits as a whole.
    """

    def __init__(self, root: Path, *, lenient: bool = False) -> None:
        self.root = root
        self._base = Path(os.path.realpath(root))
        self._finder = PathFinder.below(root, lenient=lenient)
        self._picture = cache(partial(picture_named, root=root, finder=self._finder))

    def notes(self) -> Iterator[str]:
        """How paths were read otherwise than they stand, as `PathFinder.notes`."""
        return self._finder.notes()

    def named(self, path: str, beside: str = "") -> tuple[str, str | None]:
        """The file that a path means, relative to the folder, and why it cannot be used, or None.

        Such a reason is a clause, and says the path. What lies `beside` a table, in that folder
        relative to the whole, is meant first.
        """
        if is_web_address(path):
            return path, f"names {shown(path)!r}, which {NOT_FETCHED}"
        if beside:
            near = posixpath.normpath(posixpath.join(beside, path))
            if named_flaw(self.root, near) is None:
                return near, None
        name, flaw = self._picture(relative_path(path, self._base))
        return name, None if flaw is None else f"names {shown(name)!r}, which {flaw}"

    def stored(
        self, content: bytes, row: Row, table: SourceTable, column: str
    ) -> tuple[str, str | None]:
        """The reference to a picture in a cell of a row, and why it cannot be used, or None."""
        path = table.path.resolve()
        flaw = header_flaw(BytesIO(content), len(content))
        if flaw is None and not path.is_relative_to(self._base):
            flaw = "lies outside the folder of images"
        if flaw is not None:
            return "", f"stores an image that {flaw}"
        return f"parquet:{path.relative_to(self._base).as_posix()}#{row.number},{column}", None
