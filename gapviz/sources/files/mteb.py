"""MTEB and MIEB as Parquet: `corpus`, `queries`, and `qrels` or `default`, as folders or files."""

from __future__ import annotations

from pathlib import Path

from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.judgments.benchmark import read_benchmark
from gapviz.sources.files.judgments.benchmark_files import ASKED, CORPUS, has_roles


def looks_like_mteb(path: Path) -> bool:
    """Whether a folder holds documents and queries as Parquet."""
    return has_roles(path, CORPUS, ASKED, endings=(".parquet",))


def read_mteb(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The documents as items, without vectors; queries and judgments beside.

    Pictures lie in cells `{"bytes", "path"}`. The column `modality`, where there is one, says what
    of a row counts; a document of text and picture is one item with both.

    Raises:
        GapvizError: as `read_benchmark`.
    """
    return read_benchmark(path, options)


FORMAT = Format(
    "mteb",
    "a benchmark's folder as MTEB has it (corpus, queries and qrels as Parquet)",
    looks_like_mteb,
    read_mteb,
    priority=12,
    has_columns=False,
)
