"""A benchmark's folder as a collection: its documents are items, its queries an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import JudgedQuery
from gapviz.core.item import Item
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.progress import share_of
from gapviz.core.vectors import Indices
from gapviz.core.wording import counted
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.files.builder import CollectionBuilder, label_splits
from gapviz.sources.files.columns import listed
from gapviz.sources.files.folders import folder_files, source_name
from gapviz.sources.files.format import Reading, ReadOptions
from gapviz.sources.files.judgments.assembled import TEST_SPLITS, JudgmentPart, evaluation_of
from gapviz.sources.files.judgments.benchmark_files import (
    ASKED,
    CORPUS,
    JUDGED,
    MIXED_CORPUS,
    BenchmarkPart,
    benchmark_parts,
    of_subset,
)
from gapviz.sources.files.judgments.contents import Content, contents_of, document_columns
from gapviz.sources.files.judgments.format import read_judgments, read_queries
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.sources.files.tables import open_table
from gapviz.sources.files.texts import shown
from gapviz.sources.files.unread import unread_files
from gapviz.sources.images.copies import equal_pictures

NO_JUDGMENTS = (
    "The folder holds no judgments (qrels), so that nothing is measured by them; name their file "
    "(--judgments) to add them."
)

DOCUMENTS_TOLD = 10_000
"""Documents between two reports."""


def read_benchmark(
    folder: Path, options: ReadOptions, *, no_judgments: str = NO_JUDGMENTS
) -> Reading:
    """The documents, queries and judgments of a folder that names them as BEIR does.

    Args:
        folder: that holds them.
        options: may name one of several subsets, and where the pictures lie.
        no_judgments: what to say where there are no judgments.

    Raises:
        GapvizError: no documents or queries in it, or a file that cannot be read.
    """
    where = shown(folder.name)
    every = benchmark_parts(folder)
    parts = of_subset(every, options.subset, where=where)
    parts = _of_one_split(parts)
    files = BenchmarkFiles(folder, options)
    mixed = [part.name for part in parts if part.role == MIXED_CORPUS]
    documents = files.documents(mixed or [part.name for part in parts if part.role == CORPUS])
    queries = files.queries([part.name for part in parts if part.role == ASKED])
    judged = [(part.name, part.split) for part in parts if part.role == JUDGED]
    if not judged:
        files.told.open.append(no_judgments)
    others = {part.subset for part in every} - {part.subset for part in parts} - {""}
    if others:
        why = f"holds {counted(len(others), 'other benchmark')} too ({_listed(others)})"
        files.told_of_items.lost(where, why)
    skipped_parts = [part.name for part in every if part.subset in others]
    return files.reading(documents, queries, judged, known=skipped_parts)


class BenchmarkFiles:
    """Reads the files of one folder, and makes a `Reading` of what they hold.

    Args:
        folder: nothing outside of it is read.
        options: may name the folder of the pictures.
    """

    def __init__(self, folder: Path, options: ReadOptions) -> None:
        self.folder = folder
        self.root = options.image_folder or folder
        self.told = Told()
        """What is left out of queries and judgments."""
        self.told_of_items = Told()
        """The same of documents and files."""
        self._options = options
        self._pictures = RowPictures(self.root)
        self._read: set[str] = set()
        self._documents = ""

    def documents(self, names: Sequence[str]) -> list[Content]:
        """The documents of some tables.

        Raises:
            GapvizError: no document in them, or one that cannot be read.
        """
        found: dict[str, Content] = {}
        self._documents = listed(names)
        for name in names:
            table = open_table(self._path(name), name, peek=True)
            columns = document_columns(table.columns)
            if columns.id is None:
                raise GapvizError(
                    "has no column of ids", where=shown(name), hint="call it _id, id or corpus_id"
                )
            for one in contents_of(table, columns, self._pictures, self.told_of_items):
                self._add(found, one, name, self.told_of_items)
                if len(found) % DOCUMENTS_TOLD == 0:
                    self._options.progress(0.0, f"read {len(found):,} documents of {name}")
        if not found:
            raise GapvizError(
                "holds no document with an id", where=shown(self.folder.name),
                hint="give a corpus with an _id and a text or image on each line",
            )  # fmt: skip
        empty = [one.id for one in found.values() if not (one.texts or one.image)]
        if empty:
            count = counted(len(empty), "document")
            self.told_of_items.lost(
                shown(self.folder.name),
                f"holds {count} with neither text nor picture that is read "
                f"(the first: {shown(empty[0], 60)})",
            )
        return list(found.values())

    def queries(self, names: Sequence[str]) -> list[JudgedQuery]:
        """The queries of some tables.

        Raises:
            GapvizError: no query in them, or one that cannot be read.
        """
        found: dict[str, Content] = {}
        for name in names:
            for one in read_queries(self._path(name), self._pictures, self.told, name=name):
                self._add(found, one, name, self.told)
        return [one.query() for one in found.values()]

    def reading(
        self,
        documents: Sequence[Content],
        queries: Sequence[JudgedQuery],
        judged: Sequence[tuple[str, str]],
        *,
        known: Sequence[str] = (),
        asked_by_task: Mapping[str, str] = {},
        more: Sequence[JudgmentPart] = (),
    ) -> Reading:
        """The collection with its evaluation.

        Args:
            documents: at least one.
            queries: at least one.
            judged: files of judgments, each with its split.
            known: files that are told of already.
            asked_by_task: as `evaluation_of` takes it.
            more: judgments that are no file of their own.

        Raises:
            GapvizError: as `evaluation_of`.
        """
        name = shown(source_name(self.folder))
        items = tuple(one.item() for one in documents)
        collection = Collection(name, items, {}, splits=self._splits(items), root=self.root)
        parts = list(more)
        for place, (file, split) in enumerate(judged):
            progress = share_of(self._options.progress, place, len(judged))
            rows = read_judgments(self._path(file), self.told, progress, name=file)
            parts.append(JudgmentPart(rows, split))
        evaluation = evaluation_of(
            name, queries, parts, collection, self.told, asked_by_task=asked_by_task
        )
        for note in self._pictures.notes():
            self.told_of_items.lost(name, note)
        self.told_of_items.close()
        self._tell_unread(items, queries, known)
        skipped = (*self.told_of_items.skipped, *self.told.skipped)
        return Reading((with_evaluation(collection, evaluation),), skipped)

    def _add(self, found: dict[str, Content], one: Content, name: str, told: Told) -> None:
        if one.id in found:
            told.flaw(name, one.id, "has an id that an earlier file has, which counts")
        else:
            found[one.id] = one

    def _path(self, name: str) -> Path:
        self._read.add(name)
        within = self._options.within
        path = self.folder / name
        return path if within is None else allowed_path(str(path.absolute()), [within])

    def _splits(self, items: Sequence[Item]) -> dict[str, Indices]:
        return label_splits(items, equal_pictures([item.image for item in items], self.root))

    def _tell_unread(
        self, items: Sequence[Item], queries: Sequence[JudgedQuery], known: Sequence[str]
    ) -> None:
        """List the files that nothing comes from, unless the pictures lie elsewhere."""
        builder = CollectionBuilder()
        names = folder_files(self.folder, builder)
        used = {one.image for one in items} | {one.image for one in queries}
        read = {*self._read, *known, *(one for one in used if one is not None)}
        read |= {one.removeprefix("./") for one in used if one is not None}
        for skipped in builder.skipped:
            if skipped.what not in read:
                self.told_of_items.skipped.append(skipped)
        for what, why in unread_files(names, read, self._documents):
            self.told_of_items.lost(what, why)


def _of_one_split(parts: Sequence[BenchmarkPart]) -> list[BenchmarkPart]:
    """Without the documents of splits other than the one that evaluates, and what asks for them."""
    split = {part.split for part in parts if part.role == CORPUS}
    test = next((name for name in TEST_SPLITS if name in split), None)
    if test is None or len(split) < 2:
        return list(parts)
    return [part for part in parts if part.split in {test, ""}]


def _listed(names: set[str]) -> str:
    return ", ".join(shown(name, 40) for name in sorted(names)[:10])
