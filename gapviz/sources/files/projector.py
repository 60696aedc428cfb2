"""Vectors as the TensorBoard projector takes them: tab-separated numbers without headings.

`tensors.tsv` holds a vector a line, `metadata.tsv` beside it what they are of: with headings, or
one caption a line where it has one column.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import says_modality
from gapviz.core.vector_cells import CellVectors, VectorColumn
from gapviz.core.vectors import Float64
from gapviz.sources.files.folders import files_in
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.item_metadata import ItemMetadata, caption_lines
from gapviz.sources.files.named_arrays import reading_of_arrays
from gapviz.sources.files.tables import open_table
from gapviz.sources.files.texts import MAX_TEXT_BYTES
from gapviz.sources.files.vector_tables import VectorTable, vector_reading

ENDING = ".tsv"

METADATA = "metadata"

VECTORS = "vector"
"""What a file is said to hold whose name says no modality."""

PLAIN_STEMS = frozenset({"tensors", "tensor", "vectors", "vecs"})


def read_projector(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A `.tsv` of numbers, or a folder of such files, one a modality.

    Where `metadata.tsv` has a column `modality`, one file holds the vectors of several.

    Raises:
        GapvizError: a line that is no row of numbers, or another number of lines of metadata.
    """
    folder = path if path.is_dir() else path.parent
    files = _tensor_files(path)
    arrays = {
        VECTORS if file.stem.lower() in PLAIN_STEMS else file.stem: _numbers(file) for file in files
    }
    metadata = folder / f"{METADATA}{ENDING}"
    if not metadata.is_file():
        return reading_of_arrays(path, arrays, options)
    table = open_table(metadata, metadata.name)
    n_rows = max(map(len, arrays.values()))
    if len(table.columns) == 1:
        return reading_of_arrays(path, arrays, options, metadata=_captions(metadata, n_rows))
    rows = [row.values for row in table.rows(table.columns, _refuse)]
    if len(rows) != n_rows:
        raise GapvizError(
            f"describes {len(rows)} vectors, but there are {n_rows}",
            where=table.name,
            hint="write one line a vector, after one of headings",
        )
    source = VectorTable(
        table,
        [VectorColumn(name, says=name) for name in arrays],
        lambda one: CellVectors(np.arange(len(arrays[one.column])), arrays[one.column]),
        lambda name: [row.get(name) for row in rows],
        n_rows,
    )
    return vector_reading(path, [source], options)


def is_projector(path: Path) -> bool:
    """Whether it is a `.tsv` of numbers alone, or a folder with one."""
    return bool(_tensor_files(path))


def _tensor_files(path: Path) -> Sequence[Path]:
    if path.is_dir():
        return [
            file
            for file in files_in(path, f"*{ENDING}")
            if (file.stem.lower() in PLAIN_STEMS or says_modality(file.stem))
            and _begins_with_numbers(file)
        ]
    return [path] if path.suffix.lower() == ENDING and _begins_with_numbers(path) else []


def _begins_with_numbers(file: Path) -> bool:
    """Whether the first line holds two numbers or more, and nothing else."""
    try:
        with file.open("rb") as lines:
            cells = lines.readline(MAX_TEXT_BYTES).decode("utf-8-sig").split("\t")
        return len([float(cell) for cell in cells]) > 1
    except (ValueError, OSError):
        return False


def _numbers(file: Path) -> Float64:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.loadtxt(file, delimiter="\t", ndmin=2, encoding="utf-8", comments=None)
    except (ValueError, OSError, MemoryError) as error:
        raise GapvizError(
            "is not a table of numbers, or is damaged or cut short",
            where=file.name,
            hint="write one vector a line, its numbers separated by tabs",
        ) from error


def _captions(file: Path, n_rows: int) -> ItemMetadata:
    """One caption a line; a first line more than there are vectors is a heading."""
    lines = caption_lines(file)
    return replace(lines, entries=lines.entries[len(lines.entries) == n_rows + 1 :])


def _refuse(place: str, why: str) -> None:
    raise GapvizError(f"{place} {why}", where=f"{METADATA}{ENDING}", hint="correct that line")


FORMAT = Format(
    "projector",
    "vectors of the TensorBoard projector (tensors.tsv, metadata.tsv)",
    is_projector,
    read_projector,
    priority=19,
    endings=(ENDING,),
    hint="write one vector a line, its numbers separated by tabs",
)
