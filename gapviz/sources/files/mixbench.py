"""MixBench: documents that are text, picture or both in `mixed_corpus`, and `queries`."""

from __future__ import annotations

from pathlib import Path

from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.judgments.benchmark import read_benchmark
from gapviz.sources.files.judgments.benchmark_files import ASKED, MIXED_CORPUS, has_roles

NO_QRELS = (
    "This release of MixBench comes without judgments (qrels), as that of 2026 does, so that "
    "nothing is measured by them; name the qrels.tsv of MixBench25 (--judgments), whose ids are "
    "the same."
)


def looks_like_mixbench(path: Path) -> bool:
    """Whether a folder, or one in it, holds a mixed corpus and queries."""
    return has_roles(path, MIXED_CORPUS, ASKED)


def read_mixbench(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The mixed corpus as items, without vectors; queries and judgments beside.

    A folder of several subsets is read by naming one (`options.subset`).

    Raises:
        GapvizError: as `read_benchmark`.
    """
    return read_benchmark(path, options, no_judgments=NO_QRELS)


FORMAT = Format(
    "mixbench",
    "MixBench's folder (queries and mixed_corpus as .jsonl or .parquet, qrels)",
    looks_like_mixbench,
    read_mixbench,
    priority=11,
    has_columns=False,
)
