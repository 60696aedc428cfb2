"""Encoding the collections of a workspace: a job each, whose result moves in when done."""

from __future__ import annotations

import shutil

from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding.jobs import EncodingJob, EncodingRequest, start_encoding
from gapviz.sources.files.reading import IndexedCaptions
from gapviz.sources.library.stored import StoredCollection, Workspace
from gapviz.storage.cache import content_key
from gapviz.storage.saved_collection import load_collection

OUTPUT = "encoded"


def encode_stored(
    workspace: Workspace,
    collection_id: str,
    encoder: str,
    *,
    indexed_captions: IndexedCaptions = "first",
) -> EncodingJob:
    """Start to encode a stored collection, in a process that outlives this one.

    Raises:
        GapvizError: no such collection or family of encoders, or a folder that cannot be
            written.
    """
    stored = workspace.find(collection_id)
    name = content_key(encoder=encoder, indexed_captions=indexed_captions)[:16]
    folder = stored.folder / "jobs" / name
    request = EncodingRequest(
        collection=stored.folder / "items",
        encoder=encoder,
        output=folder / OUTPUT,
        root=stored.root,
        indexed_captions=indexed_captions,
    )
    return start_encoding(folder, request)


def stored_jobs(stored: StoredCollection) -> tuple[EncodingJob, ...]:
    """The jobs of a stored collection, whatever their state; damaged ones are left out."""
    jobs = []
    for folder in sorted((stored.folder / "jobs").glob("*")):
        try:
            jobs.append(EncodingJob(folder))
        except GapvizError:
            continue
    return tuple(jobs)


def move_in(workspace: Workspace, collection_id: str, job: EncodingJob) -> None:
    """Keep the result of a job that is done as an encoding of the collection.

    Raises:
        GapvizError: the result is missing or damaged, or cannot be kept.
    """
    encoded = load_collection(job.request.output)
    workspace.put_encoding(collection_id, encoded, loads_as=job.request.encoder)
    forget(job)


def forget(job: EncodingJob) -> None:
    """Remove a job that is not at work; the vectors it made so far stay in the cache."""
    shutil.rmtree(job.folder, ignore_errors=True)
