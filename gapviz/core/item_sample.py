"""A stated sample of the items of a large collection, on which the long analyses are made.

Strata are the split and the label of an item, which all encoders of a collection share. Items are
drawn, not rows, so that pairs stay whole, and each half keeps its share.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gapviz.core.collection import Collection, ItemSample
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Indices

MOST_ITEMS = 20_000
"""Items above which the long analyses are made on a sample of so many."""

MOST_MEASURED = 200_000
"""Items above which the figures of a page, and the fits, are made on a sample of so many."""


def sampled(collection: Collection, most: int = MOST_ITEMS, seed: int = DEFAULT_SEED) -> Collection:
    """The collection itself, or a seeded sample of `most` of its items that says that it is one.

    Systematic sampling (Cochran 1977, ch. 8): shuffle, sort by stratum, then take every n/m-th
    item from a random offset, so that each stratum gets its share rounded up or down. Splits are
    kept. A collection with judgments stays whole: its queries ask for single items of it.

    Args:
        collection: with splits or without.
        most: items of a sample; 0 for all there are.
        seed: of the shuffle and the offset.
    """
    n, asked = collection.n_items, collection.evaluation
    if not 0 < most < n or (asked is not None and asked.judgments.size):
        return collection
    random = np.random.default_rng(seed)
    shuffled = random.permutation(n)
    strata = _strata(collection)
    shuffled = shuffled[np.argsort(strata[shuffled], kind="stable")]
    steps = (np.arange(most) + random.random()) * (n / most)
    chosen = np.sort(shuffled[np.minimum(steps.astype(np.int64), n - 1)])
    place = np.full(n, -1, dtype=np.int64)
    place[chosen] = np.arange(most)
    splits = {name: place[members] for name, members in collection.splits.items()}
    return replace(
        collection.subset(chosen),
        splits={name: kept[kept >= 0] for name, kept in splits.items()},
        sample=ItemSample(most, n, seed),
    )


def sample_json(collection: Collection) -> dict[str, Any]:
    """What JSON says of the sample that a collection is; empty for a whole one."""
    one = collection.sample
    if one is None:
        return {}
    return {"item_sample": {"n_items": one.n_items, "of": one.of, "seed": one.seed}}


def _strata(collection: Collection) -> Indices:
    """`(n_items,)` numbers of split and label together."""
    half = np.full(collection.n_items, -1, dtype=np.int64)
    for number, members in enumerate(collection.splits.values()):
        half[members] = number
    return half * (int(collection.labels.max(initial=-1)) + 2) + collection.labels
