"""Queries as TREC and MS MARCO write them: an id, a tab and a text on each line."""

from __future__ import annotations

from pathlib import Path

from gapviz.core.plain_text import one_line
from gapviz.sources.files.judgments.blocks import first_lines
from gapviz.sources.files.judgments.contents import Content
from gapviz.sources.files.judgments.format import QueryFormat
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.sources.files.texts import MAX_TEXT_BYTES, Encoding, encoding_of

NOT_LINES = (".json", ".jsonl", ".parquet", ".csv")


def looks_like_query_lines(path: Path) -> bool:
    """Whether its first lines hold an id, a tab and a text each."""
    if path.suffix.lower() in NOT_LINES:
        return False
    lines = first_lines(path, _encoding(path), 2)
    return bool(lines) and all(line.partition("\t")[2].strip() for line in lines)


def read_query_lines(
    path: Path,
    name: str,
    pictures: RowPictures | None,
    told: Told,
) -> list[Content]:
    """The queries of a file that `looks_like_query_lines`."""
    encoding = _encoding(path)
    if encoding.assumed:
        told.lost(name, encoding.assumed)
    found: dict[str, Content] = {}
    with path.open(encoding=encoding.name, errors=encoding.errors) as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_TEXT_BYTES), ""), start=1):
            query, _, text = line.partition("\t")
            query, text = one_line(query), one_line(text)
            if query in found:
                told.flaw(name, f"line {number}", "has an id that an earlier row has, which counts")
            elif query and text:
                found[query] = Content(query, (text,))
            elif line.strip():
                told.flaw(name, f"line {number}", "holds no id and text with a tab between them")
    return list(found.values())


def _encoding(path: Path) -> Encoding:
    with path.open("rb") as file:
        return encoding_of(file)


QUERIES = QueryFormat(
    "lines of an id, a tab and a text", looks_like_query_lines, read_query_lines, priority=30
)
