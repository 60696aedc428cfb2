"""Passes over a store: who is in it, which entries the sample has, and what they hold.

Each is a loop over batches that can be stopped after any of them; `Unfinished` keeps where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32, Indices
from gapviz.sources.files.columns import NOTHING, Fields
from gapviz.sources.files.vector_tables import MOST_MODALITIES
from gapviz.sources.stores.layout import StoreLayout
from gapviz.sources.stores.sampling import (
    NOTHING_COUNTED,
    Bits,
    CountedItems,
    ItemCount,
    Places,
    is_among,
    label_mark,
    place_of,
)
from gapviz.sources.stores.store import Batch, FieldVectors, Store
from gapviz.sources.stores.unfinished import Unfinished

SAVE_SECONDS = 5.0
"""Between two savings of where a pass is."""
PART_ENTRIES = 4_096
"""Entries that are kept as one file while a reading is unfinished."""
STEP = 1_024
"""Entries that are fetched at once."""


@dataclass(frozen=True, eq=False)
class Census:
    """Who is in a store."""

    counted: CountedItems = NOTHING_COUNTED
    modalities: tuple[str, ...] = ()
    """By bit of a pattern; empty where vectors tell it."""
    n_entries: int = 0
    n_nameless: int = 0
    """Entries that name no item."""
    n_unread: int = 0
    """Entries of no modality, or of one that is not read."""
    cursor: str = ""
    finished: bool = False


@dataclass(frozen=True, eq=False)
class Found:
    """Entries of the items that are wanted."""

    ids: tuple[str, ...] = ()
    n_seen: int = 0
    cursor: str = ""
    finished: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """What some entries hold."""

    ids: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    """Of each entry; empty where it names none."""
    modalities: tuple[str, ...] = ()
    """Of each entry, where payload says it; else empty."""
    values: tuple[str, ...] = ()
    """As payload has it."""
    written: tuple[str, ...] = ()
    """What payload says of each entry, `Fields` as JSON."""
    entry: Mapping[str, Indices] | None = None
    """By vector field `(n,)`: which entry each vector is of."""
    vectors: Mapping[str, Float32] | None = None
    """By vector field `(n, dim)`."""
    cursor: str = ""
    """Where to go on after it; empty after the last one."""

    @cached_property
    def said(self) -> tuple[Fields, ...]:
        """What payload says of each entry."""
        return tuple(map(_read, self.written))

    def held(self, field: str) -> FieldVectors:
        """The vectors of a field."""
        entry, vectors = self.entry or {}, self.vectors or {}
        return FieldVectors(entry[field], vectors[field])

    @classmethod
    def of(cls, batch: Batch, layout: StoreLayout) -> Part:
        """From a batch with all that is read."""
        said = [layout.described(payload) for payload in batch.payload]
        named = layout.columns.id is not None
        return cls(
            batch.ids,
            tuple(one.id or "" for one in said) if named else batch.ids,
            tuple(layout.modality_of(payload) or "" for payload in batch.payload),
            tuple(map(layout.value_of, batch.payload)),
            tuple(map(_written, said)),
            {name: batch.vectors[name].entry for name in layout.field_names},
            {name: batch.vectors[name].vectors for name in layout.field_names},
            batch.cursor,
        )


_NAMES = tuple(one.name for one in fields(Fields))


def _written(said: Fields) -> str:
    """What differs from saying nothing, as JSON."""
    told = {name: value for name in _NAMES if (value := getattr(said, name))}
    return json.dumps(told, ensure_ascii=False) if told else ""


def _read(text: str) -> Fields:
    if not text:
        return NOTHING
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
    }
    return Fields(**told)


def joined(parts: Sequence[Part], layout: StoreLayout) -> Part:
    """Several parts as one."""
    starts = np.cumsum([0, *(len(part.ids) for part in parts)])
    entry, vectors = {}, {}
    for _, field in layout.fields:
        name = field.name
        held = [part.held(name) for part in parts]
        none = np.zeros(0, dtype=np.int64), np.zeros((0, field.dim), dtype=np.float32)
        entry[name] = np.concatenate(
            [none[0], *(one.entry + start for one, start in zip(held, starts, strict=False))]
        )
        vectors[name] = np.concatenate([none[1], *(one.vectors for one in held)])
    return Part(
        tuple(one for part in parts for one in part.ids),
        tuple(one for part in parts for one in part.items),
        tuple(one for part in parts for one in part.modalities),
        tuple(one for part in parts for one in part.values),
        tuple(one for part in parts for one in part.written),
        entry,
        vectors,
        parts[-1].cursor if parts else "",
    )


def census(
    store: Store,
    layout: StoreLayout,
    n_entries: int,
    seed: int,
    kept: Unfinished,
    progress: Progress,
) -> Census:
    """Every item of a store, by its payload alone.

    Args:
        store: that is read.
        layout: of it.
        n_entries: in it, as its schema says.
        seed: of the places.
        kept: what an earlier run found.
        progress: told how far it is; may raise to stop.
    """
    found = kept.get("census", Census) or Census()
    if found.finished:
        return found
    layout = layout.brief
    count, bits = ItemCount(found.counted), Bits(list(found.modalities))
    saved = time.monotonic()
    try:
        for batch in _after(store, layout.payload, found.cursor):
            progress(found.n_entries / max(n_entries, 1), "counting the items")
            rows, nameless, unread = [], 0, 0
            for entry, payload in zip(batch.ids, batch.payload, strict=True):
                said = layout.described(payload)
                item = entry if layout.columns.id is None else said.id
                pattern: int | None = 1
                if layout.modality_column is not None:
                    modality = layout.modality_of(payload)
                    pattern = None if modality is None else bits.of(modality, MOST_MODALITIES)
                nameless += item is None
                unread += pattern is None
                if item is not None and pattern is not None:
                    label = label_mark(said.label)
                    rows.append((place_of(item, seed), pattern, label))
            if rows:
                count.add(*zip(*rows, strict=True))
            found = replace(
                found,
                modalities=tuple(bits.names),
                n_entries=found.n_entries + len(batch.ids),
                n_nameless=found.n_nameless + nameless,
                n_unread=found.n_unread + unread,
                cursor=batch.cursor,
            )
            if time.monotonic() - saved >= SAVE_SECONDS:
                kept.put("census", replace(found, counted=count.settle()))
                saved = time.monotonic()
        found = replace(found, finished=True)
    finally:
        found = replace(found, counted=count.settle())
        kept.put("census", found)
    return found


def entries_of(
    store: Store,
    layout: StoreLayout,
    wanted: Places,
    n_entries: int,
    seed: int,
    kept: Unfinished,
    progress: Progress,
) -> Found:
    """Ids of all entries of the items whose places are wanted.

    Args:
        store: that is read.
        layout: of it.
        wanted: rising places.
        n_entries: in it, as its schema says.
        seed: of the places.
        kept: what an earlier run found.
        progress: told how far it is; may raise to stop.
    """
    found = kept.get("found", Found) or Found()
    if found.finished:
        return found
    layout = layout.brief
    named = layout.modality_column
    payload = [name for name in (layout.columns.id, named) if name is not None]
    ids, saved = list(found.ids), time.monotonic()
    try:
        for batch in _after(store, payload, found.cursor):
            progress(found.n_seen / max(n_entries, 1), "looking for the items of the sample")
            read = [
                (entry, item)
                for entry, one in zip(batch.ids, batch.payload, strict=True)
                if (item := layout.item_of(entry, one)) is not None
                and (named is None or layout.modality_of(one) is not None)
            ]
            those = is_among([place_of(item, seed) for _, item in read], wanted)
            ids += [entry for (entry, _), here in zip(read, those, strict=True) if here]
            found = replace(found, n_seen=found.n_seen + len(batch.ids), cursor=batch.cursor)
            if time.monotonic() - saved >= SAVE_SECONDS:
                kept.put("found", replace(found, ids=tuple(ids)))
                saved = time.monotonic()
        found = replace(found, finished=True)
    finally:
        # One that was added just before an interrupt stands there again.
        found = replace(found, ids=tuple(dict.fromkeys(ids)))
        kept.put("found", found)
    return found


def fetched(
    store: Store, layout: StoreLayout, ids: Sequence[str], kept: Unfinished, progress: Progress
) -> list[Part]:
    """What the entries of some ids hold."""

    def batches(after: str) -> Iterator[Part]:
        for start in range(int(after or 0), len(ids), STEP):
            progress(start / max(len(ids), 1), "reading the vectors")
            end = start + STEP
            batch = store.fetch(ids[start:end], layout.field_names)
            cursor = str(end) if end < len(ids) else ""
            yield replace(Part.of(batch, layout), cursor=cursor)

    return _kept_parts(batches, layout, kept)


def scanned(
    store: Store, layout: StoreLayout, n_entries: int, kept: Unfinished, progress: Progress
) -> list[Part]:
    """What every entry holds."""
    seen = 0

    def batches(after: str) -> Iterator[Part]:
        nonlocal seen
        for batch in store.scan(layout.field_names, layout.payload, after=after):
            progress(seen / max(n_entries, 1), "reading the vectors")
            seen += len(batch.ids)
            yield Part.of(batch, layout)

    return _kept_parts(batches, layout, kept)


def _kept_parts(
    batches: Callable[[str], Iterator[Part]], layout: StoreLayout, kept: Unfinished
) -> list[Part]:
    """All parts: those that an earlier run has kept, and then the others, kept in their turn."""
    parts: list[Part] = []
    while (one := kept.get(f"part-{len(parts):05}", Part)) is not None:
        parts.append(one)
    if parts and not parts[-1].cursor:
        return parts
    few: list[Part] = []

    def keep() -> None:
        whole = joined(few, layout)
        kept.put(f"part-{len(parts):05}", whole)
        parts.append(whole)
        few.clear()

    for part in batches(parts[-1].cursor if parts else ""):
        few.append(part)
        if sum(len(one.ids) for one in few) >= PART_ENTRIES:
            keep()
    if few:
        keep()
    return parts


def _after(store: Store, payload: Sequence[str], cursor: str) -> Iterator[Batch]:
    return store.scan((), payload, after=cursor)
