"""Queries as a table with headings: an id, a text, a picture, a modality, one asked for."""

from __future__ import annotations

from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import listed
from gapviz.sources.files.judgments.contents import Content, contents_of, query_columns
from gapviz.sources.files.judgments.format import QueryFormat
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.sources.files.tables import TABLE_ENDINGS, open_table


def looks_like_query_table(path: Path) -> bool:
    """Whether it is a table whose headings name an id and a text or a picture."""
    if path.suffix.lower() not in {*TABLE_ENDINGS, ".txt"}:
        return False
    try:
        columns = query_columns(open_table(path, path.name, peek=True).columns)
    except GapvizError:
        return path.suffix.lower() in {".jsonl", ".parquet"}
    headed = columns.id is not None and bool(columns.text or columns.image)
    return headed or path.suffix.lower() in {".jsonl", ".parquet", ".csv"}


def read_query_table(
    path: Path, name: str, pictures: RowPictures | None, told: Told
) -> list[Content]:
    """The queries of a table.

    Raises:
        GapvizError: a damaged file, or no column of texts or pictures.
    """
    table = open_table(path, name, peek=True)
    columns = query_columns(table.columns)
    if columns.text is None and columns.image is None:
        raise GapvizError(
            f"has no column of texts or pictures among {listed(table.columns)}",
            where=name,
            hint="call the columns query_id, text, image, modality and asked_modality",
        )
    return list(contents_of(table, columns, pictures, told))


QUERIES = QueryFormat(
    "a table with query_id and text (.csv, .tsv, .jsonl, .parquet)",
    looks_like_query_table,
    read_query_table,
    priority=20,
)
