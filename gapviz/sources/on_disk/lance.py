"""A Lance table with a column of vectors for each modality, read some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.vectors import Indices
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.files.limits import refuse_wide
from gapviz.sources.on_disk.cells import matrix_of, vector_columns
from gapviz.sources.on_disk.vectors import (
    BLOCK_ROWS,
    Stored,
    StreamedVectors,
    refuse_unmatched,
)
from gapviz.storage.cache import content_key

ENDING = ".lance"


class LanceVectors(StreamedVectors):
    """Vectors in the columns of a table, each row one item.

    Args:
        path: of the folder of the table, which ends in `.lance`.
        options: of which the names of modalities are read.

    Raises:
        GapvizError: lancedb is not installed, a table that it cannot open, or columns that are no
            vectors of one dimension.
    """

    only_streamed: ClassVar[bool] = True

    def __init__(self, path: Path, options: ReadOptions) -> None:
        lancedb = needed("lancedb", "a Lance table", where=path.name)
        try:
            self._table: Any = lancedb.connect(str(path.parent)).open_table(path.stem)
        except (ValueError, OSError, RuntimeError) as error:
            raise _damaged(path.name) from error
        self.name = path.name
        self._columns = vector_columns(self._table.schema, options)
        self.modalities = tuple(self._columns)
        refuse_unmatched(
            dict.fromkeys(self._columns, 0), dict.fromkeys(self._columns, 0), self.name
        )
        self.n_items = int(self._table.count_rows())
        if not self.n_items:
            raise GapvizError("holds no rows", where=self.name, hint="write the table again")
        first = self.stored_rows(np.arange(1))
        dims = {modality: int(rows.shape[1]) for modality, rows in first.items()}
        refuse_unmatched(dict.fromkeys(dims, self.n_items), dims, self.name)
        self.dim = next(iter(dims.values()))
        refuse_wide(self.dim, self.name)
        kinds = dict.fromkeys(rows.dtype.name for rows in first.values())
        self.stored_as = f"{'/'.join(kinds)} {ENDING}"
        # Every change makes a new version, and a file of its own.
        versions = sorted(file.name for file in (path / "_versions").iterdir())
        self.fingerprint = content_key(
            path=str(path.absolute()), versions=versions, columns=sorted(self._columns.items())
        )

    def stored(self, start: int, stop: int) -> Iterator[tuple[int, Mapping[str, Stored]]]:
        for first in range(start, stop, BLOCK_ROWS):
            yield first, self.stored_rows(np.arange(first, min(first + BLOCK_ROWS, stop)))

    def stored_rows(self, numbers: Indices) -> Mapping[str, Stored]:
        columns = [*self._columns.values()]
        try:
            found = self._table.take_offsets(numbers.tolist()).select(columns).to_arrow()
        except (ValueError, OSError, RuntimeError) as error:
            raise _damaged(self.name) from error
        return {
            modality: matrix_of(found[column].combine_chunks(), column, self.name)
            for modality, column in self._columns.items()
        }


def _damaged(where: str) -> GapvizError:
    return GapvizError(
        "is no Lance table, or is damaged", where=where, hint="write the table again"
    )
