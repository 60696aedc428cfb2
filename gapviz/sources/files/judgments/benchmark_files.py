"""Which files of a benchmark's folder hold its documents, its queries and its judgments.

BEIR, MTEB and MixBench name them alike, as files (`corpus.jsonl`, `queries.parquet`,
`qrels/test.tsv`) or as folders of parts (`corpus/test-00000-of-00001.parquet`), of one subset or of
several (`OVEN/queries.jsonl`, `python-corpus/…`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.folders import LEFT_BY_SYSTEMS, PEEKED_FILES, natural_key
from gapviz.sources.files.texts import is_utf8, shown

CORPUS = "corpus"
MIXED_CORPUS = "mixed_corpus"
ASKED = "queries"
JUDGED = "judgments"

ENDINGS = (".jsonl", ".parquet", ".tsv", ".csv", ".txt", ".json", ".qrels", ".trec")
CONTENT_ENDINGS = (".jsonl", ".parquet", ".tsv", ".csv")

MOST_FOLDERS_DEEP = 3

SPLITS = ("train", "test", "dev", "validation", "valid", "val")

_ROLES = {
    "corpus": CORPUS, "queries": ASKED, "query": ASKED, "qrels": JUDGED, "qrel": JUDGED,
}  # fmt: skip
_DEFAULTS = ("default", "data")
"""Folders in which the configuration without a name lies as Parquet, which is the judgments."""
_SAY_NO_SUBSET = frozenset({*_ROLES, *_DEFAULTS, *SPLITS, "mixed"})
_OTHER = frozenset({"instruction", "instructions", "ranked", "images", "mbeir"})
_BETWEEN = re.compile(r"[^A-Za-z0-9]+")
_SHARD = re.compile(r"-?\d{4,5}(?:-of-\d{5})?")


@dataclass(frozen=True, slots=True)
class BenchmarkPart:
    """One file of a benchmark."""

    name: str
    """Relative to the folder."""
    role: str
    """`CORPUS`, `MIXED_CORPUS`, `ASKED` or `JUDGED`."""
    subset: str = ""
    split: str = ""

    @property
    def ending(self) -> str:
        """Of the file, in lower case."""
        return os.path.splitext(self.name)[1].lower()  # noqa: PTH122


def benchmark_parts(folder: Path) -> list[BenchmarkPart]:
    """The parts that a folder holds, in natural order; none where it is no folder."""
    names = sorted(table_files(folder), key=natural_key)
    return [part for part in map(_part, names) if part is not None]


def has_roles(folder: Path, *roles: str, endings: Sequence[str] = CONTENT_ENDINGS) -> bool:
    """Whether a folder holds a file of each of some roles, with one of `endings`."""
    if not folder.is_dir():
        return False
    found = {part.role for part in benchmark_parts(folder) if part.ending in endings}
    return found.issuperset(roles)


def of_subset(
    parts: Sequence[BenchmarkPart], subset: str | None, *, where: str
) -> list[BenchmarkPart]:
    """The parts of one subset, and those that all have in common.

    Args:
        parts: of a folder.
        subset: None takes the only one.
        where: what to call the folder in an error.

    Raises:
        GapvizError: none of that name, or several and none named.
    """
    asking = {part.subset for part in parts if part.role == ASKED}
    known = sorted(asking - {""} or {part.subset for part in parts} - {""})
    chosen = "" if subset is None and ("" in asking or not known) else subset
    if chosen is None and len(known) == 1:
        chosen = known[0]
    if chosen is None or (chosen and chosen not in known):
        listed = ", ".join(shown(name, 60) for name in known[:20]) or "none"
        raise GapvizError(
            f"holds {len(known)} benchmarks" if chosen is None
            else f"holds no benchmark {chosen[:80]!r}",
            where=where,
            hint=f"name one with --subset: {listed}",
        )  # fmt: skip
    mine = [part for part in parts if part.subset == chosen]
    roles = {part.role for part in mine}
    if CORPUS in roles or MIXED_CORPUS in roles:
        roles |= {CORPUS, MIXED_CORPUS}
    return mine + [part for part in parts if part.subset == "" and part.role not in roles]


def split_in(name: str) -> str:
    """The split that the name of a file says; nothing where it says none."""
    words = (word.lower() for word in _BETWEEN.split(name))
    return next((word for word in words if word in SPLITS), "")


def table_files(folder: Path) -> Iterator[str]:
    """Tables in a folder and a few folders deep, relative; links to folders are not followed."""
    waiting = [("", 0)]
    while waiting:
        inner, depth = waiting.pop(0)
        try:
            with os.scandir(folder / inner) as entries:
                for entry in islice(entries, PEEKED_FILES if depth else 10 * PEEKED_FILES):
                    relative = f"{inner}/{entry.name}" if inner else entry.name
                    if entry.name.startswith(".") or entry.name in LEFT_BY_SYSTEMS:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if depth < MOST_FOLDERS_DEEP:
                            waiting.append((relative, depth + 1))
                    elif entry.name.lower().endswith(ENDINGS) and is_utf8(relative):
                        yield relative
        except OSError:
            continue


def _part(name: str) -> BenchmarkPart | None:
    folders, _, last = name.rpartition("/")
    stem, ending = os.path.splitext(last)  # noqa: PTH122
    stem = _SHARD.sub("", stem)
    words = [word.lower() for word in _BETWEEN.split(f"{folders}/{stem}") if word]
    if _OTHER.intersection(words):
        return None
    roles = [_ROLES[word] for word in words if word in _ROLES]
    if ending.lower() == ".parquet" and set(folders.split("/")).intersection(_DEFAULTS):
        roles.append(JUDGED)
    role = next((one for one in (CORPUS, ASKED, JUDGED) if one in roles), None)
    if role is None:
        return None
    if role == CORPUS and "mixed" in words:
        role = MIXED_CORPUS
    if role != JUDGED and ending.lower() not in CONTENT_ENDINGS:
        return None
    return BenchmarkPart(name, role, _subset(folders), split_in(f"{folders}/{stem}"))


def _subset(folders: str) -> str:
    """What is left of the folders of a part without the words that say its role or split."""
    left = []
    for folder in folders.split("/"):
        words = re.split(r"([-_])", folder)
        kept = [word for word in words if word.lower() not in _SAY_NO_SUBSET]
        text = "".join(kept).strip("-_")
        if text:
            left.append(text)
    return "/".join(left)
