"""From rows of vectors, and what is known of them, to a `Reading`.

Rows are paired by position where a source names no items, and by item id where it does.
In both cases a row without direction is left out and listed, and every other row stays with
its item. Where position pairs them and more than half of a modality is broken, someone has
to look at the arrays: that is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import UNNAMED_MODEL, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.halves import split_alike
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.quantised import KINDS, real_numbers, stored_kind
from gapviz.core.repeats import repeated_rows
from gapviz.core.vectors import SMALLEST_NORM, Indices, Mask
from gapviz.sources.files.columns import NOTHING
from gapviz.sources.files.format import Reading, ReadOptions, Skipped
from gapviz.sources.files.grouping import owners_of_rows, with_equal_merged
from gapviz.sources.files.item_metadata import ItemMetadata
from gapviz.sources.files.limits import refuse_wide


@dataclass(frozen=True, eq=False)
class VectorRows:
    """The vectors of one modality, as a source holds them."""

    vectors: npt.NDArray[Any]
    """`(n_rows, dim)`, not yet checked."""
    owners: Sequence[str | None] | None = None
    """Id of the item of each row; None where row i belongs to entry i of the metadata."""
    where: str = "vectors"
    numbers: Indices | None = None
    """Number of each row in its source, where that is not its position."""
    stored: str | None = None
    """How their numbers are stored, where the source says it: a word of `quantised.KINDS`."""

    @property
    def n_rows(self) -> int:
        return len(self.vectors) if self.vectors.ndim else 0


def reading_of(
    name: str,
    blocks: Mapping[str, VectorRows],
    metadata: ItemMetadata | None = None,
    *,
    encoder: str | None = None,
    root: Path | None = None,
    skipped: Sequence[Skipped] = (),
    rotated: bool = False,
    options: ReadOptions = ReadOptions(),
) -> Reading:
    """Pair the rows, drop and list what cannot be used, and make the collection.

    Args:
        name: of the collection.
        blocks: rows by modality.
        metadata: of the entries that rows without owners belong to.
        encoder: what made the vectors.
        root: folder of the images that `metadata` names; paths outside are dropped.
        skipped: what the reader has left out already.
        rotated: whether the vectors are known only up to a rotation.
        options: may say how the vectors are stored, and which rows are one item where nothing
            names their items.

    Raises:
        GapvizError: nothing left, more than half broken, lengths that do not fit, vectors that
            are none, or whole numbers of which nothing says what they mean.
    """
    if not blocks:
        raise GapvizError("holds no vectors", where=name, hint="save one array a modality")
    known = metadata or ItemMetadata()
    if root is not None:
        known = known.with_images_inside(root)
    notes = [*skipped, *known.skipped]
    measurable = {modality: _real(rows, options, notes) for modality, rows in blocks.items()}
    if options.pairing in ("in-turn", "by-turns"):
        in_turn = options.pairing == "in-turn"
        measurable, known = _grouped(measurable, known, in_turn=in_turn, where=name)
    items, modalities = _paired(name, measurable, known, notes)
    collection = Collection(
        name=name,
        items=items,
        modalities=modalities,
        encoder=encoder or UNNAMED_MODEL,
        root=root,
        rotated=rotated,
    )
    if options.pairing == "equal":
        collection = with_equal_merged(collection)
    return Reading(split_alike([collection]), tuple(notes))


def _real(rows: VectorRows, options: ReadOptions, notes: list[Skipped]) -> VectorRows:
    """The rows as numbers that cosines can be taken of; what was assumed is added to `notes`."""
    said = stored_kind(rows.stored) if rows.stored and rows.stored in KINDS else None
    vectors, assumed = real_numbers(rows.vectors, options.stored or said, where=rows.where)
    if assumed:
        notes.append(Skipped(rows.where, assumed))
    return replace(rows, vectors=vectors)


def _grouped(
    blocks: Mapping[str, VectorRows], metadata: ItemMetadata, *, in_turn: bool, where: str
) -> tuple[dict[str, VectorRows], ItemMetadata]:
    """The same with an owner for each row, and for each entry of the metadata.

    Raises:
        GapvizError: something names the items already, or lengths that do not fit.
    """
    if metadata.has_ids or any(rows.owners is not None for rows in blocks.values()):
        raise GapvizError(
            "names the item of each row by ids",
            where=where,
            hint="leave --pairing out, which is for rows without",
        )
    counts = {name: rows.n_rows for name, rows in blocks.items()}
    owners = owners_of_rows(counts, in_turn, where=where)
    width = len(str(max(min(counts.values()) - 1, 0)))
    ids = {name: [str(at).zfill(width) for at in each] for name, each in owners.items()}
    by_count = {len(each): each for each in ids.values()}
    fewest = min(by_count)
    entries = metadata.entries or [NOTHING] * fewest
    if len(entries) not in by_count:
        raise GapvizError(
            f"describes {len(entries):,} items, and there are {fewest:,} by that pairing",
            where=metadata.where,
            hint="give one entry an item, or one a row",
        )
    named = zip(entries, by_count[len(entries)], strict=True)
    return (
        {name: replace(rows, owners=ids[name]) for name, rows in blocks.items()},
        replace(metadata, entries=[replace(one, id=of) for one, of in named], has_ids=True),
    )


def _paired(
    name: str, blocks: Mapping[str, VectorRows], metadata: ItemMetadata, notes: list[Skipped]
) -> tuple[tuple[Item, ...], dict[str, ModalityVectors]]:
    entry_ids = _entry_ids(blocks, metadata)
    items = _merged_items(entry_ids, metadata, notes)
    position = {item.id: index for index, item in enumerate(items)}
    by_position = not metadata.has_ids and all(rows.owners is None for rows in blocks.values())
    kept: dict[str, tuple[Mask, Indices]] = {}
    for modality, rows in blocks.items():
        # Without given ids a modality with fewer rows leaves the later items without a vector.
        counted = entry_ids if metadata.has_ids else entry_ids[: rows.n_rows]
        owners = counted if rows.owners is None else rows.owners
        if len(owners) != rows.n_rows:
            raise GapvizError(
                f"holds {rows.n_rows} rows for {len(owners)} ids",
                where=rows.where,
                hint=f"give one id per row, in {modality}_ids",
            )
        owner_index = np.array([position.get(owner or "", -1) for owner in owners], dtype=np.int64)
        keep = _usable(rows, owners, owner_index, notes, by_position=by_position)
        if keep.any():
            kept[modality] = (keep, owner_index[keep])
        else:
            notes.append(Skipped(rows.where, "holds no usable vector"))
    if not kept:
        raise GapvizError(
            "holds no usable vector",
            where=name,
            hint="look for NaN, infinite and all-zero rows, and for ids that name no item",
        )
    used = np.unique(np.concatenate([owner_index for _, owner_index in kept.values()]))
    lost = np.setdiff1d(np.arange(len(items)), used).tolist()
    notes += [Skipped(f"item {items[index].id}", "has no vector") for index in lost]
    return tuple(items[index] for index in used.tolist()), {
        modality: ModalityVectors.of(
            # No copy where all rows are kept, which may be most of the memory.
            blocks[modality].vectors if keep.all() else blocks[modality].vectors[keep],
            np.searchsorted(used, owner_index),
            where=blocks[modality].where,
        )
        for modality, (keep, owner_index) in kept.items()
    }


def _entry_ids(blocks: Mapping[str, VectorRows], metadata: ItemMetadata) -> Sequence[str | None]:
    """Id of every entry: given, or counted, or collected from the rows that name their items."""
    counts = [rows.n_rows for rows in blocks.values() if rows.owners is None]
    if metadata.has_ids:
        return metadata.ids
    if not counts and not metadata.entries:
        given = [owner for rows in blocks.values() for owner in rows.owners or () if owner]
        return list(dict.fromkeys(given))
    n_entries = max(counts, default=len(metadata.entries))
    if len(metadata.entries) not in (0, n_entries):
        raise GapvizError(
            f"describes {len(metadata.entries)} items, but there are {n_entries} rows of vectors",
            where=metadata.where,
            hint="give one entry per row, or name the item of each row by ids",
        )
    # Rows may name an entry by its plain number.
    width = len(str(max(n_entries - 1, 0))) if len(counts) == len(blocks) else 0
    return [str(entry).zfill(width) for entry in range(n_entries)]


def _merged_items(
    entry_ids: Sequence[str | None], metadata: ItemMetadata, notes: list[Skipped]
) -> list[Item]:
    """One item per id; entries that repeat an id add their captions to it."""
    merged: dict[str, Item] = {}
    for entry, item_id in enumerate(entry_ids):
        if not item_id:
            notes.append(Skipped(f"{metadata.where}, entry {entry}", "has no id"))
            continue
        said = metadata.entries[entry] if metadata.entries else NOTHING
        known = merged.get(item_id, Item(item_id))
        merged[item_id] = Item(
            id=item_id,
            label=known.label or said.label,
            captions=tuple(dict.fromkeys(known.captions + said.captions)),
            image=known.image or said.image,
            other_labels=known.other_labels if known.label else said.other_labels,
        )
    return list(merged.values())


def _usable(
    rows: VectorRows,
    owners: Sequence[str | None],
    owner_index: Indices,
    notes: list[Skipped],
    *,
    by_position: bool,
) -> Mask:
    """`(n_rows,)`, false for rows that are left out; each is added to `notes`.

    Raises:
        GapvizError: no vectors at all, or, where nothing but position pairs them, more than half
            of the rows without direction.
    """
    finite, long_enough = _direction(rows)
    broken = np.flatnonzero(~(finite & long_enough))
    if by_position and 2 * broken.size > rows.n_rows:
        raise GapvizError(
            f"{broken.size:,} of {rows.n_rows:,} rows hold NaN or infinite values or only zeros",
            where=f"{rows.where}, first at row {broken[0]}",
            hint="encode those rows again",
        )
    keep: Mask = finite & long_enough & (owner_index >= 0)
    for row in np.flatnonzero(~keep).tolist():
        if owner_index[row] < 0:
            if rows.owners is None and not owners[row]:
                continue  # its entry is listed already
            why = f"names no item ({owners[row]!r:.80})" if owners[row] else "has no id"
        else:
            why = "has length zero" if finite[row] else "holds NaN or infinite values"
        number = row if rows.numbers is None else rows.numbers[row]
        notes.append(Skipped(f"{rows.where}, row {number}", why))
    again = repeated_rows(rows.vectors, owner_index, keep)
    if again.any():
        why = "repeat a vector of their own item, and count once"
        notes.append(Skipped(f"{rows.where}, {int(again.sum())} row(s)", why))
    return keep & ~again


def _direction(rows: VectorRows) -> tuple[Mask, Mask]:
    """`(n_rows,)` twice: whether a row holds finite numbers only, and whether it has a length.

    Raises:
        GapvizError: these are no vectors at all.
    """
    vectors = rows.vectors
    if vectors.ndim != 2 or 0 in vectors.shape or vectors.dtype.kind not in "fiu":
        # This call says so in its own words.
        ModalityVectors.of(vectors, where=rows.where)
    refuse_wide(vectors.shape[1], rows.where)
    highest = vectors.max(axis=1).astype(np.float64)
    lowest = vectors.min(axis=1).astype(np.float64)
    finite: Mask = np.isfinite(highest) & np.isfinite(lowest)
    long_enough: Mask = np.maximum(np.abs(highest), np.abs(lowest)) >= SMALLEST_NORM
    return finite, long_enough
