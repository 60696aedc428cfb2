"""Encoding in the background, in a process that outlives the server that started it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.encoders.registry import encoded_modalities, load_any_encoder
from gapviz.sources.files.format import IndexedCaptions, LongCaptions
from gapviz.sources.library.stored import StoredCollection, Workspace
from gapviz.storage.background_process import ProcessTask, runs_in_process
from gapviz.storage.cache import content_key
from gapviz.storage.saved_collection import load_collection, replace_collection


@runs_in_process
def encode_saved(
    *,
    collection: str,
    encoder: str,
    output: str,
    root: str | None,
    indexed_captions: IndexedCaptions,
    progress: Progress,
    long_captions: LongCaptions = "cut",
) -> dict[str, Any]:
    """Encode a saved collection into another folder, which is written as a whole at the end.

    Returns:
        `n_encoded`, `n_reused` and `n_cut`, as `Encoded` has them, and `skipped`: what was left
        out, each with the reason.

    Raises:
        GapvizError: see `load_collection`, `load_any_encoder` and `encode_collection`.
    """
    from gapviz.encoders.encoding.run import encode_collection

    bare = load_collection(Path(collection), root=Path(root) if root else None)
    progress(0.0, "loading the encoder")
    loaded = load_any_encoder(encoder)
    encoded = encode_collection(
        bare,
        loaded,
        indexed_captions=indexed_captions,
        long_captions=long_captions,
        progress=lambda share, stage: progress(share, f"{stage}, on {loaded.device}"),
        modalities=loaded.modalities,
    )
    replace_collection(encoded.collection, Path(output))
    return {
        "n_encoded": encoded.n_encoded,
        "n_reused": encoded.n_reused,
        "n_cut": encoded.n_cut,
        "skipped": [[one.what, one.why] for one in encoded.skipped],
    }


def encode_stored(
    workspace: Workspace,
    collection_id: str,
    encoder: str,
    *,
    indexed_captions: IndexedCaptions = "first",
    long_captions: LongCaptions = "cut",
) -> ProcessTask:
    """Start to encode a collection of the workspace, or go on where an earlier process stopped.

    Args:
        workspace: that holds it.
        collection_id: of the collection.
        encoder: as `load_any_encoder` takes it.
        indexed_captions: see `encode_collection`.
        long_captions: see `encode_collection`.

    Raises:
        GapvizError: no such collection, no such family of encoders, or a folder that cannot be
            written.
    """
    encoded_modalities(encoder)
    stored = workspace.find(collection_id)
    choices = {"indexed_captions": indexed_captions, "long_captions": long_captions}
    key = content_key(encoder=encoder, **choices)[:16]
    folder = stored.folder / "jobs" / key
    arguments = {
        "collection": str((stored.folder / "items").absolute()),
        "encoder": encoder,
        "output": str((folder / "encoded").absolute()),
        "root": None if stored.root is None else str(stored.root.absolute()),
        **choices,
    }
    task = ProcessTask.create(folder, encode_saved, arguments)
    task.start()
    return task


def encoding_tasks(stored: StoredCollection) -> tuple[ProcessTask, ...]:
    """The tasks that encode a stored collection, whatever their state, but damaged ones."""
    tasks = []
    for folder in sorted((stored.folder / "jobs").glob("[!.]*")):
        with suppress(GapvizError):
            tasks.append(ProcessTask(folder))
    return tuple(tasks)


def add_encoding(workspace: Workspace, collection_id: str, task: ProcessTask) -> None:
    """Add the result of a task that is done to the collection, and remove the task.

    Nothing happens where another server has done so.

    Raises:
        GapvizError: the result is missing or damaged, or cannot be written.
    """
    try:
        encoded = load_collection(Path(task.arguments["output"]))
    except GapvizError:
        if task.folder.exists():
            raise
        return
    workspace.put_encoding(collection_id, encoded, loads_as=task.arguments["encoder"])
    task.remove()
