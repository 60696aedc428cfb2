"""Parquet files with a column of vectors for each modality, read some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Indices
from gapviz.sources.files.limits import refuse_wide
from gapviz.sources.on_disk.cells import matrix_of
from gapviz.sources.on_disk.npy import files_key
from gapviz.sources.on_disk.vectors import (
    BLOCK_ROWS,
    Stored,
    StreamedVectors,
    refuse_unmatched,
)

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetVectors(StreamedVectors):
    """Vectors in columns of lists, each row one item.

    Args:
        name: what the whole is called.
        files: in order; all have the columns.
        columns: column of vectors by modality.

    Raises:
        GapvizError: a file that is damaged, or columns that are no vectors of one dimension.
    """

    def __init__(self, name: str, files: Sequence[Path], columns: Mapping[str, str]) -> None:
        from pyarrow import parquet

        refuse_unmatched(dict.fromkeys(columns, 0), dict.fromkeys(columns, 0), name)
        self.name, self.modalities = name, tuple(columns)
        self._files, self._columns = tuple(files), dict(columns)
        self._counts: list[list[int]] = []
        for path in files:
            with _readable(path), parquet.ParquetFile(path) as file:
                metadata = file.metadata
                groups = range(metadata.num_row_groups)
                self._counts.append([metadata.row_group(g).num_rows for g in groups])
        self.n_items = sum(map(sum, self._counts))
        if not self.n_items:
            raise GapvizError("holds no rows", where=name, hint="write the files again")
        _, first = next(self.stored(0, 1))
        dims = {modality: int(rows.shape[1]) for modality, rows in first.items()}
        refuse_unmatched(dict.fromkeys(columns, self.n_items), dims, name)
        self.dim = next(iter(dims.values()))
        refuse_wide(self.dim, name)
        kinds = dict.fromkeys(rows.dtype.name for rows in first.values())
        self.stored_as = f"{'/'.join(kinds)} .parquet"
        self.fingerprint = files_key(files, sorted(columns.items()))

    def stored(self, start: int, stop: int) -> Iterator[tuple[int, Mapping[str, Stored]]]:
        from pyarrow import parquet

        first = 0
        for path, counts in zip(self._files, self._counts, strict=True):
            ends = first + np.cumsum(counts)
            wanted = [
                group
                for group, (end, count) in enumerate(zip(ends, counts, strict=True))
                if end > start and end - count < stop
            ]
            if wanted:
                at = int(ends[wanted[0]]) - counts[wanted[0]]
                with _readable(path), parquet.ParquetFile(path) as file:
                    batches = file.iter_batches(
                        BLOCK_ROWS, row_groups=wanted, columns=[*self._columns.values()]
                    )
                    for batch in batches:
                        low, high = max(start - at, 0), min(stop - at, batch.num_rows)
                        if low < high:
                            yield at + low, self._rows(batch.slice(low, high - low), path)
                        at += batch.num_rows
            first += sum(counts)

    def stored_rows(self, numbers: Indices) -> Mapping[str, Stored]:
        parts: list[Mapping[str, Stored]] = []
        first = 0
        for counts in self._counts:
            for count in counts:
                if np.searchsorted(numbers, first) < np.searchsorted(numbers, first + count):
                    parts += [
                        {m: rows[some - at] for m, rows in stored.items()}
                        for at, stored in self.stored(first, first + count)
                        if (some := _between(numbers, at, stored)).size
                    ]
                first += count
        return {m: np.concatenate([part[m] for part in parts]) for m in self.modalities}

    def _rows(self, batch: pa.RecordBatch, path: Path) -> dict[str, Stored]:
        return {
            modality: matrix_of(
                batch.column(batch.schema.get_field_index(column)), column, path.name
            )
            for modality, column in self._columns.items()
        }


def _between(numbers: Indices, first: int, stored: Mapping[str, Stored]) -> Indices:
    count = len(next(iter(stored.values())))
    low, high = np.searchsorted(numbers, [first, first + count])
    return numbers[low:high]


class _readable:  # noqa: N801 - reads as a statement
    """Says in a sentence what pyarrow says of a file that cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing is opened."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise what there is to say."""
        from pyarrow import ArrowException

        if isinstance(error, ArrowException | OSError):
            raise GapvizError(
                "is damaged, or cut short", where=self._path.name, hint="write the file again"
            ) from error
