"""Parquet tables with one vector column a modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.sources.files.named_arrays import VECTOR_ENDINGS, modality_name
from gapviz.sources.files.reading import Reading, ReadOptions, Skipped
from gapviz.sources.files.rows import Rows, reading_of
from gapviz.sources.files.sidecar import fact_columns, facts_of, parquet_damage, readable_columns

ENDING = ".parquet"


def is_vector_parquet(path: Path) -> bool:
    """Whether the file is a Parquet table with a column of vectors."""
    if path.suffix.lower() != ENDING or not path.is_file():
        return False
    try:
        return bool(_vector_columns(_schema(path)))
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

    schema = _schema(path)
    vector_columns = _chosen(_vector_columns(schema), options, where=path.name)
    others = [name for name in readable_columns(schema) if name not in vector_columns.values()]
    chosen = fact_columns(others, options, where=path.name)
    try:
        table = parquet.read_table(path, columns=[*chosen.all, *vector_columns.values()])
        columns = {name: table[name].to_pylist() for name in chosen.all}
        facts = facts_of(columns, chosen, where=path.name)
        if not facts.ids:
            facts = replace(facts, ids=[str(row) for row in range(table.num_rows)])
        skipped: list[Skipped] = []
        blocks: dict[str, Rows] = {}
        for modality, column in vector_columns.items():
            where = f"{path.name}, {column}"
            rows = _rows(table[column].combine_chunks(), facts.ids, where=where, skipped=skipped)
            if rows is None:
                skipped.append(Skipped(where, "holds no vector"))
            else:
                blocks[modality] = rows
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise parquet_damage(path, error) from error
    if not blocks:
        raise GapvizError(
            "holds no vector in any row", where=path.name, hint="fill a column of vectors"
        )
    return reading_of(
        path.stem,
        blocks,
        facts,
        encoder=options.encoder,
        root=options.image_folder or path.parent,
        skipped=skipped,
    )


def _schema(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.read_schema(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise parquet_damage(path, error) from error


def _vector_columns(schema: Any) -> dict[str, str]:
    """Vector columns by modality: lists of fractions, or of integers under a vector's name."""
    from pyarrow import types

    found: dict[str, str] = {}
    for column in schema:
        kind, name = column.type, column.name
        if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
            continue
        named = name.lower().endswith(VECTOR_ENDINGS)
        if types.is_floating(kind.value_type) or (named and types.is_integer(kind.value_type)):
            modality = modality_name(name)
            found[name if modality in found else modality] = name
    return found


def _chosen(found: dict[str, str], options: ReadOptions, *, where: str) -> dict[str, str]:
    if not found:
        raise GapvizError(
            "has no column of vectors",
            where=where,
            hint="store each vector as a list of float32 in one column a modality",
        )
    for name in options.modalities:
        if name not in found:
            raise GapvizError(
                f"has no modality {name[:80]!r}",
                where=where,
                hint=f"choose among {', '.join(found)[:300]}",
            )
    return {name: found[name] for name in options.modalities or found}


def _rows(
    column: Any, ids: Sequence[str | None], *, where: str, skipped: list[Skipped]
) -> Rows | None:
    """The rows of one list column that hold a vector; None where none does."""
    import pyarrow.compute as pc

    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    present = lengths > 0
    if not present.any():
        return None
    sizes, counts = np.unique(lengths[present], return_counts=True)
    dim = int(sizes[counts.argmax()])
    # Nulls become NaN, which is listed with its row later.
    values: npt.NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    if (present & (lengths != dim)).any():
        for row in np.flatnonzero(present & (lengths != dim)):
            why = f"has {lengths[row]} numbers instead of {dim}"
            skipped.append(Skipped(f"{where}, row {row}", why))
        values = values[np.repeat(lengths == dim, lengths)]
    # A row without an id is listed once, among the entries.
    named = np.array([item_id is not None for item_id in ids])
    numbers = np.flatnonzero((lengths == dim) & named)
    return Rows(
        vectors=values.reshape(-1, dim)[named[lengths == dim]],
        owners=[ids[row] for row in numbers.tolist()],
        where=where,
        numbers=numbers,
    )
