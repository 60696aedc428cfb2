"""Two halves of the items, one to fit on and one to measure on, that hold the same modalities."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from gapviz.core.equal_items import joined, n_apart
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import CALIBRATE, EVALUATE, alternate_splits
from gapviz.core.vectors import Indices, Mask

Halves = dict[str, Indices]

MOST_TRIED = 50
"""Items that are tried in turn where one half lacks something."""


class Divisible(Protocol):
    """What of a `Collection` its halves depend on."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def items(self) -> tuple[Item, ...]:
        """What is halved."""

    @property
    def modalities(self) -> Mapping[str, ModalityVectors]:
        """By name."""

    @property
    def equal_items(self) -> Indices:
        """`(n_items,)` numbers; see `Collection.equal_items`."""


Whole = TypeVar("Whole", bound=Divisible)


def split_alike(collections: Sequence[Whole]) -> tuple[Whole, ...]:
    """The same items as several encoders saw them, with the same splits: even and odd rows.

    Each modality and label is halved, and items that are equal by any encoder stay in one half;
    see `even_halves`.
    """
    items = collections[0].items
    equal = joined(len(items), [one.equal_items for one in collections])
    splits = even_halves(_indexed_modalities(collections), [item.label for item in items], equal)
    return tuple(replace(one, splits=splits) for one in collections)


def _indexed_modalities(collections: Sequence[Divisible]) -> Mask:
    """`(n_items, n_modalities)`: which items have an indexed row of which modality.

    Args:
        collections: the same items as several encoders saw them, each with columns of its own.
    """
    columns = []
    for one in collections:
        for block in one.modalities.values():
            has = np.zeros(len(one.items), dtype=np.bool_)
            has[block.corpus.item_index] = True
            columns.append(has)
    n_items = len(collections[0].items)
    return np.stack(columns, axis=1) if columns else np.zeros((n_items, 0), dtype=np.bool_)


def even_halves(
    has: Mask,
    labels: Sequence[Hashable],
    equal: Indices | None = None,
    *,
    order: Indices | None = None,
) -> Halves:
    """Halves of every group of items of the same modalities and the same label.

    Whatever two items have, be it a modality or a pair of them, is then in both halves, as far as
    equal items, which stay together, let it be halved.

    Args:
        has: `(n_items, n_modalities)`, which item has what.
        labels: `(n_items,)`.
        equal: as for `alternate_splits`.
        order: `(n_items,)` positions, in the order in which the items of a group take turns; the
            order of the items unless given.

    >>> has = np.array([[1, 0], [0, 1]] * 4, dtype=bool)  # image, text, image, text, …
    >>> even_halves(has, [None] * 8)
    {'calibrate': array([0, 1, 4, 5]), 'evaluate': array([2, 3, 6, 7])}
    """
    groups: dict[Hashable, int] = {}
    turns = np.arange(len(has)) if order is None else order
    numbers = [groups.setdefault((has[at].tobytes(), labels[at]), len(groups)) for at in turns]
    turns = turns[np.argsort(numbers, kind="stable")]
    splits = alternate_splits(len(has), None if equal is None else equal[turns])
    halves = {name: np.sort(turns[members]) for name, members in splits.items()}
    whole = np.arange(len(has)) if equal is None or n_apart(equal, halves) else equal
    return _with_everything(halves, has, whole)


def _with_everything(halves: Halves, has: Mask, groups: Indices) -> Halves:
    """The halves once what one of them lacks, and two groups of items have, is brought there."""
    n_groups = int(groups.max(initial=-1)) + 1
    modalities = np.unique(has, axis=1).T
    kinds = [*modalities, *(a & b for a, b in combinations(modalities, 2))]
    # (n_kinds, n_groups): which group of equal items has which modality, or pair of them.
    of_group = np.zeros((len(kinds), n_groups), dtype=np.bool_)
    for number, kind in enumerate(kinds):
        of_group[number, groups[kind]] = True
    evaluates = np.zeros(n_groups, dtype=np.bool_)
    evaluates[groups[halves[EVALUATE]]] = True
    sizes = np.bincount(groups, minlength=n_groups)
    divisible = of_group.sum(axis=1) > 1

    def halved(side: Mask) -> Mask:
        here, there = of_group[:, side], of_group[:, ~side]
        return np.asarray(here.any(axis=1) & there.any(axis=1), dtype=np.bool_)

    def moves(kind: int) -> Iterator[Mask]:
        """The sides once a group of the kind has changed its own, and one of its size in turn."""
        for moving in np.flatnonzero(of_group[kind])[:MOST_TRIED].tolist():
            back = np.flatnonzero((evaluates != evaluates[moving]) & (sizes == sizes[moving]))
            for returning in [*back[:MOST_TRIED].tolist(), moving]:
                side = evaluates.copy()
                side[[moving, returning]] = ~evaluates[[moving, returning]]
                yield side

    for kind in np.flatnonzero(divisible & ~halved(evaluates)).tolist():
        known = halved(evaluates)
        known[kind] = True
        evaluates = next((s for s in moves(kind) if halved(s)[known].all()), evaluates)
    chosen = evaluates[groups]
    return {CALIBRATE: np.flatnonzero(~chosen), EVALUATE: np.flatnonzero(chosen)}
