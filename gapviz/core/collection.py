"""`Collection`: items, and the vectors that one encoder made of them, per modality."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gapviz.core.collection_checks import (
    refuse_dimension_clash,
    refuse_duplicate_ids,
    refuse_overlapping_splits,
)
from gapviz.core.encoder_record import NO_RECORD, EncoderRecord
from gapviz.core.equal_items import equal_rows, joined
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.foreign import in_terminal
from gapviz.core.halves import split_alike
from gapviz.core.in_memory.factories import FromMemory
from gapviz.core.in_memory.given import Given
from gapviz.core.item import Item
from gapviz.core.labels import padded
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.nearest import choose
from gapviz.core.pairs import Pairs, matching_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.store_origin import StoreOrigin
from gapviz.core.table_html import html_table
from gapviz.core.vectors import Indices, read_only
from gapviz.core.wording import counted

IMAGE = "image"
"""The modality of pictures, whose copies are copies of the item."""

TEXT = "text"
"""The modality of captions, which items share without being copies."""

MOST_COPIES = 20
"""Items to a vector, on average, above which it stands for a class and not for an item."""

UNNAMED_MODEL = "unnamed model"
"""What made vectors that came without the name of their encoder."""

NO_AXES = "these vectors come from a matrix of cosines, so their axes mean nothing"
"""Why a figure by dimension is left out, in a clause."""


@dataclass(frozen=True, slots=True)
class ItemSample:
    """That a collection is a sample of a larger one; see `gapviz.core.item_sample`."""

    n_items: int
    of: int
    """Items of the whole."""
    seed: int

    @property
    def sentence(self) -> str:
        """What was sampled, and what that changes."""
        return (
            f"On a sample of {self.n_items:,} of {self.of:,} items (stratified by split and label, "
            f"pairs whole, seed {self.seed}): an index of fewer items is easier to search."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Collection(FromMemory):
    """Items with their vectors in any number of named modalities.

    Without modalities it is a collection that no encoder has seen yet.

    >>> import numpy as np
    >>> from gapviz.core.item import items_of_rows
    >>> from gapviz.core.splits import alternate_splits
    >>> rows = np.random.default_rng(0).standard_normal((2, 6, 4))
    >>> collection = Collection(
    ...     "six pairs",
    ...     items_of_rows(6),
    ...     {"image": ModalityVectors.of(rows[0]), "text": ModalityVectors.of(rows[1])},
    ...     splits=alternate_splits(6),
    ... )
    >>> collection.modality_names, collection.dim, len(collection.pairs("image", "text"))
    (('image', 'text'), 4, 6)
    >>> collection.split("evaluate").n_items
    3

    Raises:
        GapvizError: no items, duplicate ids, vectors of differing dimension, an item index
            out of range, or splits that overlap.
    """

    name: str
    items: tuple[Item, ...]
    modalities: Mapping[str, ModalityVectors]
    splits: Mapping[str, Indices] = field(default_factory=dict)
    """Named, disjoint sets of item positions; `calibrate` fits, `evaluate` measures."""
    encoder: str = UNNAMED_MODEL
    attribution: str = ""
    root: Path | None = None
    """The folder that images are read from, and nothing outside it; not saved."""
    rotated: bool = False
    """True where the vectors are known only up to a rotation, as those made of cosines are."""
    encoder_record: EncoderRecord = NO_RECORD
    """How what asks later is encoded."""
    evaluation: Evaluation | None = None
    """Queries of one's own with their judgments; see `gapviz.core.judged_halves`."""
    store: StoreOrigin | None = None
    """The collection of a vector store that the items were read from."""
    sample: ItemSample | None = None
    """Of what it is a sample; not saved."""

    def __post_init__(self) -> None:
        if not self.items:
            raise GapvizError("holds no items", where=self.name, hint="give at least one item")
        refuse_duplicate_ids(self.name, self.items)
        refuse_dimension_clash(self.name, self.modalities)
        for modality, block in self.modalities.items():
            if block.item_index.min() < 0 or block.item_index.max() >= len(self.items):
                worst = block.item_index.max() if block.item_index.min() >= 0 else -1
                raise GapvizError(
                    f"a row belongs to item {int(worst)}, but there are {len(self.items)} items",
                    where=f"{self.name}, modality {modality}",
                    hint="number items from 0",
                )
        refuse_overlapping_splits(self.name, self.splits, len(self.items))

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def dim(self) -> int:
        """Dimensions of the joint space.

        Raises:
            GapvizError: the collection holds no vectors.
        """
        self.refuse_without_vectors()
        return next(iter(self.modalities.values())).dim

    @property
    def n_rows(self) -> int:
        """Vectors of all modalities."""
        return sum(block.n_rows for block in self.modalities.values())

    @property
    def no_axes(self) -> str | None:
        """Why no figure by dimension means anything here, in a clause; None where they do."""
        return NO_AXES if self.rotated else None

    def refuse_without_vectors(self) -> None:
        """Raise `GapvizError` where no encoder has made vectors yet."""
        if not self.modalities:
            raise GapvizError(
                "holds no vectors", where=self.name, hint="encode it first (gapviz encode)"
            )

    @property
    def modality_names(self) -> tuple[str, ...]:
        return tuple(self.modalities)

    @cached_property
    def position(self) -> dict[str, int]:
        """Item id → position in `items`."""
        return {item.id: index for index, item in enumerate(self.items)}

    @cached_property
    def labels(self) -> Indices:
        """`(n_items,)` codes of the first labels, −1 where an item has none."""
        codes = self.label_codes
        first = (None if item.label is None else codes[item.label] for item in self.items)
        return np.array([-1 if code is None else code for code in first], dtype=np.int64)

    @cached_property
    def label_sets(self) -> Indices:
        """`(n_items, most)` codes of all labels of each item, as `gapviz.core.labels` has them."""
        codes = self.label_codes
        return padded([[codes[label] for label in item.labels] for item in self.items])

    @cached_property
    def label_codes(self) -> dict[str, int]:
        """Label → code, those that are the first of an item before all others."""
        first = [item.label for item in self.items if item.label is not None]
        others = [label for item in self.items for label in item.other_labels]
        return {label: code for code, label in enumerate(dict.fromkeys([*first, *others]))}

    @cached_property
    def equal_by_modality(self) -> dict[str, Indices]:
        """`(n_items,)` numbers by modality: first rows of one number are (nearly) equal.

        −1 for an item without any; see `equal_rows`.
        """
        alike = {}
        for name, block in self.modalities.items():
            first = block.first_rows
            alike[name] = np.full(self.n_items, -1, dtype=np.int64)
            alike[name][first.item_index] = equal_rows(first.vectors)
        return alike

    @cached_property
    def equal_items(self) -> Indices:
        """`(n_items,)` numbers: items of one number are (nearly) equal by their vectors.

        They are where their pictures are, or all of their modalities, of which they need two where
        the collection has as many: a caption alone, which classes share, makes no copy. Without
        pictures any modality but texts counts as they do, unless few vectors stand for many items.
        """
        alike = self.equal_by_modality
        if not alike:
            return np.arange(self.n_items, dtype=np.int64)
        content = np.stack([*alike.values()], axis=1)
        whole = np.unique(content, axis=0, return_inverse=True)[1].reshape(-1)
        whole[(content >= 0).sum(axis=1) < min(2, len(alike))] = -1
        pictures = [alike[IMAGE]] if IMAGE in alike else []
        if not pictures:
            others = [numbers for name, numbers in alike.items() if name != TEXT]
            pictures = [one for one in others if _mean_group(one) <= MOST_COPIES]
        return joined(self.n_items, [whole, *pictures])

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over all that figures are made of: the key of every cache."""
        digest = hashlib.sha256()
        told = list(map(_told, self.items))
        digest.update(json.dumps(told).encode())
        for modality, block in self.modalities.items():
            digest.update(json.dumps([modality, *block.vectors.shape]).encode())
            for array in (block.vectors, block.item_index, block.query_only):
                digest.update(np.ascontiguousarray(array).tobytes())
        for split, members in sorted(self.splits.items()):
            digest.update(json.dumps([split, len(members)]).encode())
            digest.update(np.asarray(members, dtype=np.int64).tobytes())
        if self.rotated:
            digest.update(b"rotated")
        if self.evaluation is not None:
            digest.update(self.evaluation.content_hash.encode())
        return digest.hexdigest()

    @classmethod
    def _of_parts(cls, given: Given, *, name: str, encoder: str | None) -> Self:
        made = cls(
            name,
            given.items,
            given.modalities,
            given.splits,
            encoder or UNNAMED_MODEL,
            root=given.root,
        )
        return made if given.splits else split_alike([made])[0]

    def __repr__(self) -> str:
        """Name, items, vectors and splits in one line."""
        vectors = [f"{name} {one.n_rows:,} × {one.dim}" for name, one in self.modalities.items()]
        splits = [f"{len(members):,} {name}" for name, members in self.splits.items()]
        told = [counted(self.n_items, "item"), ", ".join(vectors) or "no vectors"]
        told += [", ".join(splits)] * bool(splits)
        return f"<Collection {in_terminal(self.name)!r}: {in_terminal('; '.join(told))}>"

    def _repr_html_(self) -> str:
        splits = [f"{len(members):,} {name}" for name, members in self.splits.items()]
        caption = f"{self.name}: {self.n_items:,} items, encoder {self.encoder}"
        caption += f"; {', '.join(splits)}" * bool(splits)
        rows = [
            [name, f"{block.n_rows:,}", f"{block.corpus.n_rows:,}", block.dim]
            for name, block in self.modalities.items()
        ]
        return html_table(caption, ["modality", "vectors", "indexed", "dimensions"], rows)

    def modality(self, name: str) -> ModalityVectors:
        """The vectors of one modality.

        Raises:
            GapvizError: no modality of that name.
        """
        self.refuse_without_vectors()
        try:
            return self.modalities[name]
        except KeyError:
            raise GapvizError(
                f"has no modality {name!r}",
                where=self.name,
                hint=choose(name, self.modalities),
            ) from None

    def of_modalities(self, names: Iterable[str]) -> Collection:
        """The collection with only those of its modalities that are named."""
        kept = set(names)
        if kept >= set(self.modalities):
            return self
        blocks = {name: block for name, block in self.modalities.items() if name in kept}
        return replace(self, modalities=blocks)

    def subset(self, positions: npt.ArrayLike) -> Collection:
        """The collection restricted to some items, in the order given, without splits.

        A modality that is left with no indexed row is left out, and so are queries of one's own
        that are judged.
        """
        chosen = np.asarray(positions, dtype=np.int64)
        new_position = np.full(self.n_items, -1, dtype=np.int64)
        new_position[chosen] = np.arange(chosen.size)
        modalities = {}
        for name, block in self.modalities.items():
            keep = new_position[block.item_index] >= 0
            if (keep & ~block.query_only).any():
                kept = block.rows(keep)
                owners = read_only(new_position[kept.item_index])
                modalities[name] = replace(kept, item_index=owners)
        items = tuple(self.items[index] for index in chosen)
        asked = self.evaluation
        kept_queries = None if asked is None or asked.judgments.size else asked
        return replace(self, items=items, modalities=modalities, splits={}, evaluation=kept_queries)

    @cached_property
    def halves_with(self) -> dict[str, tuple[str, ...]]:
        """By modality, which of the halves `calibrate` and `evaluate` have an indexed row of it.

        Empty where one of the halves is missing or has no items.
        """
        halves = {name: self.splits.get(name, ()) for name in (CALIBRATE, EVALUATE)}
        if not all(map(len, halves.values())):
            return {}
        owners = {name: block.corpus.item_index for name, block in self.modalities.items()}
        return {
            name: tuple(half for half, members in halves.items() if np.isin(members, rows).any())
            for name, rows in owners.items()
        }

    def split(self, name: str) -> Collection:
        """The collection restricted to one of its splits.

        A modality that only one of the halves `calibrate` and `evaluate` has is left out of both:
        what is fitted and what is measured have the same modalities. Of queries of one's own, those
        that calibrate go with `calibrate`, without their judgments.

        Raises:
            GapvizError: no split of that name, an empty one, or halves without a modality in
                common.
        """
        members = self.splits.get(name)
        if members is None or not len(members):
            raise GapvizError(
                f"has no items in the split {name!r}",
                where=self.name,
                hint="give at least four items, or name the split's items",
            )
        found = self.subset(members)
        if name == CALIBRATE and self.evaluation is not None:
            found = replace(found, evaluation=self.evaluation.calibrating())
        if name not in (CALIBRATE, EVALUATE) or not self.halves_with:
            return found
        common = [one for one, halves in self.halves_with.items() if len(halves) == 2]
        if self.halves_with and not common:
            listing = ", ".join(f"{one} in {h[0]}" for one, h in self.halves_with.items() if h)
            raise GapvizError(
                f"has no modality in both of its halves ({listing})",
                where=self.name,
                hint="give at least two items with vectors of each modality",
            )
        return found.of_modalities(common)

    def pairs(self, a: str, b: str) -> Pairs:
        """Every pair of indexed rows of `a` and `b` that belong to one item.

        Row numbers count within `modality(a).corpus` and `modality(b).corpus`. An item
        with one image and five captions gives five pairs.
        """
        return matching_rows(self.modality(a).corpus.item_index, self.modality(b).corpus.item_index)


def _told(item: Item) -> tuple[Any, ...]:
    # What `astuple` gives, which copies every part of every item. What an item has none of is left
    # out, so that it has the hash that it had before there could be some.
    told: tuple[Any, ...] = (item.id, item.label, item.captions, item.image)
    if item.other_pictures:
        return *told, item.other_labels, item.other_pictures
    return (*told, item.other_labels) if item.other_labels else told


def _mean_group(numbers: Indices) -> float:
    """Items to each number, of those from 0."""
    known = numbers[numbers >= 0]
    return known.size / max(np.unique(known).size, 1)
