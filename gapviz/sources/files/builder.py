"""Items of an image source as they come in, one row or file at a time."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.halves import even_halves
from gapviz.core.item import Item
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Indices
from gapviz.sources.files.columns import NOTHING, Columns, Fields, fields_of, guess_note, listed
from gapviz.sources.files.format import Reading, ReadOptions, Skipped
from gapviz.sources.files.tables import Row, SourceTable
from gapviz.sources.files.texts import shown
from gapviz.sources.files.unread import unread_files
from gapviz.sources.images.copies import equal_pictures
from gapviz.sources.images.decoding import READ_FORMATS


@dataclass(slots=True)
class _Draft:
    image: str
    id: str | None
    label: str | None = None
    other_labels: tuple[str, ...] = ()
    captions: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class CollectionBuilder:
    """Takes items and what was skipped, then makes a `Reading` of them."""

    skipped: list[Skipped] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """Every file of the source, where it is a folder that was listed."""
    read: set[str] = field(default_factory=set)
    """Of these, what something was taken from."""
    base: str = ""
    """The folder of the images, relative to the source."""
    captions_from: str = ""
    """Where the captions come from, to say why another file was not read."""
    _guesses: dict[str, list[str]] = field(default_factory=dict)
    _drafts: dict[str, _Draft] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self._drafts

    @property
    def is_empty(self) -> bool:
        """Whether no item was added."""
        return not self._drafts

    def add(self, key: str, image: str, fields: Fields = NOTHING, *, where: str = "") -> str:
        """Add an item, or more captions to one that is there; its first id and labels are kept.

        Args:
            key: the same for all that belongs to one item. It is the item's id too, unless
                `fields.id` is one that no other item has.
            image: the reference to its picture.
            fields: what is said of it; a flaw in them is listed.
            where: what to call the place of a flaw.

        Returns:
            The picture of the item, as its first `add` gave it.
        """
        if fields.flaw:
            self.skip(where, fields.flaw)
        if fields.guess:
            self._guesses.setdefault(fields.guess, []).append(where or key)
        self.read.add(posixpath.normpath(posixpath.join(self.base, image)))
        draft = self._drafts.setdefault(key, _Draft(image, fields.id))
        draft.captions.update(dict.fromkeys(fields.captions))
        if draft.label is None:
            draft.label, draft.other_labels = fields.label, fields.other_labels
        return draft.image

    def skip(self, what: str, why: str) -> None:
        """List one thing that does not become part of the collection."""
        self.skipped.append(Skipped(shown(what), why))

    def take(self, other: CollectionBuilder) -> None:
        """Add what another one gathered of the same source."""
        self.skipped += other.skipped
        self.read |= other.read
        for key, draft in other._drafts.items():
            mine = self._drafts.setdefault(key, draft)
            mine.captions.update(draft.captions)
            if mine.label is None:
                mine.label, mine.other_labels = draft.label, draft.other_labels

    def rows(self, table: SourceTable, columns: Columns) -> Iterator[tuple[str, Row, Fields]]:
        """The rows of a table that can be read, each with its place and what it says.

        The others are listed, but for the lines of commas alone that spreadsheets leave at
        their end. So is where captions are taken by a guess, or from no column.
        """
        if table.encoding.assumed:
            self.skip(table.name, table.encoding.assumed)
        self.read.add(table.name)
        guesses: dict[str, list[str]] = {}
        for row in table.rows(columns.all, lambda at, why: self.skip(f"{table.name}, {at}", why)):
            if any(row.values.values()) or not table.is_delimited:
                fields = fields_of(row.values, columns, table.class_names)
                if fields.guess:
                    guesses.setdefault(fields.guess, []).append(row.place)
                yield f"{table.name}, {row.place}", row, replace(fields, guess=None)
        for guess, places in guesses.items():
            self.skip(table.name, guess_note(guess, places, columns))
        if not columns.captions and set(table.columns) - set(columns.all):
            names = listed(table.columns)
            self.skip(
                table.name, f"describes images, with no captions found among the columns {names}"
            )

    def reading(self, name: str, root: Path, options: ReadOptions) -> Reading:
        """The collection, without vectors, and what was skipped.

        Raises:
            GapvizError: nothing was added.
        """
        for guess, places in self._guesses.items():
            self.skip(name, guess_note(guess, places, Columns(captions=(self.captions_from,))))
        known = self.read | {one.what for one in self.skipped}
        for what, why in unread_files(self.files, known, self.captions_from):
            self.skip(what, why)
        if not self._drafts:
            first = self.skipped[0] if self.skipped else None
            raise GapvizError(
                f"holds no image that can be read (the first of {len(self.skipped):,} skipped: "
                f"{first.what} {first.why})"
                if first
                else "holds no images",
                where=shown(name),
                hint=f"give a source with at least one whole {READ_FORMATS} image",
            )
        given = Counter(draft.id for draft in self._drafts.values())
        items = tuple(
            Item(
                draft.id if draft.id and given[draft.id] == 1 and draft.id not in self else key,
                draft.label,
                _captions(draft, options),
                draft.image,
                draft.other_labels,
            )
            for key, draft in self._drafts.items()
        )
        collection = Collection(
            name=shown(name),
            items=items,
            modalities={},
            splits=label_splits(items, equal_pictures([item.image for item in items], root)),
            root=root,
        )
        return Reading((collection,), tuple(self.skipped))


def label_splits(items: Sequence[Item], equal: Indices | None = None) -> dict[str, Indices]:
    """One random half of each label, of the items with captions and of those without, and so with
    pictures, calibrates, the other evaluates; always the same halves.

    Items that are equal, by the numbers `(n_items,)` of `equal_pictures`, stay in one half; −1 is
    equal to no other.

    By mere position, files in an order ("red circle", "red square", "blue circle", …) would
    leave each half with things of its own.
    """
    shuffled = np.random.default_rng(DEFAULT_SEED).permutation(len(items)).tolist()
    order = np.array(sorted(shuffled, key=lambda at: items[at].label or ""), np.int64)
    has = np.array([[bool(item.captions), item.image is not None] for item in items])
    has = has[:, :1] if has[:, 1].all() else has
    if equal is not None:
        equal = np.where(equal < 0, len(items) + np.arange(len(items)), equal)
        equal = np.unique(equal, return_inverse=True)[1]
    return even_halves(has, [item.label for item in items], equal, order=order)


def _captions(draft: _Draft, options: ReadOptions) -> tuple[str, ...]:
    """Those that were found, else one of the label by the template; none for a mere number."""
    words = " ".join((draft.label or "").replace("_", " ").split())
    if draft.captions or not words or words.lstrip("-").isdigit():
        return tuple(draft.captions)
    return (options.template.replace("{label}", words),)
