"""Images stored in the cells of a Parquet file: raw bytes, or `{"bytes", "path"}`."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gapviz.core.errors import GapvizError
from gapviz.sources.files.parquet_headers import footer_of
from gapviz.sources.files.parquet_size import refuse_large_columns

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BLOCK_ROWS = 32
"""Rows decoded at once: neighbours are asked for next, and memory stays bounded."""

PAGE_BYTES = 1 << 20


def parquet_image(path: Path, row: int, column: str, *, where: str) -> bytes:
    """The bytes of the image in one cell.

    Args:
        path: the Parquet file.
        row: counted from 0 over the whole file.
        column: of binary values, or of structs with a field `bytes`.
        where: what to call the cell in an error.

    Raises:
        GapvizError: not Parquet, no such row or column, or no bytes in that cell.
    """
    import pyarrow as pa

    try:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        ends = _group_ends(str(path), stamp, column)
        group = bisect_right(ends, row)
        within = row - (ends[group - 1] if group else 0)
        if group == len(ends):
            raise IndexError(row)
        first = within - within % BLOCK_ROWS
        cell = _block(str(path), stamp, group, first, column)[within - first]
    except GapvizError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise GapvizError(
            "is damaged, or not a Parquet file", where=where, hint="write the file again"
        ) from error
    except (IndexError, KeyError) as error:
        raise GapvizError(
            "the file has no such row or column", where=where, hint="read the source again"
        ) from error
    content = stored_bytes(cell)
    if content is None:
        raise GapvizError("the cell holds no image", where=where, hint="read the source again")
    return content


def stored_bytes(cell: object) -> bytes | None:
    """The image in a cell's value; None where it holds none."""
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    return content if isinstance(content, bytes) else None


def open_parquet(path: Path) -> pq.ParquetFile:
    """A Parquet file read page by page, so that a large row group is never held in memory."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(path, buffer_size=PAGE_BYTES, pre_buffer=False)


def list_columns(schema: pa.Schema | None) -> dict[str, pa.DataType]:
    """Type of the entries of every column of lists, by the column's name."""
    from pyarrow import types

    return {
        field.name: field.type.value_type
        for field in schema or ()
        if types.is_list(field.type)
        or types.is_large_list(field.type)
        or types.is_fixed_size_list(field.type)
    }


@lru_cache(maxsize=4)
def _block(path: str, stamp: tuple[int, int], group: int, first: int, column: str) -> list[Any]:
    """`BLOCK_ROWS` values of one row group from its row `first` on."""
    values: list[Any] = []
    end = 0
    with open_parquet(Path(path)) as file:
        for batch in file.iter_batches(BLOCK_ROWS, row_groups=[group], columns=[column]):
            end += batch.num_rows
            if end > first:
                values += batch.slice(max(0, first - end + batch.num_rows)).column(0).to_pylist()
            if len(values) >= BLOCK_ROWS:
                break
    return values[:BLOCK_ROWS]


@lru_cache(maxsize=16)
def _group_ends(path: str, stamp: tuple[int, int], column: str) -> list[int]:
    """Number of the first row after each row group; `KeyError` where the column is missing."""
    refuse_large_columns(Path(path), [column])
    with open_parquet(Path(path)) as file:
        if column not in file.schema_arrow.names:
            raise KeyError(column)
    return list(accumulate(group.n_rows for group in footer_of(Path(path)).groups))
