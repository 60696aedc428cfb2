"""What a format of judgments and one of queries are, and the one way to read any.

A module of this folder with a `JUDGMENTS` reads judgments, one with a `QUERIES` reads queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gapviz.core.discovery import modules_of
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.sources.files.judgments.blocks import TextColumn
from gapviz.sources.files.judgments.contents import Content
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.storage.files import unreadable


@dataclass(frozen=True, eq=False)
class JudgmentRows:
    """Judgments as a file has them, one row each, not yet held against queries and items."""

    name: str
    """The file."""
    item: TextColumn
    """Ids of items."""
    query: TextColumn | None = None
    """Ids of queries; None where their texts alone are given."""
    query_text: TextColumn | None = None
    grade: TextColumn | None = None
    """None where every item that is named answers."""
    asked_modality: TextColumn | None = None
    task: TextColumn | None = None
    """The number of a task of M-BEIR, which says what is asked for."""

    @property
    def asking(self) -> TextColumn:
        """What says the query: its ids, else its texts."""
        found = self.query or self.query_text
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class JudgmentFormat:
    """One format of judgments: how it is recognised, and how it is read."""

    title: str
    """For people: `TREC qrels (qid 0 docid grade)`."""
    recognises: Callable[[Path], bool]
    """Whether an existing file is of this format; reads as little as it can."""
    read: Callable[[Path, str, Told, Progress], JudgmentRows]
    """Reads a file that it recognises, to be called by the name given."""
    priority: int = 50
    """The lowest is asked first."""


@dataclass(frozen=True, slots=True)
class QueryFormat:
    """One format of queries."""

    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, str, RowPictures | None, Told], list[Content]]
    """With what finds their pictures; without it they have none."""
    priority: int = 50


def read_judgments(
    path: Path, told: Told, progress: Progress = no_progress, *, name: str | None = None
) -> JudgmentRows:
    """The judgments of a file.

    Args:
        path: the file.
        told: gathers what is left out.
        progress: called with the share read.
        name: what to call the file.

    Raises:
        GapvizError: no such file, a format that is not known, or what its reader says.
    """
    for one in judgment_formats():
        if _recognised(path, one.recognises):
            return one.read(path, name or path.name, told, progress)
    raise _unknown(path, [one.title for one in judgment_formats()], "judgments")


def read_queries(
    path: Path, pictures: RowPictures | None, told: Told, *, name: str | None = None
) -> list[Content]:
    """The queries of a file, in its order.

    Raises:
        GapvizError: as `read_judgments`, or no query in it.
    """
    for one in query_formats():
        if _recognised(path, one.recognises):
            found = one.read(path, name or path.name, pictures, told)
            if not found:
                raise GapvizError(
                    "holds no queries", where=name or path.name, hint="give each an id and a text"
                )
            return found
    raise _unknown(path, [one.title for one in query_formats()], "queries")


def judgment_formats() -> Sequence[JudgmentFormat]:
    """Every format of judgments, as they are asked in turn."""
    return _found()[0]


def query_formats() -> Sequence[QueryFormat]:
    """Every format of queries, as they are asked in turn."""
    return _found()[1]


@cache
def _found() -> tuple[tuple[JudgmentFormat, ...], tuple[QueryFormat, ...]]:
    modules = modules_of(__name__.rpartition(".")[0], [str(Path(__file__).parent)])
    judgments = [module.JUDGMENTS for module in modules if hasattr(module, "JUDGMENTS")]
    queries = [module.QUERIES for module in modules if hasattr(module, "QUERIES")]
    return (
        tuple(sorted(judgments, key=lambda one: (one.priority, one.title))),
        tuple(sorted(queries, key=lambda one: (one.priority, one.title))),
    )


def _recognised(path: Path, recognises: Callable[[Path], bool]) -> bool:
    try:
        if path.stat().st_size == 0:
            raise GapvizError("is empty", where=path.name, hint="give a file that holds something")
        return recognises(path)
    except OSError as error:
        raise unreadable(path.name, error, hint="check the path") from error


def _unknown(path: Path, titles: Sequence[str], what: str) -> GapvizError:
    return GapvizError(
        f"holds no {what} that a reader knows", where=path.name, hint=f"give {', or '.join(titles)}"
    )
