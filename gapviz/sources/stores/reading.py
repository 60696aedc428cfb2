"""A collection of a vector store as a `Collection`: a seeded sample of its items, whole items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as Names
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.core.store_origin import StoreOrigin
from gapviz.core.vectors import Indices
from gapviz.core.wording import counted
from gapviz.sources.files.columns import Fields, listed
from gapviz.sources.files.format import Reading, ReadOptions, Skipped
from gapviz.sources.files.item_metadata import ItemMetadata
from gapviz.sources.files.limits import Limits
from gapviz.sources.files.pairing import VectorRows, reading_of
from gapviz.sources.files.texts import shown
from gapviz.sources.stores.layout import StoreLayout, layout_of
from gapviz.sources.stores.passes import Census, Part, census, entries_of, fetched, joined, scanned
from gapviz.sources.stores.read_only import ReadOnlyStore, opened_to_read, written
from gapviz.sources.stores.sampling import (
    ItemCount,
    Places,
    drawn,
    is_among,
    label_mark,
    place_of,
)
from gapviz.sources.stores.store import Batch, StoreSchema
from gapviz.sources.stores.unfinished import Unfinished, unfinished
from gapviz.storage.cache import content_key

LOOKED_AT = 2
"""Items that are fetched for each of the sample where vectors alone tell what modalities an item
has: the sample is drawn among them."""


def read_store(
    text: str, options: ReadOptions = ReadOptions(), kept_items: Names[str] = ()
) -> Reading:
    """A sample of the collection that an address names, or all of it; nothing is written there.

    A run that is stopped goes on where it was, and gives what an unbroken one gives.

    Args:
        text: the address.
        options: `sample` and `sample_seed`, and names of modalities and payload.
        kept_items: ids of items that are read whether they are drawn or not.

    Raises:
        GapvizError: as `opened_to_read` and `layout_of`; no entries, or no usable vector.
    """
    with opened_to_read(text) as store:
        where = str(store.address)
        schema = store.schema()
        first = next(store.scan((), None), None)
        if first is None:
            raise GapvizError("holds no entries", where=where, hint="name another collection")
        layout = layout_of(schema, first.payload, options, where=where)
        with unfinished(_key(store, schema, layout, first, options, kept_items)) as kept:
            reading = _read(store, schema, layout, options, frozenset(kept_items), kept)
            kept.forget()
    return reading


def _key(
    store: ReadOnlyStore,
    schema: StoreSchema,
    layout: StoreLayout,
    first: Batch,
    options: ReadOptions,
    kept_items: Iterable[str],
) -> str:
    """What the reading of these entries in this way is kept under while it is unfinished."""
    return content_key(
        address=written(store.address),
        schema=schema,
        layout=layout,
        ids=list(first.ids),
        payload=repr(first.payload),
        sample=options.sample,
        seed=options.sample_seed,
        kept_items=sorted(kept_items),
    )


def _read(
    store: ReadOnlyStore,
    schema: StoreSchema,
    layout: StoreLayout,
    options: ReadOptions,
    kept_items: frozenset[str],
    kept: Unfinished,
) -> Reading:
    n, size, seed = schema.n_entries, options.sample, options.sample_seed
    places = {place_of(item, seed) for item in kept_items}
    found, first = None, None
    if size is None or n <= size:
        _refuse_large(n, layout, options.limits, str(store.address))
        parts = scanned(store, layout, n, kept, _share(options.progress, 0.0, 0.95))
    else:
        found = census(store, layout, n, seed, kept, _share(options.progress, 0.0, 0.3))
        told = bool(found.modalities)
        first = drawn(found.counted, size if told else LOOKED_AT * size)
        wanted = np.union1d(first, np.array(sorted(places), dtype=np.uint64))
        step = _share(options.progress, 0.3, 0.5)
        ids = entries_of(store, layout, wanted, n, seed, kept, step).ids
        _refuse_large(len(ids), layout, options.limits, str(store.address))
        parts = fetched(store, layout, ids, kept, _share(options.progress, 0.5, 0.95))
    options.progress(0.95, "pairing the vectors")
    whole = joined(parts, layout)
    sample = _sample_of(whole, layout, size, seed, first, places)
    return _reading(store, layout, options, sample, found)


@dataclass(frozen=True, eq=False)
class _Sample:
    """The entries of the items that were drawn, in the order of the items."""

    part: Part
    entries: Indices
    """`(n,)`, positions in `part`."""
    n_items: int
    """Items that it holds, and of these:"""
    n_kept: int
    """Those that are there since they are judged."""
    n_nameless: int
    n_unread: int


def _sample_of(
    part: Part,
    layout: StoreLayout,
    size: int | None,
    seed: int,
    first: Places | None,
    places: Names[int],
) -> _Sample:
    """Draw among the entries that were read, by the modalities that they do have.

    Args:
        part: what was read.
        layout: of it.
        size: of the sample; None takes all.
        seed: of the places.
        first: rising places of the items to draw among; None draws among all.
        places: of items that are taken besides.
    """
    bits = {name: 1 << place for place, name in enumerate(_modalities(part, layout))}
    patterns = [bits.get(name, 0) for name in part.modalities]
    if layout.modality_column is None:
        patterns = [0] * len(part.ids)
        for modality, field in layout.fields:
            for entry in np.unique(part.held(field.name).entry).tolist():
                patterns[entry] |= bits[modality]
    place = [place_of(item, seed) for item in part.items]
    named = [bool(item) for item in part.items]
    taken = [at for at, pattern in enumerate(patterns) if pattern and named[at]]
    open_to = taken
    if first is not None:
        drawn_first = is_among([place[at] for at in taken], first)
        open_to = [at for at, yes in zip(taken, drawn_first, strict=True) if yes]
    count = ItemCount(most=max(len(open_to), 1))
    count.add(
        [place[at] for at in open_to],
        [patterns[at] for at in open_to],
        [label_mark(part.said[at].label) for at in open_to],
    )
    items = count.settle()
    chosen = drawn(items, items.n if size is None else size)
    wanted = np.union1d(chosen, np.array(sorted(places), dtype=np.uint64))
    here = is_among([place[at] for at in taken], wanted)
    entries = [at for at, yes in zip(taken, here, strict=True) if yes]
    entries.sort(key=lambda at: (_natural(part.items[at]), _natural(part.ids[at])))
    n_items = len({part.items[at] for at in entries})
    return _Sample(
        part,
        np.array(entries, dtype=np.int64),
        n_items,
        n_items - chosen.size,
        sum(not one for one in named),
        sum(not pattern for pattern, one in zip(patterns, named, strict=True) if one),
    )


def _modalities(part: Part, layout: StoreLayout) -> list[str]:
    if layout.modality_column is None:
        return [modality for modality, _ in layout.fields]
    return sorted({name for name in part.modalities if name})


def _natural(text: str) -> tuple[int, int, str]:
    """Whole numbers by their value, before all other texts."""
    plain = text.isascii() and text.isdigit()
    return (0, int(text), text) if plain else (1, 0, text)


def _reading(
    store: ReadOnlyStore,
    layout: StoreLayout,
    options: ReadOptions,
    sample: _Sample,
    found: Census | None,
) -> Reading:
    """The collection of a sample, and what was not read."""
    where = str(store.address)
    part, entries = sample.part, sample.entries.tolist()
    name = shown(store.address.collection or store.address.folder.stem)
    notes = [*layout.notes, *_left_out(layout, sample, found)]
    columns, root = layout.columns, options.image_folder
    said = [replace(part.said[at], id=part.items[at]) for at in entries]
    if root is None and any(one.image for one in said):
        notes.append(
            Skipped(
                f"the payload {shown(columns.image or '', 60)!r}",
                "names pictures, which are not shown (name the folder that they lie in with "
                "--images)",
            )
        )
        said = [replace(one, image=None) for one in said]
    notes += _flaws(said, entries, part, columns.captions)
    reading = reading_of(
        name,
        dict(_blocks(layout, sample, name)),
        ItemMetadata([replace(one, flaw=None, guess=None) for one in said], True, where),
        encoder=options.encoder,
        root=root,
        skipped=notes,
        options=options,
    )
    collection = reading.collection
    n_stored = collection.n_items if found is None else found.counted.n_items
    origin = StoreOrigin(
        address=written(store.address),
        fields=tuple((modality, field.name) for modality, field in layout.fields),
        modality_column=layout.modality_column,
        item_column=columns.id,
        n_items=collection.n_items,
        n_stored=max(n_stored, collection.n_items),
        seed=options.sample_seed,
        estimated=found is not None and found.counted.halvings > 0,
        values=_values(part, entries),
        n_kept=sample.n_kept,
    )
    told = reading.skipped
    if origin.is_sample:
        name = f"{name}, {origin.words}"
        told = (Skipped(where, f"is read as {origin.words}"), *told)
    return Reading((replace(collection, name=name, store=origin),), told)


def _values(part: Part, entries: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """What payload holds for each modality; nothing for one that is written in several ways."""
    met: dict[str, set[str]] = {}
    for at in entries:
        met.setdefault(part.modalities[at], set()).add(part.values[at])
    single = {name: held.pop() for name, held in sorted(met.items()) if len(held) == 1}
    return tuple((name, value) for name, value in single.items() if name and value)


def _blocks(layout: StoreLayout, sample: _Sample, name: str) -> Iterator[tuple[str, VectorRows]]:
    """The vectors of the sample by modality, in the order of its entries."""
    part = sample.part
    turn = np.full(len(part.ids), -1, dtype=np.int64)
    turn[sample.entries] = np.arange(sample.entries.size)
    of_entry = np.array([*part.modalities, ""])[:-1]
    for modality, field in layout.fields:
        held = part.held(field.name)
        kept = np.flatnonzero(turn[held.entry] >= 0)
        kept = kept[np.argsort(turn[held.entry[kept]], kind="stable")]
        names = [modality]
        if layout.modality_column is not None:
            names = list(layout.wanted) or _modalities(part, layout)
        for one in names:
            rows = kept
            if layout.modality_column is not None:
                rows = kept[of_entry[held.entry[kept]] == one]
            owners = [part.items[at] for at in held.entry[rows].tolist()]
            if owners:
                yield one, VectorRows(held.vectors[rows], owners, where=f"{name}, {one}")


def _left_out(layout: StoreLayout, sample: _Sample, found: Census | None) -> Iterator[Skipped]:
    """Entries that are no part of any item, or have no vector; of the whole store where known."""
    n_nameless = sample.n_nameless if found is None else found.n_nameless
    if n_nameless:
        yield _entries(n_nameless, "name", f"no item in {shown(layout.columns.id or '', 60)!r}")
    if layout.modality_column is None:
        if sample.n_unread:
            yield _entries(sample.n_unread, "hold", "no vector in the fields that are read")
        return
    n_unread = sample.n_unread if found is None else found.n_unread
    if n_unread:
        column = shown(layout.modality_column, 60)
        yield _entries(n_unread, "name", f"no modality that is read in {column!r}")


def _entries(n: int, verb: str, rest: str) -> Skipped:
    """That so many entries do something."""
    return Skipped(counted(n, "entry", "entries"), f"{verb}{'s' * (n == 1)} {rest}")


def _flaws(
    said: Sequence[Fields], entries: Sequence[int], part: Part, captions: tuple[str, ...]
) -> Iterator[Skipped]:
    """What of the payload could not be used, or was guessed, with how many entries it is of."""
    flaws = Counter(one.flaw for one in said if one.flaw)
    for flaw, n in flaws.items():
        yield Skipped(counted(n, "entry", "entries"), flaw)
    guesses: dict[str, list[str]] = {}
    for one, at in zip(said, entries, strict=True):
        if one.guess:
            guesses.setdefault(one.guess, []).append(f"entry {part.ids[at]}")
    for guess, places in guesses.items():
        many = counted(len(places), guess)
        yield Skipped(
            f"the payload {listed(captions)}",
            f"holds {many}, of which the texts are captions (first: {places[0]})",
        )


def _refuse_large(n_entries: int, layout: StoreLayout, limits: Limits, where: str) -> None:
    """Raise `GapvizError` where the vectors of so many entries do not fit into what is allowed."""
    n_bytes = 4 * n_entries * sum(field.dim for _, field in layout.fields)
    if n_bytes > limits.most_bytes:
        raise GapvizError(
            f"the vectors of {n_entries:,} entries take {n_bytes / 1e9:,.1f} GB in memory, more "
            f"than {limits.most_bytes / 1e9:g}",
            where=where,
            hint="read a smaller sample, with --sample",
        )


def _share(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, stage: progress(start + min(share, 1.0) * (end - start), stage)
