"""Which sources can be read block by block, found out from headers alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_name
from gapviz.sources.files.folders import files_in
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.files.named_arrays import USUAL_MODALITIES
from gapviz.sources.on_disk.cells import vector_columns
from gapviz.sources.on_disk.lance import ENDING as LANCE
from gapviz.sources.on_disk.lance import LanceVectors
from gapviz.sources.on_disk.npy import NpyVectors, RowFile, row_file, row_files
from gapviz.sources.on_disk.parquet import ParquetVectors
from gapviz.sources.on_disk.vectors import StreamedVectors

if TYPE_CHECKING:
    import pyarrow as pa

PLAIN_LISTS = frozenset({"ids", "labels", "captions"})
"""Lists beside vectors that hold an entry an item, and are not read."""
CLIP_FOLDERS = {"image": "img_emb", "text": "text_emb"}


def open_vectors(source: str, options: ReadOptions = ReadOptions()) -> StreamedVectors:
    """Vectors on disk, of which nothing but headers is read yet.

    That are `image.npy` and `text.npy` in a folder, or a stack of both; the folders `img_emb` and
    `text_emb` of clip-retrieval; Parquet files, or a Lance table (`.lance`), with a column of
    vectors for each modality. Row i of every modality is item i; ids, captions and labels beside
    them are not read.

    Args:
        source: path of the file or folder.
        options: of which the names of modalities are read.

    Raises:
        GapvizError: nothing of the kind there, or rows that do not match one by one.
    """
    path = Path(source)
    if path.suffix == LANCE and path.is_dir():
        return LanceVectors(path, options)
    tables = _parquet_files(path)
    if tables:
        return ParquetVectors(path.name, tables, vector_columns(_schema_of(tables[0]), options))
    if path.suffix == ".npy" and path.is_file():
        found = row_files(path)
        names = tuple(map(modality_name, options.modalities)) or USUAL_MODALITIES
        if len(names) == len(found):
            stack = {name: [one] for name, one in zip(names, found, strict=True)}
            return NpyVectors(path.stem, stack)
    parts = _clip_parts(path) or _array_parts(path)
    if not parts:
        raise GapvizError(
            "holds no vectors that can be read block by block",
            where=source,
            hint="give a folder with image.npy and text.npy, or Parquet files with a column of "
            "vectors for each modality",
        )
    wanted = tuple(map(modality_name, options.modalities)) or tuple(parts)
    return NpyVectors(path.name, {name: parts[name] for name in wanted if name in parts})


def _parquet_files(path: Path) -> list[Path]:
    """The file, or the Parquet files of a folder, else of its `data/`, in natural order."""
    if path.is_dir():
        if files_in(path, "*.npy"):
            return []
        return [*files_in(path, "*.parquet")] or [*files_in(path / "data", "*.parquet")]
    return [path] if path.suffix.lower() == ".parquet" and path.is_file() else []


def _schema_of(file: Path) -> pa.Schema:
    from pyarrow import ArrowException, parquet

    try:
        return parquet.read_schema(file)
    except (ArrowException, OSError) as error:
        raise GapvizError(
            "is damaged, or cut short", where=file.name, hint="write the file again"
        ) from error


def _clip_parts(path: Path) -> dict[str, list[RowFile]]:
    """The parts of clip-retrieval's folders, in natural order."""
    found = {name: files_in(path / folder, "*.npy") for name, folder in CLIP_FOLDERS.items()}
    if not all(found.values()):
        return {}
    return {name: [row_file(file) for file in files] for name, files in found.items()}


def _array_parts(path: Path) -> dict[str, list[RowFile]]:
    """One file a modality; none where lists beside them may say which rows match."""
    found: dict[str, list[RowFile]] = {}
    for file in files_in(path, "*.npy") if path.is_dir() else []:
        if file.stem not in PLAIN_LISTS:
            found.setdefault(modality_name(file.stem), []).append(row_file(file))
    return {name: files for name, files in found.items() if len(files) == 1}
