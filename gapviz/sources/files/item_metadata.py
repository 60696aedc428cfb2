"""What a source says of its entries besides vectors: in tables, lists and lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import Columns, Fields, choose_columns, fields_of
from gapviz.sources.files.format import ReadOptions, Skipped
from gapviz.sources.files.tables import TABLE_ENDINGS, Row, Table, open_table
from gapviz.sources.images.references import path_reference, relative_path
from gapviz.storage.files import unreadable

NamedArray = npt.NDArray[Any] | Sequence[object]

LINE_FILES = ("captions.txt", "prompts.txt")


@dataclass(frozen=True)
class ItemMetadata:
    """What a source says of its entries besides vectors."""

    entries: Sequence[Fields] = ()
    """One an entry, or none where nothing is said of any."""
    has_ids: bool = False
    """Whether entries are named, and not merely counted."""
    where: str = "metadata"
    skipped: tuple[Skipped, ...] = ()

    @property
    def ids(self) -> list[str | None]:
        """The id of each entry."""
        return [entry.id for entry in self.entries]

    def with_images_inside(self, root: Path) -> ItemMetadata:
        """The same with references to images below `root`; those that lead out are dropped."""
        base = root.resolve()
        entries = [
            replace(entry, image=_inside(entry.image, base)) if entry.image else entry
            for entry in self.entries
        ]
        lost = sum(one.image is not None for one in self.entries)
        lost -= sum(one.image is not None for one in entries)
        why = "lead out of the folder or onto the web, so that no picture is shown there"
        skipped = (Skipped(f"{lost} image path(s) of {self.where}", why),) if lost else ()
        return replace(self, entries=entries, skipped=self.skipped + skipped)


def find_metadata(folder: Path, stem: str, options: ReadOptions) -> ItemMetadata | None:
    """The metadata in `STEM.csv`, `.tsv`, `.jsonl` or `.parquet`; None where there is none.

    Raises:
        GapvizError: as `table_metadata`.
    """
    files = (folder / f"{stem}{ending}" for ending in TABLE_ENDINGS)
    found = next((file for file in files if file.is_file()), None)
    return None if found is None else table_metadata(open_table(found, found.name), options)


def table_metadata(
    table: Table, options: ReadOptions, *, ignored: Iterable[str] = ()
) -> ItemMetadata:
    """The metadata of a table, one row an entry.

    Rows of vectors are paired with it by position, so that none may be left out: where one
    cannot be read, the whole table is refused.

    Args:
        table: that was opened.
        options: may name the columns.
        ignored: columns that hold something else.

    Raises:
        GapvizError: a row that cannot be read, or the options name a column that is not there.
    """

    def refuse(place: str, why: str) -> None:
        raise GapvizError(
            f"{place} {why}",
            where=table.name,
            hint="correct that row, since rows of vectors are paired with the table by position",
        )

    def whole(rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            if table.is_delimited and len(row.values) < len(table.columns):
                n_values, n_columns = len(row.values), len(table.columns)
                refuse(row.place, f"has {n_values} values for {n_columns} columns")
            yield row

    names = [name for name in table.columns if name not in {*table.binary_columns, *ignored}]
    columns = choose_columns(names, options, where=table.name)
    rows = whole(table.rows(columns.all, refuse, paths_only=True))
    metadata = _described(rows, columns, table.class_names, where=table.name)
    note = table.encoding.assumed
    skipped = (Skipped(table.name, note),) if note else ()
    return replace(metadata, skipped=skipped + metadata.skipped)


def list_metadata(lists: Mapping[str, NamedArray], columns: Columns, *, where: str) -> ItemMetadata:
    """The metadata in lists, by column.

    Raises:
        GapvizError: lists of differing length.
    """
    chosen: dict[str, Sequence[object]] = {
        name: values.tolist() if isinstance(values := lists[name], np.ndarray) else values
        for name in columns.all
    }
    lengths = {name: len(values) for name, values in chosen.items()}
    if len(set(lengths.values())) > 1:
        listing = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise GapvizError(
            f"holds lists of differing length ({listing})",
            where=where,
            hint="give one entry per item in each",
        )
    rows = (
        Row(entry, f"entry {entry}", dict(zip(chosen, values, strict=True)))
        for entry, values in enumerate(zip(*chosen.values(), strict=True))
    )
    return _described(rows, columns, {}, where=where)


def caption_lines(path: Path) -> ItemMetadata:
    """The captions of a text file, one a line.

    Raises:
        GapvizError: the file cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GapvizError(
            f"is not UTF-8 text (byte {error.start})", where=path.name, hint="save it as UTF-8"
        ) from error
    except OSError as error:
        raise unreadable(path.name, error) from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    entries = [Fields(captions=(line.strip(),) if line.strip() else ()) for line in lines]
    return ItemMetadata(entries, where=path.name)


def _described(
    rows: Iterable[Row],
    columns: Columns,
    class_names: Mapping[str, Sequence[str]],
    *,
    where: str,
) -> ItemMetadata:
    entries, skipped = [], []
    for row in rows:
        entry = fields_of(row.values, columns, class_names)
        entries.append(entry)
        if entry.flaw:
            skipped.append(Skipped(f"{where}, {row.place}", entry.flaw))
    known = entries if columns.all else ()
    return ItemMetadata(known, columns.id is not None, where, tuple(skipped))


def _inside(image: str | None, base: Path) -> str | None:
    if image is None or "://" in image:
        return None
    path = relative_path(image, base)
    leads_out = path.startswith(("/", "../")) or path == ".."
    return None if leads_out else path_reference(path)
