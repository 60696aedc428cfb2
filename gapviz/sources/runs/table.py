"""Runs as a CSV or TSV with a heading: query, item, score and rank, or one of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import usual_name
from gapviz.sources.files.tables import DELIMITERS, SAYS_DELIMITER, open_table
from gapviz.sources.files.texts import shown
from gapviz.sources.runs.batch import RunBatch, RunFormat, absent, numbers_in

KINDS = {
    "query": ("query_id", "query"),
    "item": ("document_id", "ranked_document"),
    "score": ("similarity",),
    "rank": ("rank",),
}
"""Column → its kinds in `QUERY_NAMES`; the first that stands there counts."""
BLOCK_BYTES = 1 << 22


def _is_table(first_line: str) -> bool:
    if SAYS_DELIMITER.fullmatch(first_line):
        return True
    likely = max(DELIMITERS, key=first_line.count)
    found = _columns([cell.strip('" ') for cell in first_line.split(likely)])
    return {"query", "item"} <= found.keys()


def _columns(heads: Sequence[str]) -> dict[str, str]:
    """The head of each column that is there, by its name in `KINDS`."""
    found = {
        column: next(filter(None, (usual_name(heads, kind) for kind in kinds)), None)
        for column, kinds in KINDS.items()
    }
    return {column: head for column, head in found.items() if head is not None}


def _read(path: Path) -> Iterator[RunBatch]:
    import pyarrow as pa
    from pyarrow import csv

    table = open_table(path, path.name)
    columns = _columns(table.columns)
    if not {"query", "item"} <= columns.keys() or not {"score", "rank"} & columns.keys():
        raise GapvizError(
            f"has the columns {shown(', '.join(table.columns))}", where=path.name,
            hint="name columns query, item, and score or rank",
        )  # fmt: skip
    utf_8 = table.encoding.name.startswith("utf-8")
    try:
        with csv.open_csv(
            path,
            csv.ReadOptions(
                skip_rows=table.heading_lines,
                column_names=list(table.columns),
                block_size=BLOCK_BYTES,
                encoding="utf8" if utf_8 else table.encoding.name,
            ),
            csv.ParseOptions(delimiter=table.delimiter, newlines_in_values=True),
            csv.ConvertOptions(
                column_types=dict.fromkeys(columns.values(), pa.string()),
                include_columns=list(columns.values()),
            ),
        ) as batches:
            for batch in batches:
                yield _batch(batch, columns, path.name)
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise GapvizError(
            f"has a row that cannot be read ({shown(str(error), 120)})", where=path.name,
            hint="write as many fields in each row as there are headings",
        ) from error  # fmt: skip
    except (pa.ArrowException, UnicodeError) as error:
        raise GapvizError(
            f"cannot be read as a table ({shown(str(error), 120)})", where=path.name,
            hint="write it as UTF-8",
        ) from error  # fmt: skip


def _batch(batch: Any, columns: dict[str, str], where: str) -> RunBatch:
    n = batch.num_rows
    score, rank = (
        numbers_in(batch.column(columns[name]), where=where, what=name)
        if name in columns
        else absent(n)
        for name in ("score", "rank")
    )
    return RunBatch(batch.column(columns["query"]), batch.column(columns["item"]), score, rank)


FORMAT = RunFormat("CSV or TSV with a heading (query, item, score or rank)", _is_table, _read)
