"""BEIR: `corpus.jsonl`, `queries.jsonl`, and judgments in `qrels/test.tsv` or `qrels.tsv`."""

from __future__ import annotations

from pathlib import Path

from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.judgments.benchmark import read_benchmark
from gapviz.sources.files.judgments.benchmark_files import ASKED, CORPUS, has_roles


def looks_like_beir(path: Path) -> bool:
    """Whether a folder holds documents and queries as JSON lines."""
    return has_roles(path, CORPUS, ASKED, endings=(".jsonl",))


def read_beir(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The documents as items, title before text, without vectors; queries and judgments beside.

    Of several files of judgments `test` evaluates and the others calibrate.

    Raises:
        GapvizError: as `read_benchmark`.
    """
    return read_benchmark(path, options)


FORMAT = Format(
    "beir",
    "a benchmark's folder as BEIR has it (corpus.jsonl, queries.jsonl, qrels)",
    looks_like_beir,
    read_beir,
    priority=12,
    has_columns=False,
)
