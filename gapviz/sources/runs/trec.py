"""TREC's format of runs: `query Q0 item rank score tag`, parted by blanks or by tabs.

Where the first line is parted by tabs, all are, so that ids may hold blanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.files.texts import encoding_of, shown
from gapviz.sources.runs.batch import BLOCK_CHARACTERS, RunBatch, RunFormat, numbers_in

FEWEST_FIELDS = 5
"""The tag is often left out."""
SHAPE = "query Q0 item rank score tag"


def _is_trec(first_line: str) -> bool:
    fields = _fields(first_line)
    if len(fields) < FEWEST_FIELDS:
        return False
    try:
        float(fields[4])
    except ValueError:
        return False
    return True


def _tag(first_line: str) -> str:
    fields = _fields(first_line)
    return fields[5].strip() if len(fields) > FEWEST_FIELDS else ""


def _read(path: Path) -> Iterator[RunBatch]:
    with path.open("rb") as file:
        encoding = encoding_of(file)
    with path.open(encoding=encoding.name, errors=encoding.errors) as text:
        before, rest, tabs = 0, "", None
        while block := text.read(BLOCK_CHARACTERS):
            block = rest + block
            cut = block.rfind("\n") + 1
            lines, rest = block[:cut], block[cut:]
            if len(rest) > BLOCK_CHARACTERS:
                raise GapvizError(
                    f"has no end of line in {len(rest):,} characters", where=path.name,
                    hint=f"write one line a result: {SHAPE}",
                )  # fmt: skip
            if tabs is None:
                tabs = _by_tabs(lines.lstrip() or rest)
            if lines.strip():
                yield _batch(lines, before, path.name, tabs=tabs)
            before += lines.count("\n")
        if rest.strip():
            yield _batch(rest, before, path.name, tabs=_by_tabs(rest) if tabs is None else tabs)


def _batch(text: str, before: int, where: str, *, tabs: bool) -> RunBatch:
    """The lines of a text, `before` of which stand in front of it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    every: Any = pc.split_pattern(pa.array([text], pa.large_string()), "\n").flatten()
    lines = every.filter(pc.not_equal(pc.ascii_trim_whitespace(every), ""))
    if tabs:
        fields = pc.split_pattern(lines, "\t", max_splits=FEWEST_FIELDS)
    else:
        trimmed = pc.ascii_trim_whitespace(lines)
        fields = pc.ascii_split_whitespace(trimmed, max_splits=FEWEST_FIELDS)
    short = pc.less(pc.list_value_length(fields), FEWEST_FIELDS)
    if pc.any(short).as_py():
        bad = lines.filter(short)[0].as_py()
        number = before + 1 + every.index(pa.scalar(bad, every.type)).as_py()
        raise GapvizError(
            f"line {number:,} is not {SHAPE}: {shown(bad, 60)!r}", where=where,
            hint="write five or six fields a line",
        )  # fmt: skip
    query, document, rank, score = (pc.list_element(fields, at) for at in (0, 2, 3, 4))
    return RunBatch(
        query.cast(pa.string()),
        document.cast(pa.string()),
        numbers_in(score, where=where, what="score"),
        numbers_in(rank, where=where, what="rank"),
    )


def _by_tabs(text: str) -> bool:
    return text.partition("\n")[0].count("\t") >= FEWEST_FIELDS - 1


def _fields(line: str) -> list[str]:
    if _by_tabs(line):
        return line.split("\t", FEWEST_FIELDS)
    return line.split(None, FEWEST_FIELDS)


FORMAT = RunFormat(f"TREC ({SHAPE})", _is_trec, _read, _tag)
