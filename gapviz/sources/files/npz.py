"""Arrays under the names of their modalities, as one `.npz`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.named_arrays import ENCODER_NAME, STORED_NAMES, reading_of_arrays
from gapviz.sources.files.numpy_files import DAMAGE, damaged, load_numpy


def read_named(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """An `.npz` with one (n, dim) array a modality, under the modality's name.

    Row i of every modality belongs to item i; a modality with fewer rows leaves the later
    items without a vector. Lists beside them say more: `ids`, `captions`, `labels`,
    `image_paths`, and `<modality>_ids`, the item of each row of that modality; one text,
    `encoder`, what made the vectors, and one, `quantisation`, how they are stored. Without such
    lists they are looked for in a table `<stem>.csv`, `.tsv`, `.jsonl` or `.parquet`.

    Raises:
        GapvizError: not an archive, Python objects inside, no arrays, a list under the name of
            a modality, or bad rows.
    """
    archive = load_numpy(path)
    if isinstance(archive, np.ndarray):
        raise GapvizError("is a single array", where=path.name, hint="rename it to .npy")
    try:
        with archive:
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
    except DAMAGE as error:
        raise damaged(path, error) from error
    if not arrays:
        raise GapvizError("holds no arrays", where=path.name, hint="save one array a modality")
    words = {
        name: str(arrays.pop(name))
        for name in (ENCODER_NAME, *STORED_NAMES)
        if name in arrays and arrays[name].ndim == 0 and arrays[name].dtype.kind == "U"
    }
    stored = next((words[name] for name in STORED_NAMES if name in words), None)
    return reading_of_arrays(path, arrays, options, encoder=words.get(ENCODER_NAME), stored=stored)


FORMAT = Format(
    "npz",
    "an .npz of named modalities",
    has_ending(".npz"),
    read_named,
    priority=14,
    endings=(".npz",),
)
