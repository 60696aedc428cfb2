"""A source, and queries of one's own with their judgments in files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.progress import share_of
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.files.folders import files_in
from gapviz.sources.files.format import Reading, ReadOptions, read_source
from gapviz.sources.files.judgments.assembled import JudgmentPart, evaluation_of
from gapviz.sources.files.judgments.benchmark_files import ENDINGS, split_in
from gapviz.sources.files.judgments.format import read_judgments, read_queries
from gapviz.sources.files.judgments.query_vectors import queries_in, with_query_vectors
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.limits import limited
from gapviz.sources.files.numpy_files import load_array
from gapviz.sources.files.row_pictures import RowPictures
from gapviz.sources.files.texts import shown

NOT_JUDGED = "No judgments come with these queries, so that nothing is measured by them."

UNNAMED = "queries"
"""What a matrix of vectors is called, whose modality is that of the queries."""


def read(source: str, options: ReadOptions = ReadOptions()) -> Reading:
    """What `read_source` reads, with the queries and judgments that the options name.

    Raises:
        GapvizError: as `read_source` and `with_queries`.
    """
    return with_queries(read_source(source, options), options)


def with_queries(reading: Reading, options: ReadOptions) -> Reading:
    """The reading with the queries, judgments and vectors of queries that the options name.

    Where the source brings queries of its own, vectors alone are added to them. Without a file of
    queries they are those that the judgments name, else those that have vectors.

    Args:
        reading: of a source.
        options: with `queries`, `judgments` or `query_vectors`; the reading comes back as it is
            where none is named.

    Raises:
        GapvizError: a file that cannot be read, or of which nothing fits the source.
    """
    files = (options.queries, options.judgments, options.query_vectors)
    if not any(files):
        return reading
    for file in files:
        if file is not None and options.within is not None:
            allowed_path(str(file.absolute()), [options.within])
    told = Told()
    with limited(options.limits):
        queries, parts = _asked(reading.collection, options, told)
        vectors = _vectors(options)
        made = [
            _judged(one, queries, parts, vectors, options, told, first=not place)
            for place, one in enumerate(reading.collections)
        ]
    told.close()
    return replace(reading, collections=tuple(made), skipped=(*reading.skipped, *told.skipped))


def _asked(
    collection: Collection, options: ReadOptions, told: Told
) -> tuple[list[JudgedQuery] | None, list[JudgmentPart]]:
    """The queries of their file, None where none is named, and the judgments of each file."""
    queries = None
    if options.queries is not None:
        pictures = None if collection.root is None else RowPictures(collection.root)
        found = read_queries(options.queries, pictures, told)
        queries = [one.query() for one in found]
    path = options.judgments
    if path is None:
        return queries, []
    files, parts = judgment_files(path), []
    for place, file in enumerate(files):
        rows = read_judgments(file, told, share_of(options.progress, place, len(files)))
        parts.append(JudgmentPart(rows, split_in(file.stem) if len(files) > 1 else ""))
    return queries, parts


def judgment_files(path: Path) -> list[Path]:
    """The file of judgments, or those of a folder.

    Raises:
        GapvizError: a folder without any.
    """
    files = [path]
    if path.is_dir():
        files = [file for file in files_in(path, "*") if file.suffix.lower() in ENDINGS]
    if not files:
        raise GapvizError("holds no judgments", where=path.name, hint="name a folder of qrels")
    return files


def _vectors(options: ReadOptions) -> Sequence[Collection]:
    path = options.query_vectors
    if path is None:
        return ()
    one_matrix = path.suffix.lower() == ".npy" and path.is_file() and load_array(path).ndim == 2
    plain = ReadOptions(
        within=options.within,
        limits=options.limits,
        quantisation=options.quantisation,
        dims=options.dims,
        modalities=(UNNAMED,) if one_matrix else (),
    )
    return read_source(str(path), plain).collections


def _judged(
    collection: Collection,
    queries: list[JudgedQuery] | None,
    parts: Sequence[JudgmentPart],
    vectors: Sequence[Collection],
    options: ReadOptions,
    told: Told,
    *,
    first: bool,
) -> Collection:
    """One collection of the source with its evaluation; what is left out is told of the first."""
    mine = told if first else Told(skipped=list(told.skipped))
    own = collection.evaluation
    source = _of_encoder(vectors, collection)
    if own is not None and queries is None and not parts:
        evaluation = own
    else:
        if queries is None and own is not None:
            queries = list(own.queries)
        elif queries is None and not parts and source is not None:
            queries = queries_in(source)
        evaluation = evaluation_of(_name(options), queries, parts, collection, mine)
        if not parts:
            mine.open.append(NOT_JUDGED)
    if source is not None:
        where = Path(str(options.query_vectors)).name
        evaluation = with_query_vectors(evaluation, source, mine, where=where)
    evaluation = _with_notes(evaluation, mine)
    return with_evaluation(replace(collection, evaluation=None), evaluation)


def _with_notes(evaluation: Evaluation, told: Told) -> Evaluation:
    told.close()
    notes = dict.fromkeys([*evaluation.notes, *told.notes])
    return replace(evaluation, notes=tuple(notes))


def _of_encoder(vectors: Sequence[Collection], collection: Collection) -> Collection | None:
    """The vectors of queries by the encoder of the items, else the first."""
    same = [one for one in vectors if one.encoder == collection.encoder]
    return next(iter(same or vectors), None)


def _name(options: ReadOptions) -> str:
    path = options.judgments or options.queries or options.query_vectors
    return shown(path.stem) if path is not None else ""
