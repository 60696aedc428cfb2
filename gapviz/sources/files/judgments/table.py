"""Judgments as a table with headings: a query's id or text, an item's id, a grade."""

from __future__ import annotations

from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.sources.files.columns import listed, usual_name
from gapviz.sources.files.judgments.blocks import columns_of
from gapviz.sources.files.judgments.format import JudgmentFormat, JudgmentRows
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.tables import SourceTable, open_table

ENDINGS = (".csv", ".tsv", ".txt", ".qrels", ".jsonl", ".parquet")


def looks_like_table(path: Path) -> bool:
    """Whether it is a table with a column of queries and one of items."""
    if path.suffix.lower() not in ENDINGS:
        return False
    try:
        found = _columns(open_table(path, path.name, peek=True))
    except GapvizError:
        # What is wrong with a table is said by whoever reads it.
        return path.suffix.lower() in {".jsonl", ".parquet"}
    known = "item" in found and bool({"query", "query_text"} & set(found))
    return known or path.suffix.lower() in {".jsonl", ".parquet", ".csv"}


def read_table(path: Path, name: str, told: Told, progress: Progress) -> JudgmentRows:
    """The judgments of a table; without a column of grades each item that is named answers.

    Raises:
        GapvizError: no column of queries or of items, or a file that is damaged.
    """
    table = open_table(path, name, peek=True)
    found = _columns(table)
    for kind, words in (("item", "ids of items"), ("query", "ids or texts of queries")):
        if kind not in found and not (kind == "query" and "query_text" in found):
            raise GapvizError(
                f"has no column of {words} among {listed(table.columns)}",
                where=name,
                hint="call the columns query_id (or query, for its text), item_id and grade",
            )
    if table.encoding.assumed:
        told.lost(name, table.encoding.assumed)
    if "grade" not in found:
        told.open.append(f"{name} has no column of grades, so that each item it names has grade 1.")
    columns = columns_of(
        table, list(found.values()), lambda at, why: told.flaw(name, at, why), progress
    )
    return JudgmentRows(name, **{kind: columns[column] for kind, column in found.items()})


def _columns(table: SourceTable) -> dict[str, str]:
    """By field of `JudgmentRows`, the column that says it."""
    names = list(table.columns)
    asking = usual_name(names, "query_id")
    found = {} if asking is None else {"query": asking}
    for field, kinds in (
        ("grade", ("grade",)),
        ("asked_modality", ("asked_modality",)),
        ("item", ("document_id", "id", "image")),
        ("query_text", ("query",) if "query" in found else ("query", "document")),
    ):
        rest = [name for name in names if name not in found.values()]
        column = next(filter(None, (usual_name(rest, kind) for kind in kinds)), None)
        if column is not None:
            found[field] = column
    return found


JUDGMENTS = JudgmentFormat(
    "a table with query_id or query, item_id and grade (.csv, .tsv, .jsonl, .parquet)",
    looks_like_table,
    read_table,
    priority=20,
)
