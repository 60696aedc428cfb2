"""Vectors in text tables: JSON lines with lists of numbers, CSV and TSV with such texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.vector_cells import VectorColumn, columns_by_value, value_vectors
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.tables import Flaw, Row, SourceTable, open_table
from gapviz.sources.files.vector_tables import VectorTable, meant_as_vectors, vector_reading

ENDINGS = (".jsonl", ".csv", ".tsv")

PEEKED_ROWS = 8


def is_text_vectors(path: Path, options: ReadOptions = ReadOptions()) -> bool:
    """Whether it is such a table with a column of vectors among its first rows."""
    if not has_ending(*ENDINGS)(path):
        return False
    try:
        return bool(_vector_columns(open_table(path, path.name, peek=True), options))
    except GapvizError:
        return False


def read_text_vectors(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The same as `read_vector_parquet`, of a `.jsonl`, `.csv` or `.tsv` file.

    Raises:
        GapvizError: a row that cannot be read, no vector column, or a column that is not there.
    """
    table = open_table(path, path.name)
    columns = _vector_columns(table, options)
    if not columns:
        raise GapvizError(
            "has no column of vectors", where=path.name, hint="write each vector as [0.1, 0.2, …]"
        )
    rows = [row.values for row in table.rows(table.columns, _refuse(table))]

    @cache
    def values(name: str) -> Sequence[object]:
        return [row.get(name) for row in rows]

    def cells(column: VectorColumn) -> Sequence[object]:
        if column.field is None:
            return values(column.column)
        return [
            one.get(column.field) if isinstance(one, dict) else one for one in values(column.column)
        ]

    found = VectorTable(table, columns, lambda one: value_vectors(cells(one)), values, len(rows))
    return vector_reading(path, [found], options)


def _vector_columns(table: SourceTable, options: ReadOptions) -> list[VectorColumn]:
    first: list[Row] = []

    def peek(name: str) -> Sequence[object]:
        if not first:
            first.extend(islice(table.rows(table.columns, lambda *_: None), PEEKED_ROWS))
        return [row.values.get(name) for row in first]

    found = columns_by_value(table.columns, peek, options.modalities)
    return meant_as_vectors(table, found, peek, options)


def _refuse(table: SourceTable) -> Flaw:
    def refuse(place: str, why: str) -> None:
        raise GapvizError(f"{place} {why}", where=table.name, hint="correct that row")

    return refuse


FORMAT = Format(
    "text_vectors",
    "a table of vectors (.csv, .tsv, .jsonl)",
    is_text_vectors,
    read_text_vectors,
    priority=23,
    endings=ENDINGS,
    told=lambda path, options: is_text_vectors(path, options) if options.names_columns else None,
)
