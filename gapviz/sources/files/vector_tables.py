"""Tables of vectors, one row an item or a part of it, as any kind of file holds them.

Each column of vectors is a modality; or the table is long, with one column of vectors and one
that names the modality of each row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import (
    ALIASES,
    modality_name,
    modality_names,
    says_modality,
    stored_as,
)
from gapviz.core.vector_cells import CellVectors, VectorColumn
from gapviz.core.vectors import Indices
from gapviz.sources.files.columns import NAMES, NOTHING, Fields, is_named, usual_name, usual_names
from gapviz.sources.files.format import Reading, ReadOptions, Skipped
from gapviz.sources.files.item_metadata import ItemMetadata, table_metadata
from gapviz.sources.files.named_arrays import chosen_modalities, other_sizes
from gapviz.sources.files.pairing import VectorRows, reading_of
from gapviz.sources.files.tables import SourceTable
from gapviz.sources.files.texts import shown, text_in

MODALITY_COLUMNS = ("modality", "modality_name", "modality_type", "media_type", "type", "kind")
"""Usual names of the column that says the modality of each row of a long table."""

LONG_LIST = 16
"""Numbers from which on a list is a vector, whatever it is called and beside what it stands."""

MOST_MODALITIES = 32
"""A column of more different values names something else."""

ITEM_COLUMNS = (
    "item", "item_id", "pair", "pair_id", "sample", "sample_id", "object", "object_id", "group",
    "group_id", "product_id",
)  # fmt: skip
"""Usual names of the column that says the item of each row of a long table, where `id` names
the row itself."""


@dataclass(frozen=True, eq=False)
class VectorTable:
    """A table that was opened, and the columns of it that are vectors."""

    table: SourceTable
    columns: Sequence[VectorColumn]
    vectors_of: Callable[[VectorColumn], CellVectors]
    """Reads one of `columns`."""
    values_of: Callable[[str], Sequence[object]]
    """Reads any other column."""
    n_rows: int


@dataclass(frozen=True, eq=False)
class _Part:
    """What one table gives."""

    blocks: Mapping[str, VectorRows]
    metadata: ItemMetadata
    n_rows: int


def meant_as_vectors(
    table: SourceTable,
    columns: Sequence[VectorColumn],
    peek: Callable[[str], Sequence[object]],
    options: ReadOptions,
) -> list[VectorColumn]:
    """Of the columns that hold lists of numbers, those that are meant as vectors.

    In a table of images a short list of numbers under any other name is a box or a point.

    Args:
        table: that was opened.
        columns: which may be vectors.
        peek: from a column to its first values.
        options: may name columns, as vectors or as something else.
    """
    others = {
        one.column
        for one in columns
        if any(is_named([one.column], name) for name in options.named_columns)
    }
    found = [one for one in columns if one.column not in others]
    said = any(says_modality(one.says) or one.column in options.modalities for one in found)
    pictured = is_named(table.columns, options.image_column) or usual_name(table.columns, "image")
    if said or not pictured:
        return found
    return [
        one
        for one in found
        if any(isinstance(cell, list) and len(cell) >= LONG_LIST for cell in peek(one.column))
    ]


def vector_reading(
    path: Path, tables: Iterable[VectorTable], options: ReadOptions, skipped: Sequence[Skipped] = ()
) -> Reading:
    """The rows of all tables, one after the other, as one collection.

    Args:
        path: of the file or folder; its stem names the collection.
        tables: parts of one set.
        options: may name the columns and modalities.
        skipped: what was left out already.

    Raises:
        GapvizError: no vector in any row, a column that is not there, or parts that do not fit.
    """
    notes = list(skipped)
    root = options.image_folder or (path if path.is_dir() else path.parent)
    parts: list[_Part] = []
    start = 0
    for one in tables:
        parts.append(_part(one, options, root, start, notes))
        start += one.n_rows
    blocks = _joined(parts)
    if not blocks:
        first = next((f" (first of {len(notes):,}: {one.what} {one.why})" for one in notes), "")
        raise GapvizError(
            f"holds no vector in any row{first}", where=path.name, hint="fill a column of vectors"
        )
    metadata = ItemMetadata(
        [entry for part in parts for entry in part.metadata.entries],
        has_ids=True,
        where=parts[0].metadata.where if len(parts) == 1 else path.name,
        skipped=tuple(note for part in parts for note in part.metadata.skipped),
    )
    return reading_of(
        path.name if path.is_dir() else path.stem,
        blocks,
        metadata,
        encoder=options.encoder,
        root=root,
        skipped=notes,
        options=options,
    )


def _part(
    source: VectorTable, options: ReadOptions, root: Path, start: int, notes: list[Skipped]
) -> _Part:
    """What one table gives; its rows are counted from `start`."""
    table = source.table
    ignored = {one.column for one in source.columns}
    said = _modality_column(source, options)
    if said is not None:
        ignored.add(said)
        options = _with_item_column(source, said, options, notes)
    metadata = table_metadata(table, options, ignored=ignored, root=root)
    entries: Sequence[Fields] = metadata.entries or [NOTHING] * source.n_rows
    if not metadata.has_ids:
        counted = range(start, start + source.n_rows)
        places = counted if said is None else _places(source, said, notes)
        entries = [replace(one, id=str(at)) for one, at in zip(entries, places, strict=True)]
    metadata = replace(metadata, entries=entries, has_ids=True)
    if said is not None:
        return _Part(_long(source, said, metadata, start, options, notes), metadata, source.n_rows)
    found = {one.name: source.vectors_of(one) for one in source.columns}
    out = other_sizes(
        {name: one.vectors.shape[1] for name, one in found.items() if one.vectors.size}, options
    )
    notes += [Skipped(f"{table.name}, {shown(name)}", why) for name, why in out.items()]
    says = {one.name: one.says for one in source.columns if one.name not in out}
    chosen = _chosen(says, options, where=table.name)
    blocks = {}
    for modality, name in chosen.items():
        where = f"{table.name}, {name}"
        rows = _rows(found[name], metadata, where, start, stored_as(says[name]), notes)
        if rows is None:
            notes.append(Skipped(where, "holds no vector"))
        else:
            blocks[modality] = rows
    return _Part(blocks, metadata, source.n_rows)


def _chosen(says: Mapping[str, str], options: ReadOptions, *, where: str) -> dict[str, str]:
    """Column by modality."""
    unlike = len(set(says.values())) == len(says)
    named = modality_names([says[name] if unlike else name for name in says])
    found = {named[says[name] if unlike else name]: name for name in says}
    return chosen_modalities(found, options, where=where)


def _rows(
    cells: CellVectors,
    metadata: ItemMetadata,
    where: str,
    start: int,
    stored: str | None,
    notes: list[Skipped],
    keep: Indices | None = None,
) -> VectorRows | None:
    """The vectors of one column whose rows have an id, of those in `keep` alone if it is given."""
    notes += [
        Skipped(f"{where}, row {row}", why)
        for row, why in cells.flaws
        if keep is None or row in keep
    ]
    if not cells.numbers.size:
        return None
    ids = metadata.ids
    # A row without an id is listed once, among the entries.
    taken = np.array([ids[row] is not None for row in cells.numbers.tolist()], dtype=np.bool_)
    if keep is not None:
        taken &= np.isin(cells.numbers, keep)
    numbers = cells.numbers[taken]
    return VectorRows(
        vectors=cells.vectors if taken.all() else cells.vectors[taken],
        owners=[ids[row] for row in numbers.tolist()],
        where=where,
        numbers=numbers + start,
        stored=stored,
    )


def _modality_column(source: VectorTable, options: ReadOptions) -> str | None:
    """The column that names the modality of each row; None where the table is not long."""
    taken = {one.column for one in source.columns} | {
        name
        for name in source.table.columns
        if any(is_named([name], one) for one in options.named_columns)
    }
    if len(source.columns) != 1 or modality_name(source.columns[0].says) in ALIASES:
        return None
    names = [name for name in source.table.columns if name not in taken]
    for usual in usual_names(names, MODALITY_COLUMNS):
        values = {_modality_of(value) for value in source.values_of(usual)} - {None}
        if 0 < len(values) <= MOST_MODALITIES and (
            usual.lower().startswith("modality") or values <= set(ALIASES)
        ):
            return usual
    return None


def _modality_of(value: object) -> str | None:
    try:
        text = text_in(value)
    except TypeError:
        return None
    return None if text is None else modality_name(text)


def _with_item_column(
    source: VectorTable, said: str, options: ReadOptions, notes: list[Skipped]
) -> ReadOptions:
    """The options with the column under which rows of two modalities are one item's."""
    if options.id_column is not None:
        return options
    modalities = [_modality_of(value) for value in source.values_of(said)]
    names = [name for name in source.table.columns if name != said]
    candidates = usual_names(names, (*ITEM_COLUMNS, *NAMES["id"]))
    for name in candidates:
        met: dict[str, set[str | None]] = {}
        for value, modality in zip(source.values_of(name), modalities, strict=True):
            if value is not None:
                met.setdefault(str(value), set()).add(modality)
        if any(len(one) > 1 for one in met.values()):
            return replace(options, id_column=name)
    if candidates and len(set(modalities) - {None}) > 1:
        why = "names no item of two modalities, so that nothing is paired (name the id column)"
        notes.append(Skipped(f"{source.table.name}, {shown(candidates[0])}", why))
    return options


