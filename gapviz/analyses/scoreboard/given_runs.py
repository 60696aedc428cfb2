"""Runs of other systems, held against the queries that a scoreboard asks."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from gapviz.analyses.judged import Protocol, chosen_protocol
from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.splits import EVALUATE
from gapviz.measures.experiment import Experiment, judged_queries
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.retrieval.run_file import read_run
from gapviz.sources.files.limits import UPLOADS, limited
from gapviz.sources.files.texts import shown
from gapviz.sources.files.upload import MAX_BYTES, safe_base_name
from gapviz.storage.cache import CachedResult, content_key
from gapviz.storage.files import unreadable


def asked_of_runs(collection: Collection, seed: int = DEFAULT_SEED) -> Evaluation:
    """The judged queries that runs of other systems are held against: those that strategies get.

    All of them where none has a vector.

    Raises:
        GapvizError: no queries with judgments.
    """
    evaluation = collection.evaluation
    asking = evaluation is not None and evaluation.vectors and collection.modalities
    raw = Experiment(collection, seed=seed).strategy if asking else None
    return judged_queries(collection, raw, seed)


def judged_run(
    path: Path,
    collection: Collection,
    protocol: Protocol = "judged",
    *,
    seed: int = DEFAULT_SEED,
    name: str = "",
    progress: Progress = no_progress,
) -> Judged:
    """A run file held against the queries of a collection.

    Args:
        path: of the file; see `read_run`.
        collection: with judged queries, or, for the paired protocol, with vectors.
        protocol: `judged` asks with the judged queries that evaluate, `paired` with the rows of the
            evaluate split, over that split; see `paired_evaluation`.
        seed: of the sample of queries where there are very many.
        name: of the run; what the file says unless given.
        progress: told which share has been read.

    Raises:
        GapvizError: as `read_run`, or no such queries.
    """
    if protocol == "judged" or not collection.modalities:
        chosen_protocol(collection, "judged")
        searched, queries = collection, asked_of_runs(collection, seed)
    else:
        searched = collection.split(EVALUATE)
        queries = paired_evaluation(searched)
        most = MAX_QUERIES * len(searched.modality_names)
        queries = queries.subset(seeded_sample(np.arange(queries.n_queries), most, seed))
    run = read_run(path, queries, searched, name=name, progress=progress)
    return Judged(run, queries, Corpus.of(searched))


def cached_run(
    source: Path | tuple[str, bytes],
    collection: Collection,
    protocol: Protocol,
    seed: int = DEFAULT_SEED,
) -> CachedResult[Judged]:
    """`judged_run` of what a visitor names, kept in memory by its content; within `UPLOADS`.

    Args:
        source: a file of this machine, or the name and the content of one that was uploaded.
        collection: as `judged_run`.
        protocol: as there.
        seed: as there.

    Raises:
        GapvizError: a file that cannot be read, is empty, or is larger than an upload may be.
    """
    name, content = source if isinstance(source, tuple) else (source.name, _content(source))

    def read(progress: Progress) -> Judged:
        with TemporaryDirectory() as folder, limited(UPLOADS):
            path = Path(folder) / safe_base_name(name)
            path.write_bytes(content)
            return judged_run(path, collection, protocol, seed=seed, progress=progress)

    key = content_key(
        name=name,
        content=hashlib.sha256(content).hexdigest(),
        collection=collection.content_hash,
        protocol=protocol,
        seed=seed,
    )
    return CachedResult("runs", key, Judged, read, on_disk=False)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise GapvizError(
                f"has {size / 1e6:,.1f} MB, more than the {MAX_BYTES / 1e6:,.1f} MB allowed",
                where=shown(path.name), hint="name it to gapviz scoreboard --run in a terminal",
            )  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path.name, error) from error


def with_own_name(judged: Judged, taken: Container[str]) -> Judged:
    """The same with a number behind its name where that is taken."""
    name, number = judged.run.name, 1
    while name in taken:
        number += 1
        name = f"{judged.run.name} ({number})"
    return replace(judged, run=replace(judged.run, name=name))
