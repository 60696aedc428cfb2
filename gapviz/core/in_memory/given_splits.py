"""Splits as people give them: a name a row, or rows, ids or a mask by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.values import plain_values
from gapviz.core.plain_text import plain_text
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Indices
from gapviz.core.wording import counted

USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    CALIBRATE: (CALIBRATE, "train", "training", "fit"),
    EVALUATE: (EVALUATE, "test", "eval"),
}
"""What the two halves are called elsewhere."""

HINT = (
    f"name {CALIBRATE!r} (or train) what strategies are fitted on and {EVALUATE!r} (or test) what "
    "is measured, or leave splits out to have both made"
)


def given_splits(splits: Any, position: Mapping[str, int]) -> dict[str, Indices]:
    """The items of each split by its name.

    Args:
        splits: the name of the split of each item, or by name its items: their positions, their
            ids, or a mask.
        position: of each item by its id.

    Raises:
        GapvizError: no such item, an item in two splits, or one of both halves missing.
    """
    if isinstance(splits, Mapping):
        found = {
            _usual(str(name)): _members(members, position, f"splits, {name}")
            for name, members in splits.items()
        }
    else:
        found = _by_name(plain_values(splits, where="splits"), len(position))
    for name in (CALIBRATE, EVALUATE):
        if not found.get(name, np.zeros(0)).size:
            listing = ", ".join(f"{one} ({counted(len(x), 'item')})" for one, x in found.items())
            raise GapvizError(
                f"has no items to {'fit on' if name == CALIBRATE else 'measure'}"
                + (f"; its splits are {listing}" if found else ""),
                where="splits",
                hint=HINT,
            )
    _refuse_both(found, list(position))
    return found


def _usual(name: str) -> str:
    plain = name.strip().lower()
    return next((usual for usual, names in USUAL_NAMES.items() if plain in names), name.strip())


def _by_name(names: Sequence[Any], n_items: int) -> dict[str, Indices]:
    if len(names) != n_items:
        raise GapvizError(
            f"names the split of {len(names):,} items, and there are {n_items:,}",
            where="splits",
            hint="give one name an item",
        )
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if isinstance(name, bool) or (name is not None and not isinstance(name, str)):
            raise GapvizError(
                f"holds {name!r:.60} instead of the name of a split",
                where=f"splits, row {row}",
                hint=HINT,
            )
        if name is not None and name.strip():
            rows.setdefault(_usual(name), []).append(row)
    return {name: np.array(found, dtype=np.int64) for name, found in rows.items()}


def _members(members: Any, position: Mapping[str, int], where: str) -> Indices:
    """Positions of items that are given by their positions, their ids or a mask."""
    values = plain_values(members, where=where)
    if values and all(isinstance(one, bool) for one in values):
        if len(values) != len(position):
            raise GapvizError(
                f"is a mask of {len(values):,} items, and there are {len(position):,}",
                where=where,
                hint="give one truth value an item",
            )
        return np.flatnonzero(values)
    found = []
    for one in values:
        # An item is meant by its id before it is by its place.
        place = position.get(plain_text(one) or "") if isinstance(one, str) else one
        if not isinstance(place, int) or not 0 <= place < len(position):
            raise GapvizError(
                f"names no item: {one!r:.80}",
                where=where,
                hint=f"give positions from 0 to {len(position) - 1}, ids, or a mask",
            )
        found.append(place)
    return np.array(found, dtype=np.int64)


def _refuse_both(splits: Mapping[str, Indices], ids: Sequence[str]) -> None:
    seen: dict[int, str] = {}
    for name, members in splits.items():
        for item in members.tolist():
            if item in seen:
                raise GapvizError(
                    f"the item {ids[item][:80]!r} stands in {seen[item]}"
                    + (f" and in {name}" if seen[item] != name else " twice"),
                    where="splits",
                    hint="fit and measure on different items",
                )
            seen[item] = name
