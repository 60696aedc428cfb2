"""Judgments as TREC writes them: `qid 0 docid grade` on each line, M-BEIR with a task after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gapviz.core.progress import Progress
from gapviz.sources.files.judgments.blocks import DelimitedLines, first_lines, gathered
from gapviz.sources.files.judgments.format import JudgmentFormat, JudgmentRows
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.texts import Encoding, encoding_of

FIELDS = {
    3: ("query", "item", "grade"),
    4: ("query", "iteration", "item", "grade"),
    5: ("query", "iteration", "item", "grade", "task"),
}
"""By their number; three are those of BEIR without its line of headings."""

PEEKED = 5
"""Lines that are looked at; the first may be headings, and any may be cut short."""

TABLES = (".json", ".jsonl", ".parquet")


def looks_like_trec(path: Path) -> bool:
    """Whether the lines of a text file have the fields of TREC, the grade a number."""
    if path.suffix.lower() in TABLES:
        return False
    return any(map(_fields, first_lines(path, _encoding(path), PEEKED)))


def read_trec(path: Path, name: str, told: Told, progress: Progress) -> JudgmentRows:
    """The judgments of a file that `looks_like_trec`; a line of headings is passed over.

    Raises:
        GapvizError: the file cannot be read.
    """
    encoding = _encoding(path)
    if encoding.assumed:
        told.lost(name, encoding.assumed)
    lines = first_lines(path, encoding, PEEKED)
    fields = next(filter(None, map(_fields, lines)))
    headed = _fields(lines[0]) is None
    if headed and len(lines[0].split()) < len(fields):
        told.flaw(name, "line 1", f"has {len(lines[0].split())} fields instead of {len(fields)}")
    wanted = [one for one in fields if one != "iteration"]
    source = DelimitedLines(path, name, fields, encoding, headings=int(headed), spaced=True)
    blocks = source.blocks(wanted, lambda at, why: told.flaw(name, at, why), progress)
    return JudgmentRows(name, **gathered(blocks, wanted))


def _fields(line: str) -> Sequence[str] | None:
    """What the fields of a line are; None where they are none of judgments."""
    cells = line.split()
    named = FIELDS.get(len(cells))
    return named if named is not None and _is_number(cells[named.index("grade")]) else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _encoding(path: Path) -> Encoding:
    with path.open("rb") as file:
        return encoding_of(file)


JUDGMENTS = JudgmentFormat(
    "TREC qrels (qid 0 docid grade)", looks_like_trec, read_trec, priority=30
)
