"""Whether the split that fits and the split that measures have the same offset.

What is fitted subtracts the offset of the calibrate split. Where the items came in an order
that the split follows, the evaluate split has another offset, and the gap cannot close.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from gapviz.core.blocks import BLOCK_ROWS, float64_blocks
from gapviz.core.collection import Collection
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float64, Mask

RANDOM_SPLITS = 199
"""With none of them above it, a distance has p = 1/200."""

TELLING_SHARE = 0.1
"""Of the offset: a difference below it closes or opens no gap that anyone would see."""


@dataclass(frozen=True, slots=True)
class SplitShift:
    """How far the offsets Δ = μa − μb of two splits are apart, beside what chance makes of it.

    A permutation test (Fisher 1935): the same items are split again at random, in the same
    sizes, and ‖Δ of one − Δ of the other‖ is taken each time.
    """

    distance: float
    """‖Δc − Δe‖ of the calibrate and the evaluate split."""
    chance: float
    """Its root mean square over the random splits."""
    most_by_chance: float
    """Its largest value over the random splits."""
    offset: float
    """‖Δc‖, which a fit on the calibrate split subtracts."""

    @property
    def differs(self) -> bool:
        """Whether the distance is above all random ones, and a tenth of the offset or more."""
        beyond = self.distance > self.most_by_chance
        return beyond and self.distance >= TELLING_SHARE * self.offset


def split_shift(
    collection: Collection, pair: tuple[str, str], *, seed: int = DEFAULT_SEED
) -> SplitShift | None:
    """Compare the offsets of the calibrate and the evaluate split.

    Args:
        collection: with vectors of both modalities of `pair`; its indexed rows count.
        pair: the modalities.
        seed: of the random splits.

    Returns:
        None where a split is missing, or is left without rows of a modality.
    """
    splits = [collection.splits.get(name) for name in (CALIBRATE, EVALUATE)]
    if any(split is None or not len(split) for split in splits):
        return None
    calibrates = np.zeros(collection.n_items, dtype=np.bool_)
    calibrates[splits[0]] = True
    members = np.concatenate([split for split in splits if split is not None])
    rng = np.random.default_rng(seed)
    sides = calibrates[members]
    draws = np.array([sides, *(rng.permutation(sides) for _ in range(RANDOM_SPLITS))])
    first = _centroids(collection, pair[0], members, draws)
    second = _centroids(collection, pair[1], members, draws)
    if first is None or second is None:
        return None
    offsets = first - second
    distances = np.linalg.norm(offsets[0] - offsets[1], axis=1)
    return SplitShift(
        distance=float(distances[0]),
        chance=float(np.sqrt(np.mean(distances[1:] ** 2))),
        most_by_chance=float(distances[1:].max()),
        offset=float(np.linalg.norm(offsets[0, 0])),
    )


def split_warnings(collection: Collection) -> tuple[str, ...]:
    """One sentence for each pair of modalities whose offset differs between the splits."""
    told = []
    for first, second in combinations(collection.modality_names, 2):
        shift = split_shift(collection, (first, second))
        if shift is not None and shift.differs:
            told.append(
                f"The {first}–{second} offset of the calibrate split is {shift.distance:.2f} away "
                f"from that of the evaluate split, where random splits of the same items give "
                f"{shift.chance:.2f}: the items seem to stand in an order that the split follows, "
                "so what is fitted on one half misses the other. Shuffle the items and bring them "
                "again."
            )
    return tuple(told)


def _centroids(
    collection: Collection, modality: str, members: Float64, draws: Mask
) -> Float64 | None:
    """`(2, draws, dim)`: of the rows on either side of each draw; None where one has no rows."""
    block = collection.modality(modality).corpus
    place = np.full(collection.n_items, -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    place = place[block.item_index]
    sums = np.zeros((2, len(draws), block.dim))
    counts = np.zeros((2, len(draws), 1))
    for number, rows in enumerate(float64_blocks(block.vectors)):
        here = place[number * BLOCK_ROWS : number * BLOCK_ROWS + len(rows)]
        known = here >= 0
        sides = draws[:, here[known]].astype(np.float64)
        total = rows[known].sum(axis=0)
        left = sides @ rows[known]
        sums += np.stack([left, total - left])
        left_count = sides.sum(axis=1, keepdims=True)
        counts += np.stack([left_count, known.sum() - left_count])
    return sums / counts if counts.all() else None
