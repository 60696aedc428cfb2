"""An `Evaluation` of what was read: queries, judgments, their halves, and what is left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import TEXT, Collection
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments, halved_queries
from gapviz.core.plain_text import one_line
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Indices, Mask
from gapviz.core.wording import counted
from gapviz.sources.files.judgments.contents import combined_modality
from gapviz.sources.files.judgments.format import JudgmentRows
from gapviz.sources.files.judgments.matching import judgments_of
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.texts import shown

TEST_SPLITS = ("test", "dev", "validation", "valid", "val")
"""Of several files of judgments, the first of these evaluates, and the others calibrate."""


@dataclass(frozen=True, eq=False)
class JudgmentPart:
    """The judgments of one file, and the split that its name says."""

    rows: JudgmentRows
    split: str = ""


def evaluation_of(
    name: str,
    queries: Sequence[JudgedQuery] | None,
    parts: Sequence[JudgmentPart],
    collection: Collection,
    told: Told,
    *,
    asked_by_task: Mapping[str, str] = {},
) -> Evaluation:
    """The queries with what is judged of them.

    Where there are judgments of several splits, `test` evaluates, else the first of `TEST_SPLITS`
    that there is, and all other queries calibrate.

    Args:
        name: of the evaluation.
        queries: None where the judgments name them all.
        parts: a file each; none where nothing is judged.
        collection: whose items are judged.
        told: gathers what is left out; it is closed here.
        asked_by_task: the modality that is asked for, by the number of a task.

    Raises:
        GapvizError: as `judgments_of`.
    """
    if queries is None:
        queries = queries_of(part.rows for part in parts)
    ids = {query.id: place for place, query in enumerate(queries)}
    item_ids = [item.id for item in collection.items]
    found: list[Judgments] = []
    splits: dict[str, Mask] = {}
    for part in parts:
        known = _known_by(part.rows, queries, ids)
        judged, rows = judgments_of(part.rows, known, item_ids, told)
        found.append(judged)
        members = splits.setdefault(part.split, np.zeros(len(queries), dtype=np.bool_))
        members[judged.query] = True
        queries = _with_asked(queries, part.rows, rows, asked_by_task)
    judgments = joined(found)
    halves = _said_halves(splits, len(queries)) or _made_halves(queries, judgments)
    evaluation = Evaluation(name, tuple(queries), judgments, splits=halves)
    told.close()
    if parts:
        _tell_open(evaluation, told)
    return replace(evaluation, notes=told.notes)


def joined(parts: Sequence[Judgments]) -> Judgments:
    """All judgments together."""
    if len(parts) == 1:
        return parts[0]
    none = Judgments.of([], [], [])
    return Judgments.of(
        np.concatenate([none.query, *(one.query for one in parts)]),
        np.concatenate([none.item, *(one.item for one in parts)]),
        np.concatenate([none.grade, *(one.grade for one in parts)]),
    )


def queries_of(parts: Iterable[JudgmentRows]) -> list[JudgedQuery]:
    """The queries that judgments name, in the order in which they come up."""
    found: dict[str, JudgedQuery] = {}
    for rows in parts:
        codes, first = _first_rows(rows.asking.codes)
        for code, row in sorted(zip(codes, first, strict=True), key=lambda one: one[1]):
            asking = str(rows.asking.texts[code].as_py())
            text = asking if rows.query is None else ""
            if rows.query is not None and rows.query_text is not None:
                text = rows.query_text.text(row)
            query_id = one_line(asking)
            if query_id:
                found.setdefault(query_id, JudgedQuery(query_id, TEXT, one_line(text)))
    return list(found.values())


def _first_rows(codes: npt.NDArray[np.int32]) -> tuple[list[int], list[int]]:
    """Each code from 0 on, and the first row that has it."""
    found, first = np.unique(codes, return_index=True)
    known = found >= 0
    return found[known].tolist(), first[known].tolist()


def _known_by(
    rows: JudgmentRows, queries: Sequence[JudgedQuery], ids: Mapping[str, int]
) -> Mapping[str, int]:
    """The position of each query by what the judgments call it: its id, else its text."""
    if rows.query is not None or any(map(ids.__contains__, rows.asking.texts.to_pylist())):
        return ids
    by_text: dict[str, int] = {}
    for place, query in enumerate(queries):
        by_text.setdefault(query.text, place)
    return by_text


def _with_asked(
    queries: Sequence[JudgedQuery],
    rows: JudgmentRows,
    of_rows: Indices,
    asked_by_task: Mapping[str, str],
) -> Sequence[JudgedQuery]:
    """The queries with the modality that their judgments say is asked for."""
    column = rows.asked_modality or (rows.task if asked_by_task else None)
    if column is None:
        return queries
    meant = [
        asked_by_task.get(text) if rows.asked_modality is None else combined_modality(text)
        for text in column.texts.to_pylist()
    ]
    said = np.flatnonzero((column.codes >= 0) & (of_rows >= 0))
    known, first = np.unique(of_rows[said], return_index=True)
    asked = list(queries)
    for place, row in zip(known.tolist(), said[first].tolist(), strict=True):
        modality = meant[int(column.codes[row])]
        if modality is not None and asked[place].asked_modality is None:
            asked[place] = replace(asked[place], asked_modality=modality)
    return asked


def _said_halves(splits: Mapping[str, Mask], n_queries: int) -> dict[str, Indices]:
    """Which queries calibrate and which evaluate; nothing where one split holds them all."""
    test = next((name for name in TEST_SPLITS if name in splits), None)
    if test is None or len(splits) < 2 or not 0 < splits[test].sum() < n_queries:
        return {}
    return {CALIBRATE: np.flatnonzero(~splits[test]), EVALUATE: np.flatnonzero(splits[test])}


def _made_halves(queries: Sequence[JudgedQuery], judgments: Judgments) -> dict[str, Indices]:
    """Halves of the queries that some item answers; all others calibrate."""
    n = len(queries)
    relevant = judgments.relevant
    answered = np.unique(judgments.query[relevant])
    if answered.size < 2:
        return {}
    new = np.full(n, -1, dtype=np.int64)
    new[answered] = np.arange(answered.size)
    alone = Judgments.of(
        new[judgments.query[relevant]], judgments.item[relevant], judgments.grade[relevant]
    )
    evaluates = np.zeros(n, dtype=np.bool_)
    evaluates[answered[halved_queries([queries[at] for at in answered], alone)[EVALUATE]]] = True
    return {CALIBRATE: np.flatnonzero(~evaluates), EVALUATE: np.flatnonzero(evaluates)}


def _tell_open(evaluation: Evaluation, told: Told) -> None:
    judged = np.bincount(evaluation.judgments.query, minlength=evaluation.n_queries) > 0
    for those, words in (
        (~judged, "without a judgment"),
        (judged & (evaluation.n_relevant == 0), "judged, but answered by no item"),
    ):
        places = np.flatnonzero(those)
        if places.size:
            first = shown(evaluation.queries[int(places[0])].id, 60)
            n = counted(places.size, "query is", "queries are")
            told.open.append(f"{n} {words}, and not measured (the first: {first}).")
