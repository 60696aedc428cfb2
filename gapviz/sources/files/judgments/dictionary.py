"""Judgments as ir_measures, ranx and pytrec_eval take them, as JSON: {qid: {docid: grade}}."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.core.progress import Progress
from gapviz.sources.files.judgments.blocks import TextColumn
from gapviz.sources.files.judgments.format import JudgmentFormat, JudgmentRows
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.limits import refuse_over
from gapviz.sources.files.texts import json_in, text_in
from gapviz.storage.files import unreadable

TIMES = 12
"""Bytes in memory for one of JSON, as long as it is objects of Python."""


def read_dictionary(path: Path, name: str, told: Told, progress: Progress) -> JudgmentRows:
    """The judgments of a JSON object of objects; a list of ids gives each the grade 1.

    Raises:
        GapvizError: the file cannot be read, or is no such object.
    """
    try:
        size = path.stat().st_size
        refuse_over(TIMES * size, size, name)
        value = json_in(path.read_bytes())
    except OSError as error:
        raise unreadable(name, error) from error
    except ValueError:
        value = None
    if not isinstance(value, dict) or not value:
        raise GapvizError(
            "is no JSON object of judgments", where=name, hint='write {"query": {"item": 1}}'
        )
    codes: dict[str, array[int]] = {kind: array("i") for kind in ("query", "item", "grade")}
    numbers: dict[str, dict[str, int]] = {kind: {} for kind in codes}
    total = len(value)
    for place in range(total):
        # The object goes as its parts are taken, so that both are never whole in memory.
        query = next(iter(value))
        graded = _graded(value.pop(query), query, name, told)
        for item, grade in graded.items():
            for kind, text in (("query", query), ("item", item), ("grade", grade)):
                known = numbers[kind]
                codes[kind].append(known.setdefault(one_line(text), len(known)))
        progress((place + 1) / total, f"read {place + 1:,} queries of {name}")
    return JudgmentRows(name, **{kind: _column(codes[kind], numbers[kind]) for kind in codes})


def _graded(value: Any, query: str, name: str, told: Told) -> dict[str, str]:
    """Grade by item of one query, as texts."""
    if isinstance(value, list):
        value = dict.fromkeys((one for one in value if isinstance(one, str | int)), 1)
    if not isinstance(value, dict):
        told.flaw(name, f"query {query}", "is no object of grades by item")
        return {}
    found = {}
    for item, grade in value.items():
        try:
            found[str(item)] = text_in(grade) or ""
        except TypeError:
            found[str(item)] = type(grade).__name__
    return found


def _column(codes: array[int], numbers: dict[str, int]) -> TextColumn:
    import pyarrow as pa

    texts = [text.encode("utf-8", "replace").decode() for text in numbers]
    return TextColumn(np.frombuffer(codes, np.int32), pa.array(texts, pa.string()))


JUDGMENTS = JudgmentFormat(
    'a JSON object of grades ({"query": {"item": 1}})',
    lambda path: path.suffix.lower() == ".json",
    read_dictionary,
    priority=10,
)
