"""What a collection repeats: items, and captions and vectors that recall cannot tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.equal_items import NEAR_ROWS, joined, n_apart, n_equal
from gapviz.core.plain_json import JsonFields
from gapviz.core.vectors import Indices
from gapviz.core.wording import percent

TOLD_SHARE = 0.01
"""Of queries that recall cannot tell apart, a share that is told."""


@dataclass(frozen=True, slots=True)
class Copies(JsonFields):
    """How much of a collection stands in it more than once."""

    n_equal: int
    """Items that are equal to another, or nearly, as `Collection.equal_items` says."""
    n_apart: int
    """Of these, those that have an equal one in another split."""
    equal_captions: float
    """Share of the items with captions whose first is that of another, but for case and spaces."""
    equal_vectors: dict[str, float]
    """By modality, share of the items whose first vector is (nearly) that of another."""
    sentences: tuple[str, ...]
    """The same in words, but for what is not worth a word."""
    warnings: tuple[str, ...]
    """What of it speaks against the splits, one sentence each."""


def copies_of(collection: Collection, pictures: Indices | None = None) -> Copies:
    """Count what repeats.

    Args:
        collection: with vectors or without.
        pictures: `(n_items,)` numbers of equal picture files, −1 for none; where they are known.
    """
    n_items = collection.n_items
    known = [collection.equal_items, *([] if pictures is None else [pictures])]
    equal = joined(n_items, known)
    firsts = [item.captions[0] for item in collection.items if item.captions]
    folded = [" ".join(caption.split()).casefold() for caption in firsts]
    seen: dict[str, int] = {}
    codes = np.array([seen.setdefault(caption, len(seen)) for caption in folded], dtype=np.int64)
    found = n_equal(equal), n_apart(equal, collection.splits), _share_equal(codes)
    vectors = {name: _share_equal(one) for name, one in collection.equal_by_modality.items()}
    exact = any(block.n_rows > NEAR_ROWS for block in collection.modalities.values())
    equal_told = _equal_told(*found[:2], bool(collection.splits), exact=exact)
    shares_told = _shares_told(found[2], vectors)
    if found[1]:
        return Copies(*found, vectors, shares_told, (equal_told,))
    return Copies(*found, vectors, (*filter(None, [equal_told]), *shares_told), ())


def _equal_told(n_all: int, n_parted: int, has_splits: bool, *, exact: bool) -> str:
    if not n_all:
        return ""
    are = "item is" if n_all == 1 else "items are"
    how = "equal" if exact else "(nearly) equal"
    words = f"{n_all:,} {are} {how} to another"
    if exact:
        words += f" (of more than {NEAR_ROWS:,} rows nearly equal ones are not looked for)"
    if n_parted:
        return (
            f"{words}, and {n_parted:,} of them to one of another split: what is fitted on one "
            "split has seen items of the other."
        )
    return f"{words}; they stay in one half." if has_splits else f"{words}."


def _shares_told(captions: float, vectors: dict[str, float]) -> tuple[str, ...]:
    end = "recall cannot tell them apart."
    told = []
    if captions > TOLD_SHARE:
        told.append(f"{percent(captions)} of the queries have equal captions: {end}")
    for name, share in vectors.items():
        # Equal captions have equal vectors.
        if share > TOLD_SHARE and not (name == "text" and captions > TOLD_SHARE):
            told.append(f"{percent(share)} of the items have equal {name} vectors: {end}")
    return tuple(told)


def _share_equal(numbers: Indices) -> float:
    """Share of the numbers that occur more than once, of those from 0; 0 of none."""
    told = numbers[numbers >= 0]
    return n_equal(told) / told.size if told.size else 0.0
