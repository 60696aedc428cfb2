"""A fitted strategy into a vector store: moved vectors with their payload, in a new collection."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gapviz.core.collection import TEXT, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import Progress, no_progress
from gapviz.core.rows import rows_of_one
from gapviz.core.vectors import Float32, Indices
from gapviz.core.wording import counted
from gapviz.export.folder import Exported
from gapviz.retrieval.stored_rows import entry_ids
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.registry import store_of, stores
from gapviz.sources.stores.store import (
    BATCH,
    ITEM,
    MODALITY,
    Batch,
    FieldVectors,
    StoreSchema,
    VectorField,
    WritableStore,
)
from gapviz.storage.read_only import refuse_if_read_only

Layout = Literal["entries", "items"]
"""Each vector is an entry, or each item is, with a field a modality."""

CAPTION, LABEL = "caption", "label"
EXPORT = "gapviz_export"
"""Payload: the hash of what was written, by which another run knows its own work."""
PAYLOAD = (ITEM, CAPTION, LABEL, EXPORT)
SEVERAL = "several"
"""Of `StoreSpec.departs`: an entry holds one vector of a field."""
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a batch that the store refused is tried again."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a run wrote."""

    address: str
    layout: Layout
    n_entries: int
    """Entries of the collection."""
    n_written: int
    """Those that this run wrote; the others were there."""
    content_hash: str


