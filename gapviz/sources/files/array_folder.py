"""A folder of `.npy` files, one a modality, with a table or a text file of what they show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_name
from gapviz.sources.files.columns import is_named
from gapviz.sources.files.folders import files_in
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped
from gapviz.sources.files.item_metadata import (
    LINE_FILES,
    ItemMetadata,
    NamedArray,
    caption_lines,
    find_metadata,
    table_metadata,
)
from gapviz.sources.files.named_arrays import reading_of_arrays
from gapviz.sources.files.numpy_files import load_array
from gapviz.sources.files.tables import TABLE_ENDINGS, open_table
from gapviz.sources.files.texts import shown
from gapviz.sources.images.decoding import is_image_name

ENDING = ".npy"

METADATA_STEMS = ("metadata", "captions", "texts", "prompts", "items", "labels")
"""Names of the table that is looked for, the most telling first."""

SAY_NOTHING = frozenset({"readme", "license", "licence", "citation", "dataset_card"})
"""Files of these names are no part of the data."""

MOST_LISTED = 5


def read_array_folder(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """`image.npy` and `text.npy`, `img_emb.npy` and `text_emb.npy`: any names, each (n, dim).

    Lists beside them (`ids.npy`, `labels.npy`, `image_ids.npy`) and what quantised numbers mean
    (`image_scale.npy`) count as in an `.npz`. Else ids, captions, labels and image paths come
    from `metadata.csv`, `.tsv`, `.jsonl`, `.parquet` or `.json` (or `captions.csv` and so on), or
    captions, one a line, from `captions.txt` or `prompts.txt`. Other files are listed.

    Raises:
        GapvizError: no `.npy` file, two of one modality, a stack, or what an `.npz` would say.
    """
    arrays: dict[str, NamedArray] = {}
    modalities: set[str] = set()
    for file in sorted(path.glob(f"*{ENDING}")):
        array = load_array(file)
        if array.ndim == 3 and array.shape[1] != 1:
            raise GapvizError(
                "is a stack of several modalities",
                where=f"{path.name}/{file.name}",
                hint="name that file instead of its folder",
            )
        name = modality_name(file.stem)
        if array.ndim > 1 and array.dtype.kind not in "US":
            if name in modalities:
                raise GapvizError(
                    f"two files hold the modality {name!r}",
                    where=f"{path.name}/{file.name}",
                    hint="keep one of them in the folder",
                )
            modalities.add(name)
        arrays[file.stem] = array
    if not arrays:
        raise GapvizError("holds no .npy file", where=path.name, hint="save one a modality")
    metadata = _named_table(path, options) or next(
        filter(None, (find_metadata(path, stem, options) for stem in METADATA_STEMS)), None
    )
    lines = next((path / name for name in LINE_FILES if (path / name).is_file()), None)
    if metadata is None and lines is not None:
        metadata = caption_lines(lines)
    return reading_of_arrays(
        path, arrays, options, metadata=metadata, skipped=_unread(path, metadata)
    )


def _named_table(folder: Path, options: ReadOptions) -> ItemMetadata | None:
    """The first table of the folder that has all columns that the options name; None without."""
    if not options.named_columns:
        return None
    for file in files_in(folder, "*"):
        if file.suffix.lower() not in TABLE_ENDINGS:
            continue
        try:
            table = open_table(file, file.name)
        except GapvizError:
            continue
        if all(is_named(table.columns, name) for name in options.named_columns):
            return table_metadata(table, options, root=options.image_folder or folder)
    return None


def _unread(folder: Path, metadata: ItemMetadata | None) -> Iterable[Skipped]:
    """The files of the folder that nothing is taken from, by ending."""
    names_images = metadata is not None and any(entry.image for entry in metadata.entries)
    files: dict[str, list[str]] = {}
    for file in sorted(folder.iterdir()):
        passed = (
            file.suffix == ENDING
            or file.name.startswith(".")
            or file.stem.lower() in SAY_NOTHING
            or (metadata is not None and file.name == metadata.where)
            or (names_images and is_image_name(file.name))
        )
        if not passed and file.is_file():
            files.setdefault(file.suffix.lower(), []).append(file.name)
    for names in files.values():
        more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
        what = ", ".join(shown(name) for name in names[:MOST_LISTED]) + more
        why = "is not read" if len(names) == 1 else f"({len(names):,} files) are not read"
        yield Skipped(what, f"{why} beside vectors: what describes them is called metadata.csv")


FORMAT = Format(
    "array_folder",
    "a folder of .npy files, one a modality",
    lambda path: path.is_dir() and any(path.glob(f"*{ENDING}")),
    read_array_folder,
    priority=30,
)
