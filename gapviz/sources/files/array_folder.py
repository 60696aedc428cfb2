"""A folder of `.npy` files, one a modality, with a table or a text file of what they show."""

from __future__ import annotations

from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.item_metadata import LINE_FILES, NamedArray, caption_lines, find_metadata
from gapviz.sources.files.named_arrays import OWNER_ENDINGS, modality_name, reading_of_arrays
from gapviz.sources.files.numpy_files import load_array

ENDING = ".npy"


def read_array_folder(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """`image.npy` and `text.npy`, `img_emb.npy` and `text_emb.npy`: any names, each (n, dim).

    Lists beside them (`ids.npy`, `labels.npy`, `image_ids.npy`) count as in an `.npz`. Else
    ids, captions, labels and image paths come from `metadata.csv`, `.tsv`, `.jsonl` or
    `.parquet`, or captions, one a line, from `captions.txt` or `prompts.txt`.

    Raises:
        GapvizError: no `.npy` file, two of one modality, a stack, or what an `.npz` would say.
    """
    arrays: dict[str, NamedArray] = {}
    for file in sorted(path.glob(f"*{ENDING}")):
        name = _array_name(file.stem)
        if name in arrays:
            raise GapvizError(
                f"two files hold the modality {name!r}",
                where=f"{path.name}/{file.name}",
                hint="keep one of them in the folder",
            )
        array = load_array(file)
        if array.ndim == 3:
            raise GapvizError(
                "is a stack of several modalities",
                where=f"{path.name}/{file.name}",
                hint="name that file instead of its folder",
            )
        arrays[name] = array
    if not arrays:
        raise GapvizError("holds no .npy file", where=path.name, hint="save one a modality")
    metadata = find_metadata(path, "metadata", options)
    lines = next((path / name for name in LINE_FILES if (path / name).is_file()), None)
    if metadata is None and lines is not None:
        metadata = caption_lines(lines)
    return reading_of_arrays(path, arrays, options, metadata=metadata)


def _array_name(stem: str) -> str:
    for ending in OWNER_ENDINGS:
        if stem.endswith(ending) and len(stem) > len(ending):
            return modality_name(stem.removesuffix(ending)) + ending
    return modality_name(stem)


FORMAT = Format(
    "array_folder",
    "a folder of .npy files, one a modality",
    lambda path: path.is_dir() and any(path.glob(f"*{ENDING}")),
    read_array_folder,
    priority=30,
)
