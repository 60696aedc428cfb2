"""Splits by name: what is fitted on, what is measured, and the plainest way to halve items."""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Indices

CALIBRATE = "calibrate"
EVALUATE = "evaluate"

SMALLEST_HALF = 0.25
"""Share of the items that a half needs; where equal items leave it less, they are not kept
together."""


def alternate_splits(n_items: int, equal: Indices | None = None) -> dict[str, Indices]:
    """Even positions calibrate, odd positions evaluate.

    Args:
        n_items: how many there are.
        equal: `(n_items,)` numbers, as `Collection.equal_items`: items of one number stay in one
            half, groups of one size by turns. Where that leaves a half too small, the numbers are
            ignored.

    >>> alternate_splits(6, np.array([0, 1, 2, 2, 3, 4]))
    {'calibrate': array([0, 2, 3]), 'evaluate': array([1, 4, 5])}
    """
    positions = np.arange(n_items, dtype=np.int64)
    usual = {CALIBRATE: positions[0::2], EVALUATE: positions[1::2]}
    if equal is None or np.unique(equal).size == n_items:
        return usual
    _, first, group, counts = np.unique(
        equal, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    evaluates = np.ones(first.size, dtype=np.bool_)
    sizes = np.zeros(2, dtype=np.int64)
    for count in np.unique(counts)[::-1].tolist():
        turn = order[counts[order] == count]
        # As many as make the halves most alike, evenly spaced.
        wanted = (sizes[1] - sizes[0] + count * turn.size) / (2 * count)
        n_calibrate = int(np.clip(np.floor(wanted + 0.5), 0, turn.size))
        evaluates[turn[np.arange(n_calibrate) * turn.size // max(n_calibrate, 1)]] = False
        sizes += count * np.array([n_calibrate, turn.size - n_calibrate])
    if sizes.min() < SMALLEST_HALF * n_items:
        return usual
    return {CALIBRATE: positions[~evaluates[group]], EVALUATE: positions[evaluates[group]]}


def _mean_group(numbers: Indices) -> float:
    """Items to each number, of those from 0."""
    known = numbers[numbers >= 0]
    return known.size / max(np.unique(known).size, 1)
