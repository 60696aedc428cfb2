"""A stack of modalities as one `.npy`."""

from __future__ import annotations

from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import Format, has_ending
from gapviz.sources.files.metadata import find_metadata
from gapviz.sources.files.named_arrays import USUAL_MODALITIES
from gapviz.sources.files.numpy_files import load_array
from gapviz.sources.files.pairing import VectorRows, reading_of
from gapviz.sources.files.reading import Reading, ReadOptions


def read_stacked(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A `.npy` of shape (M, n, dim), row i of each matrix one item's.

    Two matrices are image and text unless `options.modalities` names them; more have to be
    named. Ids, captions, labels and image paths may be given in a table `<stem>.csv`,
    `.tsv`, `.jsonl` or `.parquet` beside it.

    Raises:
        GapvizError: not a NumPy file, Python objects inside, another shape, or bad rows.
    """
    array = load_array(path)
    if array.ndim != 3 or 0 in array.shape:
        raise GapvizError(
            f"has shape {array.shape} instead of (2, rows, dimensions)",
            where=path.name,
            hint="stack the image rows and the text rows: np.stack([image, text])",
        )
    names = options.modalities or USUAL_MODALITIES
    if len(names) != array.shape[0] or len(set(names)) != len(names):
        raise GapvizError(
            f"stacks {array.shape[0]} matrices of {array.shape[1]} rows, but "
            f"{len(set(names))} modalities are named ({', '.join(names)})",
            where=path.name,
            hint="name each modality of the stack, in its order",
        )
    blocks = {
        name: VectorRows(array[code], where=f"{path.name}, {name}")
        for code, name in enumerate(names)
    }
    metadata = find_metadata(path.parent, path.stem, options)
    root = options.image_folder or path.parent
    return reading_of(path.stem, blocks, metadata, encoder=options.encoder, root=root)


FORMAT = Format(
    "npy",
    "a stacked .npy of shape (modalities, rows, dimensions)",
    has_ending(".npy"),
    read_stacked,
    priority=12,
    endings=(".npy",),
)
