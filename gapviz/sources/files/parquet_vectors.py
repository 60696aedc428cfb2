"""Parquet tables with columns of vectors: one file, or the shards of one set in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gapviz.core.errors import GapvizError
from gapviz.core.vector_cells import (
    CellVectors,
    VectorColumn,
    arrow_vectors,
    columns_by_type,
)
from gapviz.sources.files.folders import files_in
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped, has_ending
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.files.tables import SourceTable, open_table
from gapviz.sources.files.vector_tables import VectorTable, meant_as_vectors, vector_reading
from gapviz.sources.images.parquet import open_parquet

if TYPE_CHECKING:
    import pyarrow as pa

ENDING = ".parquet"

HINT = "store each vector as a list of float32"

PEEKED_ROWS = 32

NULL_LISTS = "Expected all lists to be of size"
"""What pyarrow before 25 says of a list of fixed length that is null."""


def is_vector_parquet(path: Path, options: ReadOptions = ReadOptions()) -> bool:
    """Whether it is a Parquet table with a column of vectors, or a folder of such tables."""
    files = _files(path)
    try:
        return bool(files) and bool(_vector_columns(_opened(path, files[0]), options))
    except GapvizError:
        return False


def read_vector_parquet(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A table whose columns of numbers are modalities, each row one item or a part of it.

    `image_vector`, `text_embedding` and the like are the modalities image and text;
    `options.modalities` takes some of them only. A null is an item without that modality.
    Rows of one id are several vectors of one item. Ids, captions, labels and image paths
    come from the columns that the options name, else from those under the usual names. Where
    a column `modality` says it, each row is one vector of that modality, and `item` or the
    like says whose. Of a folder all tables count, in the order of their names.

    Raises:
        GapvizError: damaged, no vector column, or a column that is not there.
    """
    skipped: list[Skipped] = []
    tables: list[VectorTable] = []
    files = _files(path)
    for file in files:
        table = _opened(path, file)
        columns = _vector_columns(table, options)
        if columns:
            tables.append(_vector_table(table, columns))
        elif len(files) > 1:
            skipped.append(Skipped(table.name, "has no column of vectors"))
    if not tables:
        raise GapvizError("has no column of vectors", where=path.name, hint=HINT)
    return vector_reading(path, tables, options, skipped)


def _files(path: Path) -> Sequence[Path]:
    """The file, or the Parquet files of a folder, else of its `data/`, in natural order."""
    if path.is_dir():
        if files_in(path, "*.npy"):
            return []
        return files_in(path, f"*{ENDING}") or files_in(path / "data", f"*{ENDING}")
    return [path] if has_ending(ENDING)(path) else []


def _opened(path: Path, file: Path) -> SourceTable:
    return open_table(file, file.relative_to(path).as_posix() if path.is_dir() else file.name)


def _vector_columns(table: SourceTable, options: ReadOptions) -> list[VectorColumn]:
    if table.schema is None:
        return []
    found = columns_by_type(table.schema, lambda name: _peek(table, name), options.modalities)
    return meant_as_vectors(table, found, lambda name: _peek(table, name), options)


def _vector_table(table: SourceTable, columns: Sequence[VectorColumn]) -> VectorTable:
    import pyarrow as pa

    try:
        refuse_large_columns(table.path, [one.column for one in columns], rows_as_objects=True)
        with open_parquet(table.path) as file:
            n_rows = int(file.metadata.num_rows)
    except GapvizError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(table) from error
    return VectorTable(
        table,
        columns,
        vectors_of=lambda one: _vectors(table, one),
        values_of=lambda name: _values(table, name),
        n_rows=n_rows,
    )


def _vectors(table: SourceTable, column: VectorColumn) -> CellVectors:
    import pyarrow as pa

    try:
        return arrow_vectors(_column(table, column.column), column.field)
    except GapvizError:
        raise
    except (pa.ArrowException, ValueError, MemoryError) as error:
        raise _damaged(table) from error


def _values(table: SourceTable, name: str) -> Sequence[object]:
    try:
        values: Sequence[object] = _column(table, name).to_pylist()
        return values
    except GapvizError:
        raise
    except ValueError as error:  # a text that is not UTF-8
        raise _damaged(table) from error


def _column(table: SourceTable, name: str) -> pa.ChunkedArray:
    from pyarrow import ArrowException, parquet

    try:
        refuse_large_columns(table.path, [name], rows_as_objects=True)
        # A name with a dot would be taken for a field of a struct.
        return parquet.ParquetFile(table.path).read(columns=[name])[name]
    except GapvizError:
        raise
    except (ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        if NULL_LISTS in str(error):
            raise GapvizError(
                "holds rows without a vector among vectors of fixed length, which this pyarrow "
                "cannot read",
                where=table.name,
                hint="pip install 'pyarrow>=26'",
            ) from error
        raise _damaged(table) from error


def _peek(table: SourceTable, name: str) -> Sequence[object]:
    """The first values of a column; none where it cannot be read."""
    import pyarrow as pa

    try:
        refuse_large_columns(table.path, [name], rows_as_objects=True)
        with open_parquet(table.path) as file:
            for batch in file.iter_batches(PEEKED_ROWS, columns=[name]):
                values: Sequence[object] = batch.column(0).to_pylist()
                return values
    except (pa.ArrowException, OSError, ValueError):
        return ()
    return ()


def _damaged(table: SourceTable) -> GapvizError:
    return GapvizError("is damaged, or cut short", where=table.name, hint="write the file again")


FORMAT = Format(
    "parquet_vectors",
    "a .parquet with columns of vectors, or a folder of them",
    is_vector_parquet,
    read_vector_parquet,
    priority=20,
    endings=(ENDING,),
    hint=HINT,
    told=lambda path, options: is_vector_parquet(path, options) if options.names_columns else None,
)