@dataclass(frozen=True, eq=False)
class Entries:
    """What is to be written: the moved vectors of a collection under an exported strategy."""

    exported: Exported
    collection: Collection
    """With the modalities that the strategy has seen."""
    single: bool = False
    """Whether an entry can hold one vector of a field alone."""

    @classmethod
    def of(cls, exported: Exported, collection: Collection, *, single: bool = False) -> Entries:
        """Those of a collection.

        Args:
            exported: the strategy.
            collection: what to write.
            single: whether an entry of the store can hold one vector of a field alone.

        Raises:
            GapvizError: vectors of another dimension, or no modality that was exported.
        """
        known = collection.of_modalities(exported.card.modalities)
        if not known.modalities:
            raise GapvizError(
                f"has none of the modalities {', '.join(exported.card.modalities)}",
                where=collection.name,
                hint="give the collection whose strategy was exported",
            )
        exported.refuse_other(known.dim, collection.name)
        return cls(exported, known, single)

    @property
    def layout(self) -> Layout:
        """Items where the strategy ranks items and the store can hold them, else vectors."""
        held = not (self.single and any(self._several.values()))
        return "items" if self.exported.card.by_item and held else "entries"

    @cached_property
    def _several(self) -> dict[str, bool]:
        """By modality, whether an item has more than one indexed row of it."""
        return {
            name: bool(np.bincount(block.item_index).max() > 1)
            for name, block in self.blocks.items()
        }

    @cached_property
    def blocks(self) -> dict[str, ModalityVectors]:
        """The indexed rows by modality."""
        return {name: block.corpus for name, block in self.collection.modalities.items()}

    @property
    def n_entries(self) -> int:
        """Entries of all modalities together."""
        if self.layout == "items":
            return int(self._item_numbers.size)
        return sum(block.n_rows for block in self.blocks.values())

    @cached_property
    def _item_numbers(self) -> Indices:
        return np.unique(np.concatenate([block.item_index for block in self.blocks.values()]))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all that the entries are made of."""
        card = self.exported.card
        told = [card.strategy, card.parameters, card.arrays_hash, self.layout]
        told.append(self.collection.content_hash)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def schema(self) -> StoreSchema:
        """The collection that takes them.

        Raises:
            GapvizError: a modality has the name of what is stored beside it.
        """
        dim = self.collection.dim
        if self.layout == "entries":
            fields: tuple[VectorField, ...] = (VectorField("", dim),)
            return StoreSchema(fields, (MODALITY, *PAYLOAD), self.n_entries)
        taken = [name for name in self.blocks if name in {MODALITY, *PAYLOAD}]
        if taken:
            raise GapvizError(
                f"a modality is called {taken[0]!r}, as what is stored beside the vectors",
                where=self.collection.name,
                hint="name it otherwise (--modalities)",
            )
        fields = tuple(
            VectorField(name, dim, several=several) for name, several in self._several.items()
        )
        return StoreSchema(fields, PAYLOAD, self.n_entries)

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """All entries, `size` at a time; no more than one batch is moved at once."""
        yield from self._items(size) if self.layout == "items" else self._rows(size)

    def _rows(self, size: int) -> Iterator[Batch]:
        for name, block in self.blocks.items():
            owners = [self.collection.items[item].id for item in block.item_index.tolist()]
            ids = entry_ids(rows_of_one(name, block.vectors, block.item_index), owners)
            for start in range(0, block.n_rows, size):
                part = slice(start, min(start + size, block.n_rows))
                places = np.arange(part.stop - part.start)
                moved = self._moved(block.vectors[part], name)
                payload = tuple(
                    {MODALITY: name, **self._payload(item, name, int(one.rpartition("/")[2]))}
                    for one, item in zip(ids[part], block.item_index[part].tolist(), strict=True)
                )
                yield Batch(ids[part], {"": FieldVectors(places, moved)}, payload)

    def _items(self, size: int) -> Iterator[Batch]:
        order = {n: np.argsort(b.item_index, kind="stable") for n, b in self.blocks.items()}
        numbers = self._item_numbers
        for start in range(0, numbers.size, size):
            items = numbers[start : start + size]
            vectors = {}
            for name, block in self.blocks.items():
                owners = block.item_index[order[name]]
                first, last = np.searchsorted(owners, [items[0], items[-1] + 1])
                rows = order[name][first:last]
                place = np.searchsorted(items, block.item_index[rows])
                vectors[name] = FieldVectors(place, self._moved(block.vectors[rows], name))
            payload = tuple(self._payload(item, "", 0) for item in items.tolist())
            ids = tuple(self.collection.items[item].id for item in items.tolist())
            yield Batch(ids, vectors, payload)

    def _moved(self, vectors: Float32, modality: str) -> Float32:
        if not vectors.size:
            return vectors
        return self.exported.strategy.transform(vectors, modality)

    def _payload(self, number: int, modality: str, nth: int) -> Mapping[str, Any]:
        """What is stored beside the vectors of an item; of a text, the caption that it is of."""
        item = self.collection.items[number]
        told = {ITEM: item.id, EXPORT: self.content_hash}
        if item.captions:
            place = nth if modality == TEXT and nth < len(item.captions) else 0
            told[CAPTION] = item.captions[place]
        if item.label is not None:
            told[LABEL] = item.label
        return told


def writable_store(text: str) -> type[WritableStore]:
    """The store that an address names, which must be one that gapviz writes into.

    Raises:
        GapvizError: it is none, the address names no collection, or a gapviz that only shows.
    """
    refuse_if_read_only("nothing is written into a store")
    spec = store_of(text)
    if spec.writes is None:
        known = ", ".join(one.scheme for one in stores() if one.writes is not None)
        raise GapvizError(
            f"gapviz does not write into {spec.title}", where=text, hint=f"use one of {known}"
        )
    if not parsed_address(text).collection:
        raise GapvizError(
            "names no new collection", where=text, hint=f"write for instance {spec.example}"
        )
    return spec.writes


def holds_one_vector(text: str) -> bool:
    """Whether an entry of the store that an address names holds one vector of a field alone."""
    return SEVERAL in store_of(text).departs


def store_notes(text: str) -> dict[str, str]:
    """What to know of the store that an address names, for the README and the card."""
    spec = store_of(text)
    return {f"{spec.title}, as a store": " ".join(spec.departs.values())} if spec.departs else {}


def write_into(
    address: str,
    entries: Entries,
    *,
    size: int = BATCH,
    waits: Sequence[float] = WAITS,
    progress: Progress = no_progress,
) -> Written:
    """Write all entries that are not there yet, batch by batch, each after the one before it.

    A run that was stopped goes on with what is missing, and one over a whole collection writes
    nothing. One batch is in flight at a time; one that the store refuses is tried again in
    halves, after a growing while.

    Args:
        address: the new collection.
        entries: what to write.
        size: entries in a batch.
        waits: seconds before each further attempt.
        progress: told after every batch.

    Raises:
        GapvizError: a collection that gapviz did not write or that holds another export, a store
            that keeps refusing, or one that has lost entries.
    """
    kind, schema = writable_store(address), entries.schema
    with kind.create(parsed_address(address), schema) as store:
        refuse_other_export(store, entries)
        n_written, n_seen = 0, 0
        for batch in entries.batches(size):
            missing = _without(batch, store.present(batch.ids))
            if missing.ids:
                _write(store, missing, tuple(waits))
            n_written, n_seen = n_written + len(missing.ids), n_seen + len(batch.ids)
            progress(n_seen / schema.n_entries, f"{n_seen:,} of {schema.n_entries:,} entries")
        if n_written:
            store.finish()
        held = store.schema().n_entries
    if held != schema.n_entries:
        raise GapvizError(
            f"holds {counted(held, 'entry', 'entries')} after {schema.n_entries:,} were written",
            where=address,
            hint="run the same again, or write into a new collection",
        )
    return Written(address, entries.layout, held, n_written, entries.content_hash)


def refuse_other_export(store: WritableStore, entries: Entries) -> None:
    """Raise `GapvizError` where a collection holds another strategy, or other items."""
    for batch in store.scan((), [EXPORT], batch=1):
        if batch.payload and batch.payload[0].get(EXPORT) != entries.content_hash:
            raise GapvizError(
                "holds another export: another strategy, other parameters, or other items",
                where=str(store.address),
                hint="name a new collection",
            )
        return


def _without(batch: Batch, present: frozenset[str]) -> Batch:
    return _part(batch, [n for n, one in enumerate(batch.ids) if one not in present])


def _part(batch: Batch, kept: Sequence[int]) -> Batch:
    """Some entries of a batch, by rising place."""
    if len(kept) == len(batch.ids):
        return batch
    place = np.full(len(batch.ids), -1, dtype=np.int64)
    place[list(kept)] = np.arange(len(kept))
    vectors = {}
    for name, rows in batch.vectors.items():
        held = place[rows.entry] >= 0
        vectors[name] = FieldVectors(place[rows.entry][held], rows.vectors[held])
    return Batch(tuple(batch.ids[n] for n in kept), vectors, tuple(batch.payload[n] for n in kept))


def _write(store: WritableStore, batch: Batch, waits: tuple[float, ...]) -> None:
    """Write a batch; where the store refuses, its halves after a while."""
    try:
        store.write(batch)
    except GapvizError:
        if not waits:
            raise
        time.sleep(waits[0])
        middle, n = len(batch.ids) // 2, len(batch.ids)
        for kept in (range(middle), range(middle, n)):
            if kept:
                _write(store, _part(batch, kept), waits[1:])
