"""How the drawings are dealt out to train, calibrate and evaluate."""

from __future__ import annotations

import numpy as np

from gapviz.core.item import Item
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Indices

TRAIN = "train"


def split_items(items: tuple[Item, ...], seed: int) -> dict[str, Indices]:
    """Half train, a fifth calibrate, three tenths evaluate, alike within every label.

    Items are shuffled within their label, then dealt out in turn along the whole row of
    labels, so small labels are spread as evenly as large ones.
    """
    rng = np.random.default_rng(seed)
    by_label: dict[str, list[int]] = {}
    for position, item in enumerate(items):
        by_label.setdefault(item.label or "", []).append(position)
    row = [int(i) for label in sorted(by_label) for i in rng.permutation(by_label[label])]
    turns = [TRAIN, EVALUATE, TRAIN, CALIBRATE, TRAIN, EVALUATE, TRAIN, CALIBRATE, TRAIN, EVALUATE]
    splits: dict[str, list[int]] = {TRAIN: [], CALIBRATE: [], EVALUATE: []}
    for place, position in enumerate(row):
        splits[turns[place % len(turns)]].append(position)
    return {name: np.array(sorted(members), dtype=np.int64) for name, members in splits.items()}
