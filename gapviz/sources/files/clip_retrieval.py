"""The output folder of clip-retrieval, as it follows from img2dataset's.

`img_emb/img_emb_0.npy`, `text_emb/text_emb_0.npy`, `metadata/metadata_0.parquet`, …: parts of
one number belong together row by row, and any of the folders may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_names, says_vectors
from gapviz.sources.files.columns import NOTHING, Fields
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped
from gapviz.sources.files.item_metadata import ItemMetadata, table_metadata
from gapviz.sources.files.numpy_files import load_array
from gapviz.sources.files.pairing import VectorRows, reading_of
from gapviz.sources.files.tables import open_table

METADATA = "metadata"

Part = TypeVar("Part")

PART = re.compile(r"(\d+)$")


def read_clip_retrieval(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The parts in the order of their numbers, as one collection.

    Row i of part p of every modality is one item, numbered over all parts; with
    `options.id_column`, a column of the metadata names the item instead. A part that is
    damaged or has no metadata is skipped and listed.

    Raises:
        GapvizError: no part can be read, or parts of one number with differing rows.
    """
    skipped: list[Skipped] = []
    folders = _vector_folders(path)
    vectors = {name: _parts(folder, ".npy", _matrix, skipped) for name, folder in folders.items()}
    vectors = {name: {n: m for n, m in parts.items() if len(m)} for name, parts in vectors.items()}
    metadata = _parts(
        path / METADATA,
        ".parquet",
        lambda file: table_metadata(open_table(file, file.name), options),
        skipped,
    )
    entries: list[Fields] = []
    spans: dict[int, slice] = {}
    for number in sorted({part for parts in vectors.values() for part in parts}):
        where = f"{path.name}, part {number}"
        part = metadata.get(number, ItemMetadata())
        lengths = {name: len(parts[number]) for name, parts in vectors.items() if number in parts}
        start, size = len(entries), next(iter(lengths.values()))
        if part.entries:
            lengths[METADATA] = len(part.entries)
        if len(set(lengths.values())) > 1:
            listing = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise GapvizError(
                f"the files hold differing numbers of rows ({listing})",
                where=where,
                hint="write the part again",
            )
        if number not in metadata:
            skipped.append(Skipped(f"{METADATA} of {where}", "is not there"))
        spans[number] = slice(start, start + size)
        by_id = bool(options.id_column) and part.has_ids
        entries += [
            entry if by_id else replace(entry, id=str(start + row))
            for row, entry in enumerate(part.entries or [NOTHING] * size)
        ]
        skipped += part.skipped
        for name, parts in vectors.items():
            if number not in parts:
                skipped.append(Skipped(f"{folders[name].name}, part {number}", "is not there"))
    blocks = {
        name: VectorRows(
            vectors=_joined(list(parts.values()), where=folders[name].name),
            owners=[entry.id for number in parts for entry in entries[spans[number]]],
            where=folders[name].name,
            numbers=np.concatenate([np.r_[spans[number]] for number in parts]),
        )
        for name, parts in vectors.items()
        if parts
    }
    return reading_of(
        path.name,
        blocks,
        ItemMetadata(entries, has_ids=True, where=path.name),
        encoder=options.encoder,
        root=options.image_folder or path,
        skipped=skipped,
        options=options,
    )


def _vector_folders(path: Path) -> dict[str, Path]:
    folders = {
        folder.name: folder
        for folder in sorted(path.iterdir())
        if says_vectors(folder.name) and folder.is_dir() and _numbered(folder, ".npy")
    }
    return {name: folders[own] for own, name in modality_names(folders).items()}


def _numbered(folder: Path, ending: str) -> dict[int, Path]:
    """Files by the number at the end of their names, in its order."""
    files = folder.glob(f"*{ending}")
    return dict(sorted((int(part[1]), file) for file in files if (part := PART.search(file.stem))))


def _matrix(file: Path) -> npt.NDArray[Any]:
    matrix = load_array(file)
    if matrix.ndim != 2:
        raise GapvizError(f"has shape {matrix.shape} instead of (rows, dimensions)")
    return matrix


def _parts(
    folder: Path, ending: str, read: Callable[[Path], Part], skipped: list[Skipped]
) -> dict[int, Part]:
    """What can be read of a folder by number; the rest is listed."""
    parts: dict[int, Part] = {}
    for number, file in _numbered(folder, ending).items():
        try:
            parts[number] = read(file)
        except GapvizError as error:
            skipped.append(Skipped(f"{folder.name}/{file.name}", error.what))
    return parts


def _joined(matrices: list[npt.NDArray[Any]], *, where: str) -> npt.NDArray[Any]:
    try:
        return np.concatenate(matrices)
    except (ValueError, TypeError) as error:
        dims = ", ".join(sorted({str(matrix.shape[1]) for matrix in matrices}))
        raise GapvizError(
            f"the parts have differing dimensions ({dims})",
            where=where,
            hint="keep the parts of one encoder",
        ) from error


FORMAT = Format(
    "clip_retrieval",
    "a clip-retrieval folder (img_emb)",
    lambda path: path.is_dir() and bool(_vector_folders(path)),
    read_clip_retrieval,
    priority=26,
)
