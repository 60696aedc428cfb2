"""The columns of a table of LanceDB: which hold vectors, which ids, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gapviz.sources.stores.store import FieldVectors, Metric, StoreSchema, VectorField

MARK = b"gapviz"
"""Of a table's metadata: gapviz created it."""
METRIC = b"gapviz:metric:"
"""Before the name of a column: how it is measured."""
IDS = ("gapviz_id", "id")
"""Columns that may hold ids, the first that is there; without one the row's number is its id."""
ROW = "_rowid"
DISTANCE = "_distance"
ONE_VECTOR = "vector"
"""The column of entries that have one vector without a name."""
METRICS: dict[str, Metric] = {"cosine": "cosine", "dot": "dot", "l2": "euclidean"}


def width_of(kind: Any) -> tuple[int, bool]:
    """Dimension of a column of vectors, 0 where it is none, and whether it holds several."""
    from pyarrow import types

    several = types.is_list(kind) or types.is_large_list(kind)
    inner = kind.value_type if several else kind
    if not types.is_fixed_size_list(inner) or not types.is_floating(inner.value_type):
        return 0, False
    return inner.list_size, several


def named_column(field: VectorField) -> VectorField:
    """The field under the name that its column has."""
    return VectorField(field.name or ONE_VECTOR, field.dim, field.metric, field.several)


def new_schema(schema: StoreSchema) -> Any:
    """The schema of a new table; payload comes with the first entries, which tell its kinds."""
    import pyarrow as pa

    columns = [pa.field(IDS[0] if "id" in schema.payload else "id", pa.string())]
    metadata = {MARK: b"1"}
    for field in map(named_column, schema.fields):
        vector = pa.list_(pa.float32(), field.dim)
        columns.append(pa.field(field.name, pa.list_(vector) if field.several else vector))
        metric = {told: name for name, told in METRICS.items()}[field.metric]
        metadata[METRIC + field.name.encode()] = metric.encode()
    return pa.schema(columns, metadata=metadata)


def payload_kinds(payload: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The Arrow type of each name of some payload; text where all of it is empty."""
    import pyarrow as pa

    kinds = {}
    for name in dict.fromkeys(key for one in payload for key in one):
        kind = pa.array([one.get(name) for one in payload]).type
        kinds[name] = pa.string() if pa.types.is_null(kind) else kind
    return kinds


def listed(rows: FieldVectors | None, n: int, kind: Any) -> list[Any]:
    """A list a row, None where an entry has no vector."""
    held: list[Any] = [None] * n
    if rows is None:
        return held
    several = width_of(kind)[1]
    for place, row in zip(rows.entry.tolist(), rows.vectors, strict=True):
        if several:
            held[place] = [*(held[place] or []), row]
        else:
            held[place] = row
    return held


def vectors_of(column: Any) -> FieldVectors:
    """The vectors of a column, those of an entry one after the other."""
    array = column.combine_chunks()
    dim, several = width_of(array.type)
    entry = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
    inner = array.drop_null()
    if several:
        entry = np.repeat(entry, inner.value_lengths().to_numpy(zero_copy_only=False))
        inner = inner.flatten()
    numbers = inner.flatten().to_numpy(zero_copy_only=False)
    matrix = np.asarray(numbers, dtype=np.float32).reshape(-1, dim)
    return FieldVectors(entry.astype(np.int64), matrix)


def sql_name(name: str) -> str:
    """A column in a condition."""
    return "`" + name.replace("`", "``") + "`"


def sql_text(text: str) -> str:
    """A text in a condition."""
    return "'" + text.replace("'", "''") + "'"
