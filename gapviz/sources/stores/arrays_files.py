"""A collection as a folder of arrays: one `.npy` a vector field, entries in Parquet.

name/collection.json      names of the fields and how they are measured; may be missing
name/entries.parquet      `id` and the payload, a row an entry
name/image.npy            (n, dim) float32 or float16, memory-mapped when read
name/image.entries.npy    (n,) place of each vector's entry, rising; without it one an entry
name/parts/000001/        what was written and is not joined yet, in the same form
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.pairs import runs
from gapviz.core.vectors import Float32, Indices
from gapviz.sources.files.parquet_size import refuse_large_columns
from gapviz.sources.stores.store import Batch, StoreSchema, VectorField
from gapviz.storage.files import swapped_in

ABOUT = "collection.json"
ENTRIES = "entries.parquet"
PARTS = "parts"
ID = "id"
OWNERS = ".entries.npy"
ONE_VECTOR = "%"
"""File of entries that have one vector without a name; no name is written so."""
BLOCK_NUMBERS = 1 << 22
"""Components copied at once, where parts are joined."""
Numbers = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class ArrayColumn:
    """The vectors of one field."""

    vectors: Numbers
    """`(n, dim)` float32 or float16, memory-mapped."""
    entry: Indices | None
    """`(n,)`, rising; None where vector i is that of entry i."""

    @property
    def owners(self) -> Indices:
        """`(n,)` place of each vector's entry."""
        return np.arange(len(self.vectors)) if self.entry is None else self.entry

    @cached_property
    def lengths(self) -> Float32:
        """`(n,)`, read once."""
        found = np.empty(len(self.vectors), dtype=np.float32)
        step = max(1, BLOCK_NUMBERS // self.vectors.shape[1])
        for start in range(0, found.size, step):
            rows = self.vectors[start : start + step].astype(np.float32)
            found[start : start + step] = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        return found

    def of(self, places: Indices) -> tuple[Indices, Indices]:
        """The vectors of some entries, one after the other.

        Args:
            places: `(n_some,)` of entries.

        Returns:
            For each vector which of `places` it is of, and its number.
        """
        if self.entry is None:
            return np.arange(places.size), places
        start = np.searchsorted(self.entry, places, side="left")
        stop = np.searchsorted(self.entry, places, side="right")
        return runs(start, stop - start)


@dataclass(frozen=True, eq=False)
class StoredArrays:
    """A folder of arrays, opened."""

    fields: tuple[VectorField, ...]
    columns: Mapping[str, ArrayColumn]
    entries: Any
    """`pyarrow.Table`."""

    @property
    def ids(self) -> Any:
        """`pyarrow.ChunkedArray` of text."""
        return self.entries[ID]


def is_arrays(folder: Path) -> bool:
    """Whether a folder holds a collection."""
    return (folder / ABOUT).is_file() or (
        (folder / ENTRIES).is_file() and any(folder.glob("*.npy"))
    )


def write_arrays(
    folder: Path, fields: Sequence[VectorField], batch: Batch, dtype: npt.DTypeLike
) -> None:
    """Write some entries as a folder that is there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {ID: pa.array(batch.ids, pa.string())}
    for name in dict.fromkeys(key for one in batch.payload for key in one):
        try:
            columns[name] = pa.array([one.get(name) for one in batch.payload])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise GapvizError(f"the payload {name!r} mixes kinds of values") from error
    pq.write_table(pa.table(columns), folder / ENTRIES)
    for field in fields:
        if field.name in batch.vectors:
            held = batch.vectors[field.name]
            np.save(folder / f"{file_of(field)}.npy", held.vectors.astype(dtype))
            np.save(folder / f"{file_of(field)}{OWNERS}", held.entry)


def write_about(folder: Path, schema: StoreSchema, dtype: str) -> None:
    """Write what the collection holds into its folder."""
    fields = [asdict(one) for one in schema.fields]
    told = {"made_by": "gapviz", "dtype": dtype, "fields": fields}
    (folder / ABOUT).write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def about(folder: Path) -> dict[str, Any]:
    """What `collection.json` says; empty where there is none.

    Raises:
        GapvizError: it is damaged.
    """
    path = folder / ABOUT
    if not path.is_file():
        return {}
    try:
        told = json.loads(path.read_text("utf-8"))
        fields = [VectorField(**one) for one in told["fields"]]
        return {**told, "fields": tuple(fields)}
    except (ValueError, KeyError, TypeError) as error:
        raise GapvizError("is damaged", where=str(path), hint="write it again") from error


def file_of(field: VectorField) -> str:
    """Name of a field's file, without its ending."""
    return quote(field.name, safe=" +").replace(".", "%2E") or ONE_VECTOR


def read_arrays(folder: Path, fields: tuple[VectorField, ...] | None = None) -> StoredArrays:
    """Open a folder; vectors stay on disk.

    Args:
        folder: that holds the arrays.
        fields: their names; as `collection.json` or else the files say, where None.

    Raises:
        GapvizError: a file is missing, damaged, or does not fit the others.
    """
    import pyarrow.parquet as pq
    from pyarrow import ArrowException, string

    path = folder / ENTRIES
    told = fields if fields is not None else about(folder).get("fields")
    try:
        schema = pq.read_schema(path)
        if ID not in schema.names:
            raise GapvizError("has no column 'id'", where=str(path))
        refuse_large_columns(path, schema.names)
        entries = pq.read_table(path)
        ids = entries[ID].cast(string())
        entries = entries.set_column(entries.schema.get_field_index(ID), ID, ids)
        found = _columns(folder, told, entries.num_rows)
    except (OSError, ValueError, ArrowException) as error:
        if isinstance(error, GapvizError):
            raise
        raise GapvizError(
            f"is no folder of arrays ({str(error)[:120]})",
            where=str(folder),
            hint=f"give one with {ENTRIES} and a .npy a vector field",
        ) from error
    named = told if told is not None else _fields_of(found)
    return StoredArrays(named, found, entries)


def _columns(
    folder: Path, fields: Sequence[VectorField] | None, n_entries: int
) -> dict[str, ArrayColumn]:
    if fields is None:
        files = sorted(path.name for path in folder.glob("*.npy"))
        stems = [name.removesuffix(".npy") for name in files if not name.endswith(OWNERS)]
        names = {"" if stem == ONE_VECTOR else unquote(stem): stem for stem in stems}
    else:
        names = {one.name: file_of(one) for one in fields}
    found = {}
    for name, stem in names.items():
        path, owners = folder / f"{stem}.npy", folder / f"{stem}{OWNERS}"
        if not path.is_file():
            continue
        vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        entry = np.load(owners, mmap_mode="r", allow_pickle=False) if owners.is_file() else None
        if vectors.ndim != 2 or vectors.dtype not in (np.float32, np.float16):
            raise GapvizError(
                f"holds {vectors.dtype} of shape {vectors.shape}",
                where=str(path),
                hint="save (n, dim) float32 or float16",
            )
        if entry is None:
            fits = len(vectors) == n_entries
        else:
            fits = entry.shape == (len(vectors),) and entry.dtype.kind == "i"
            fits = fits and bool((np.diff(entry) >= 0).all())
            fits = fits and (not entry.size or (entry[0] >= 0 and entry[-1] < n_entries))
        if not fits:
            raise GapvizError(
                f"does not fit the {n_entries:,} entries",
                where=str(path),
                hint=f"give one vector an entry, or the entry of each, rising, in {owners.name}",
            )
        found[name] = ArrayColumn(vectors, None if entry is None else entry.astype(np.int64))
    return found


def _fields_of(columns: Mapping[str, ArrayColumn]) -> tuple[VectorField, ...]:
    return tuple(
        VectorField(
            name,
            one.vectors.shape[1],
            several=one.entry is not None and bool((np.diff(one.entry) == 0).any()),
        )
        for name, one in columns.items()
    )


def parts_of(folder: Path) -> list[Path]:
    """Folders of what was written and is not joined yet, in the order of writing."""
    found = (folder / PARTS).glob("[0-9]*")
    return sorted(path for path in found if (path / ENTRIES).is_file())


def ids_of(folder: Path) -> frozenset[str]:
    """Ids of all that is stored, joined or not."""
    import pyarrow.parquet as pq

    tables = [one / ENTRIES for one in (folder, *parts_of(folder))]
    return frozenset(
        one
        for path in tables
        if path.is_file()
        for one in pq.read_table(path, columns=[ID])[ID].to_pylist()
    )


def joined(folder: Path) -> None:
    """Join what was written with what was there; of an id the last one counts, in its old place."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = about(folder)
    fields, dtype = told["fields"], told["dtype"]
    with_entries = [folder] if (folder / ENTRIES).is_file() else []
    parts = [read_arrays(one, fields) for one in (*with_entries, *parts_of(folder))]
    tables = [one.entries for one in parts]
    entries = pa.concat_tables(tables, promote_options="permissive")
    places, ids = pd.factorize(entries[ID].to_numpy())
    last = np.empty(len(ids), dtype=np.int64)
    last[places] = np.arange(len(places))
    with swapped_in(folder) as new:
        pq.write_table(entries.take(last), new / ENTRIES)
        for field in fields:
            _join_column(new, field, parts, last, dtype)
        schema = StoreSchema(fields, (), len(ids))
        write_about(new, schema, dtype)


def _join_column(
    folder: Path, field: VectorField, parts: Sequence[StoredArrays], last: Indices, dtype: str
) -> None:
    """The vectors of the entries `last`, places among those of all parts, in their order."""
    held = [one.columns.get(field.name) for one in parts]
    counts = np.concatenate(
        [
            np.bincount([] if column is None else column.owners, minlength=part.entries.num_rows)
            for part, column in zip(parts, held, strict=True)
        ]
    ).astype(np.int64)
    starts = np.cumsum(counts) - counts
    entry, source = runs(starts[last], counts[last])
    ends = np.cumsum([0 if column is None else len(column.vectors) for column in held])
    path, shape = folder / f"{file_of(field)}.npy", (source.size, field.dim)
    np.save(folder / f"{file_of(field)}{OWNERS}", entry)
    if not source.size:
        np.save(path, np.empty(shape, dtype))
        return
    out = np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape)
    step = max(1, BLOCK_NUMBERS // field.dim)
    for start in range(0, source.size, step):
        rows = source[start : start + step]
        of_part = np.searchsorted(ends, rows, side="right")
        for number in np.unique(of_part):
            column = held[number]
            assert column is not None
            here = np.flatnonzero(of_part == number)
            first = ends[number] - len(column.vectors)
            out[start + here] = column.vectors[rows[here] - first]
    out.flush()
