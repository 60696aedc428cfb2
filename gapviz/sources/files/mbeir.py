"""M-BEIR: `query/`, `cand_pool/local/` or `global/`, and `qrels/`, of one task or of several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import JudgedQuery
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.judgments.assembled import JudgmentPart
from gapviz.sources.files.judgments.benchmark import BenchmarkFiles
from gapviz.sources.files.judgments.benchmark_files import SPLITS, split_in, table_files
from gapviz.sources.files.judgments.blocks import BLOCK_ROWS, Block, gathered
from gapviz.sources.files.judgments.format import JudgmentRows
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.tables import open_table
from gapviz.sources.files.texts import shown

if TYPE_CHECKING:
    import pyarrow as pa

ASKED_BY_TASK: Mapping[str, str] = {
    "0": "image", "1": "text", "2": "text+image", "3": "text", "4": "image", "5": "text+image",
    "6": "text", "7": "image", "8": "text+image",
}  # fmt: skip
"""What the tasks of M-BEIR (Wei et al. 2024, UniIR) ask for, by their number."""

QUERY, LOCAL, GLOBAL, QRELS = "query", "cand_pool/local", "cand_pool/global", "qrels"

POSITIVES = "pos_cand_list"

_AROUND = re.compile(rf"^mbeir_|_(?:cand_pool|qrels|{'|'.join(SPLITS)})(?=_|$)")
_TASK = re.compile(r".+?_task(\d+)")


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    place: str
    """`QUERY`, `LOCAL`, `GLOBAL` or `QRELS`."""
    task: str
    """`mscoco_task0`; of a file that belongs to all, nothing."""
    split: str


def looks_like_mbeir(path: Path) -> bool:
    """Whether a folder holds queries and pools of candidates as M-BEIR does."""
    if not (path / "query").is_dir() or not (path / "cand_pool").is_dir():
        return False
    return {QUERY, LOCAL, GLOBAL} & {one.place for one in _files(path)} > {QUERY}


def read_mbeir(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The candidates as items, without vectors; queries and judgments beside.

    One task is read over its local pool, or all tasks, or one, over the global one. The number of
    the task says which modality is asked for. `test` evaluates and the other splits calibrate.

    Raises:
        GapvizError: several local pools and none named, a task or pool that is not there, or a file
            that cannot be read.
    """
    files = BenchmarkFiles(path, options)
    where = shown(path.name)
    every = _files(path)
    mine = _of_task(every, options, where)
    pool = [one.name for one in mine if one.place == f"cand_pool/{options.pool}"]
    if not pool:
        raise GapvizError(
            f"holds no {options.pool} pool of candidates for these queries",
            where=where,
            hint="choose the other with --pool, or add its .jsonl to cand_pool",
        )
    documents = files.documents(pool)
    queries: list[JudgedQuery] = []
    for one in mine:
        if one.place == QUERY:
            known = {query.id for query in queries}
            asked = _asked(one)
            queries += [
                replace(query, asked_modality=query.asked_modality or asked)
                for query in files.queries([one.name])
                if query.id not in known
            ]
    judged = [(one.name, one.split) for one in mine if one.place == QRELS]
    more = []
    if not judged:
        more = [_positives(path, one, files.told) for one in mine if one.place == QUERY]
        files.told.open.append(f"There are no qrels, so that {POSITIVES} of each query was taken.")
    others = sorted({one.name for one in every} - {one.name for one in mine})
    if others:
        why = f"holds files of other tasks or pools too (the first: {others[0]})"
        files.told_of_items.lost(where, why)
    return files.reading(
        documents, queries, judged, known=others, asked_by_task=ASKED_BY_TASK, more=more
    )


def _files(folder: Path) -> list[_File]:
    found = []
    for name in sorted(table_files(folder)):
        place = next((p for p in (QUERY, LOCAL, GLOBAL, QRELS) if name.startswith(f"{p}/")), None)
        wanted = ".txt" if place == QRELS else ".jsonl"
        folders, _, last = name.rpartition("/")
        if place is None or not last.endswith(wanted) or "union_" in folders:
            continue
        stem = last.removesuffix(wanted)
        task = "" if place == GLOBAL else _task(stem)
        found.append(_File(name, place, task, split_in(name)))
    return found


def _task(stem: str) -> str:
    plain = _AROUND.sub("", stem)
    numbered = _TASK.match(plain)
    return numbered[0] if numbered else plain


def _asked(file: _File) -> str | None:
    numbered = _TASK.match(file.task)
    return ASKED_BY_TASK.get(numbered[1]) if numbered else None


def _of_task(files: Sequence[_File], options: ReadOptions, where: str) -> list[_File]:
    """The files of one task, with the pools that all have in common."""
    tasks = sorted({one.task for one in files if one.place == QUERY})
    chosen = options.subset
    if chosen is not None and chosen not in tasks:
        listed = ", ".join(shown(one, 60) for one in tasks) or "none"
        raise GapvizError(
            f"holds no task {chosen[:80]!r}", where=where, hint=f"name one with --subset: {listed}"
        )
    if chosen is None and len(tasks) > 1 and options.pool == "local":
        raise GapvizError(
            f"holds {len(tasks)} tasks with a local pool each",
            where=where,
            hint=f"name one with --subset ({', '.join(shown(one, 60) for one in tasks)}), or take "
            "all with --pool global",
        )
    wanted = {chosen, ""} if chosen is not None else {*tasks, ""}
    other = GLOBAL if options.pool == "local" else LOCAL
    return [one for one in files if one.task in wanted and one.place != other]


def _positives(folder: Path, file: _File, told: Told) -> JudgmentPart:
    """What the queries themselves name as their answers."""

    def blocks() -> Iterator[Block]:
        import pyarrow as pa

        table = open_table(folder / file.name, file.name, peek=True)
        rows = table.rows(["qid", POSITIVES], lambda at, why: told.flaw(file.name, at, why))
        while block := list(islice(rows, BLOCK_ROWS)):
            pairs = [
                (str(row.values.get("qid")), str(one.get("did") if isinstance(one, dict) else one))
                for row in block
                if isinstance(listed := row.values.get(POSITIVES), list)
                for one in listed
            ]
            yield {
                name: _coded(pa.array([pair[at] for pair in pairs], pa.string()))
                for at, name in enumerate(("query", "item"))
            }

    return JudgmentPart(
        JudgmentRows(file.name, **gathered(blocks(), ("query", "item"))), file.split
    )


def _coded(texts: pa.Array) -> pa.DictionaryArray:
    coded: pa.DictionaryArray = texts.dictionary_encode()
    return coded


FORMAT = Format(
    "mbeir",
    "M-BEIR's folder (query, cand_pool and qrels)",
    looks_like_mbeir,
    read_mbeir,
    priority=11,
    has_columns=False,
)
