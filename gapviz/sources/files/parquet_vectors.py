"""Parquet tables with one vector column a modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import NOTHING
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped, has_ending
from gapviz.sources.files.named_arrays import VECTOR_ENDING, chosen_modalities, modality_name
from gapviz.sources.files.pairing import VectorRows, reading_of, table_metadata
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.files.tables import open_table
from gapviz.sources.images.parquet import list_columns

if TYPE_CHECKING:
    import pyarrow as pa

ENDING = ".parquet"


def is_vector_parquet(path: Path) -> bool:
    """Whether the file is a Parquet table with a column of vectors."""
    if not has_ending(ENDING)(path):
        return False
    try:
        return bool(_vector_columns(open_table(path, path.name).schema))
    except GapvizError:
        return False


def read_vector_parquet(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A table whose columns of number lists are modalities, each row one item or a part of it.

    `image_vector`, `text_embedding` and the like are the modalities image and text;
    `options.modalities` takes some of them only. A null is an item without that modality.
    Rows of one id are several vectors of one item. Ids, captions, labels and image paths
    come from the columns that the options name, else from those under the usual names.

    Raises:
        GapvizError: damaged, no vector column, or a column that is not there.
    """
    import pyarrow as pa
    from pyarrow import parquet

    table = open_table(path, path.name)
    columns = _vector_columns(table.schema)
    if not columns:
        raise GapvizError(
            "has no column of vectors",
            where=path.name,
            hint="store each vector as a list of float32",
        )
    columns = chosen_modalities(columns, options, where=path.name)
    skipped: list[Skipped] = []
    blocks: dict[str, VectorRows] = {}
    try:
        refuse_large_columns(path, list(columns.values()), rows_as_objects=True)
        metadata = table_metadata(table, options, ignored=columns.values())
        vectors = parquet.read_table(path, columns=list(columns.values()))
        if not metadata.has_ids:
            entries = metadata.entries or [NOTHING] * vectors.num_rows
            named = [replace(entry, id=str(row)) for row, entry in enumerate(entries)]
            metadata = replace(metadata, entries=named, has_ids=True)
        for modality, column in columns.items():
            where = f"{path.name}, {column}"
            cells = vectors[column].combine_chunks()
            rows = _rows(cells, metadata.ids, where=where, skipped=skipped)
            if rows is None:
                skipped.append(Skipped(where, "holds no vector"))
            else:
                blocks[modality] = rows
    except GapvizError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise GapvizError(
            "is damaged, or cut short", where=path.name, hint="write the file again"
        ) from error
    if not blocks:
        raise GapvizError(
            "holds no vector in any row", where=path.name, hint="fill a column of vectors"
        )
    return reading_of(
        path.stem,
        blocks,
        metadata,
        encoder=options.encoder,
        root=options.image_folder or path.parent,
        skipped=skipped,
    )


def _vector_columns(schema: pa.Schema | None) -> dict[str, str]:
    """Vector columns by modality: lists of fractions, or of integers under a vector's name."""
    from pyarrow import types

    found: dict[str, str] = {}
    for name, entries in list_columns(schema).items():
        named = bool(VECTOR_ENDING.search(name))
        if types.is_floating(entries) or (named and types.is_integer(entries)):
            modality = modality_name(name)
            found[name if modality in found else modality] = name
    return found


def _rows(
    column: Any, ids: Sequence[str | None], *, where: str, skipped: list[Skipped]
) -> VectorRows | None:
    """The rows of one list column that hold a vector; None where none does."""
    import pyarrow.compute as pc

    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    present = lengths > 0
    if not present.any():
        return None
    dim = int(np.bincount(lengths[present]).argmax())
    fits = lengths == dim
    # Nulls become NaN, which is listed with its row later.
    values: npt.NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    uneven = np.flatnonzero(present & ~fits)
    for row in uneven:
        why = f"has {lengths[row]} numbers instead of {dim}"
        skipped.append(Skipped(f"{where}, row {row}", why))
    if uneven.size:
        values = values[np.repeat(fits, lengths)]
    # A row without an id is listed once, among the entries.
    named = np.array([item_id is not None for item_id in ids])
    numbers = np.flatnonzero(fits & named)
    return VectorRows(
        vectors=values.reshape(-1, dim)[named[fits]],
        owners=[ids[row] for row in numbers.tolist()],
        where=where,
        numbers=numbers,
    )


FORMAT = Format(
    "parquet_vectors",
    "a .parquet with columns of vectors",
    is_vector_parquet,
    read_vector_parquet,
    priority=20,
    endings=(ENDING,),
    hint="store each vector as a list of float32",
)