def _places(source: VectorTable, said: str, notes: list[Skipped]) -> Sequence[int]:
    """The place of each row among those of its modality, where nothing else names its item."""
    seen: Counter[str | None] = Counter()
    places = []
    for value in source.values_of(said):
        modality = _modality_of(value)
        places.append(seen[modality])
        seen[modality] += 1
    counts = [count for modality, count in seen.items() if modality is not None]
    if len(counts) > 1:
        if len(set(counts)) > 1:
            notes.append(
                Skipped(
                    source.table.name,
                    "names no items, and its modalities have differing numbers of rows, so that "
                    "nothing is paired (name the id column)",
                )
            )
            return range(len(places))
        why = "names no items, so that row i of each modality was taken for item i"
        notes.append(Skipped(source.table.name, why))
    return places


def _long(
    source: VectorTable,
    said: str,
    metadata: ItemMetadata,
    start: int,
    options: ReadOptions,
    notes: list[Skipped],
) -> dict[str, VectorRows]:
    """The rows of a long table by modality."""
    (column,) = source.columns
    cells = source.vectors_of(column)
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(source.values_of(said)):
        modality = _modality_of(value)
        if modality is None:
            notes.append(Skipped(f"{source.table.name}, row {row}", "names no modality"))
        else:
            rows.setdefault(modality, []).append(row)
    chosen = chosen_modalities({name: name for name in rows}, options, where=source.table.name)
    blocks = {}
    for modality in chosen:
        where = f"{source.table.name}, {modality}"
        keep = np.array(rows[modality], dtype=np.int64)
        block = _rows(cells, metadata, where, start, stored_as(column.says), notes, keep)
        if block is not None and block.n_rows:
            blocks[modality] = block
    return blocks


def _joined(parts: Sequence[_Part]) -> dict[str, VectorRows]:
    """The rows of all parts by modality."""
    blocks: dict[str, VectorRows] = {}
    for modality in dict.fromkeys(name for part in parts for name in part.blocks):
        rows = [part.blocks[modality] for part in parts if modality in part.blocks]
        if len(rows) == 1:
            blocks[modality] = rows[0]
            continue
        dims = sorted({one.vectors.shape[1] for one in rows})
        if len(dims) > 1:
            raise GapvizError(
                f"its parts hold {modality} vectors of differing dimensions "
                f"({', '.join(map(str, dims))})",
                where=rows[0].where,
                hint="keep the parts of one encoder together",
            )
        blocks[modality] = VectorRows(
            vectors=np.concatenate([one.vectors for one in rows]),
            owners=[owner for one in rows for owner in one.owners or ()],
            where=rows[0].where.partition(", ")[2] or modality,
            numbers=np.concatenate([_numbers(one) for one in rows]),
            stored=rows[0].stored,
        )
    return blocks


def _numbers(rows: VectorRows) -> Any:
    return np.arange(rows.n_rows) if rows.numbers is None else rows.numbers
