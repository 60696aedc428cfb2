"""Encoding in the background, in a process that outlives the server that started it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.encoders.registry import encoded_modalities, load_any_encoder
from gapviz.sources.files.format import IndexedCaptions
from gapviz.sources.library.stored import StoredCollection, Workspace
from gapviz.storage.background_process import ProcessTask, runs_in_process
from gapviz.storage.cache import content_key
from gapviz.storage.files import refuse_foreign_folder
from gapviz.storage.saved_collection import (
    ITEMS_FILE,
    SAVED_COLLECTION,
    load_collection,
    replace_collection,
)


@runs_in_process
def encode_saved(
    *,
    collection: str,
    encoder: str,
    output: str,
    root: str | None,
    indexed_captions: IndexedCaptions,
    decode_workers: int | None,
    progress: Progress,
) -> dict[str, Any]:
    """Encode a saved collection into another folder, which is written as a whole at the end.

    Returns:
        `n_encoded` and `n_reused`, as `Encoded` has them, and `skipped`: what was left out,
        each with the reason.

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
        progress=lambda share, stage: progress(share, f"{stage}, on {loaded.device}"),
        decode_workers=decode_workers,
        modalities=encoded_modalities(encoder),
    )
    replace_collection(encoded.collection, Path(output))
    return {
        "n_encoded": encoded.n_encoded,
        "n_reused": encoded.n_reused,
        "skipped": [[one.what, one.why] for one in encoded.skipped],
    }


def start_encoding(
    folder: Path,
    collection: Path,
    encoder: str,
    *,
    output: Path | None = None,
    root: Path | None = None,
    indexed_captions: IndexedCaptions = "first",
    decode_workers: int | None = None,
) -> ProcessTask:
    """Start to encode a saved collection, or go on where an earlier process stopped.

    Args:
        folder: of the task alone.
        collection: the folder of the saved collection.
        encoder: as `load_any_encoder` takes it.
        output: the folder of the encoded collection; None takes one below `folder`.
        root: `Collection.root`, which is not saved with it.
        indexed_captions: see `encode_collection`.
        decode_workers: see `encode_collection`.

    Raises:
        GapvizError: no such family of encoders, an output folder that holds something else, or
            a folder that cannot be written.
    """
    encoded_modalities(encoder)
    output = folder / "encoded" if output is None else output
    refuse_foreign_folder(output, marker=ITEMS_FILE, what=SAVED_COLLECTION)
    arguments = {
        "collection": str(collection.absolute()),
        "encoder": encoder,
        "output": str(output.absolute()),
        "root": None if root is None else str(root.absolute()),
        "indexed_captions": indexed_captions,
        "decode_workers": decode_workers,
    }
    task = ProcessTask.create(folder, encode_saved, arguments)
    task.start()
    return task


def encode_stored(
    workspace: Workspace,
    collection_id: str,
    encoder: str,
    *,
    indexed_captions: IndexedCaptions = "first",
) -> ProcessTask:
    """Start to encode a collection of the workspace.

    Raises:
        GapvizError: no such collection, or as `start_encoding`.
    """
    stored = workspace.find(collection_id)
    key = content_key(encoder=encoder, indexed_captions=indexed_captions)[:16]
    return start_encoding(
        stored.folder / "jobs" / key,
        stored.folder / "items",
        encoder,
        root=stored.root,
        indexed_captions=indexed_captions,
    )


def encoding_tasks(stored: StoredCollection) -> tuple[ProcessTask, ...]:
    """The tasks that encode a stored collection, whatever their state, but damaged ones."""
    tasks = []
    for folder in sorted((stored.folder / "jobs").glob("*")):
        with suppress(GapvizError):
            tasks.append(ProcessTask(folder))
    return tuple(tasks)


def add_encoding(workspace: Workspace, collection_id: str, task: ProcessTask) -> None:
    """Add the result of a task that is done to the collection, and remove the task.

    Raises:
        GapvizError: the result is missing or damaged, or cannot be written.
    """
    encoded = load_collection(Path(task.arguments["output"]))
    workspace.put_encoding(collection_id, encoded, loads_as=task.arguments["encoder"])
    task.remove()
