"""Columns of lists as vectors: which of a schema they are, and their cells as a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import modality_name
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.on_disk.vectors import Stored

if TYPE_CHECKING:
    import pyarrow as pa


def vector_columns(schema: pa.Schema, options: ReadOptions) -> dict[str, str]:
    """Column of vectors by modality: the lists of floating numbers, or those that are named."""
    from pyarrow import types

    found: dict[str, str] = {}
    for column in schema:
        kind = column.type
        is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
        if is_list and types.is_floating(kind.value_type):
            found.setdefault(modality_name(column.name), column.name)
    wanted = tuple(map(modality_name, options.modalities)) or tuple(found)
    return {name: found[name] for name in wanted if name in found}


def matrix_of(cells: pa.Array, column: str, where: str) -> Stored:
    """`(n, dim)` of cells that are lists of one length.

    Raises:
        GapvizError: a cell without a vector, or of another length.
    """
    flat: Stored = np.asarray(cells.flatten().to_numpy(zero_copy_only=False))
    n = len(cells)
    dim, left = divmod(flat.size, n)
    lengths = {dim}
    if not hasattr(cells.type, "list_size"):
        lengths = {*cells.value_lengths().unique().to_pylist()}
    if cells.null_count or left or lengths != {dim} or flat.dtype.kind != "f":
        raise GapvizError(
            f"the column {column!r} has cells that are no vector of one length, and is read block "
            "by block",
            where=where,
            hint="give every row a vector of each modality, of one length",
        )
    return flat.reshape(n, dim)
