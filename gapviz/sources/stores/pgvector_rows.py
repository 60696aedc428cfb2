"""Vectors and payload between rows of PostgreSQL and batches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gapviz.core.vectors import Float32
from gapviz.sources.stores.pgvector_table import PgTable
from gapviz.sources.stores.store import Batch, FieldVectors, VectorField

VECTOR_HEAD = 4
"""Bytes before the numbers of a sent vector: its dimension, and two that are unused."""


def written(vector: Float32) -> str:
    """A vector as pgvector reads it; every float32 comes back as it was."""
    return "[" + ",".join(map(repr, vector.tolist())) + "]"


def read_batch(
    rows: Sequence[Any], fields: Mapping[str, VectorField], payload: Sequence[str], cursor: str
) -> Batch:
    """Rows of key, vectors and payload, as `pgvector_queries.rows` asks for them.

    Args:
        rows: of the answer.
        fields: by the names that were asked for.
        payload: names of what follows the vectors.
        cursor: of the batch.
    """
    vectors = {
        name: _vectors(rows, place, one) for place, (name, one) in enumerate(fields.items(), 1)
    }
    told = tuple(
        {
            name: value
            for name, value in zip(payload, row[1 + len(fields) :], strict=True)
            if value is not None
        }
        for row in rows
    )
    return Batch(tuple(row[0] for row in rows), vectors, told, cursor)


def _vectors(rows: Sequence[Any], place: int, field: VectorField) -> FieldVectors:
    sent = [row[place] for row in rows]
    several = [one or [] for one in sent] if field.several else [[one] for one in sent]
    held = [(entry, one) for entry, some in enumerate(several) for one in some if one is not None]
    numbers = np.frombuffer(b"".join(one[VECTOR_HEAD:] for _, one in held), dtype=">f4")
    return FieldVectors(
        np.array([entry for entry, _ in held], dtype=np.int64),
        numbers.astype(np.float32).reshape(len(held), field.dim),
    )


def values_of(
    table: PgTable, batch: Batch, fields: Sequence[VectorField], payload: Sequence[str]
) -> list[list[Any]]:
    """The values of a batch, a list a row: key, vectors of its own `fields` in order, payload."""
    rows: list[list[Any]] = [[one, *[None] * len(fields)] for one in batch.ids]
    for place, (field, held) in enumerate(zip(fields, batch.vectors.values(), strict=True), 1):
        for entry, vector in zip(held.entry.tolist(), held.vectors, strict=True):
            if field.several:
                rows[entry][place] = [*(rows[entry][place] or []), written(vector)]
            else:
                rows[entry][place] = written(vector)
    for row, told in zip(rows, batch.payload, strict=True):
        row += [_stored(table.payload, name, told.get(name)) for name in payload]
    return rows


def _stored(kinds: Mapping[str, str], name: str, value: Any) -> Any:
    if value is None or kinds[name] != "jsonb":
        return value
    return json.dumps(value, ensure_ascii=False)
