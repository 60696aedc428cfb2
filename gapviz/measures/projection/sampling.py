"""Which items to draw when there are too many for a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Indices, read_only

DISPLAY_LIMIT = 20_000
"""Points that Plotly still draws without a wait, and that UMAP lays out in seconds."""


@dataclass(frozen=True, eq=False)
class DisplaySample:
    """The items drawn, out of all items."""

    items: Indices
    """`(n_drawn,)` ascending item positions, read-only."""
    n_items: int

    @property
    def sentence(self) -> str:
        """`showing 20,000 of 412,306 items`."""
        return f"showing {self.items.size:,} of {self.n_items:,} items"

    def rows(self, item_index: npt.ArrayLike) -> Indices:
        """Rows of a modality that belong to drawn items: all of them, so pairs stay whole.

        Args:
            item_index: `(n_rows,)` item position of each row.
        """
        return np.flatnonzero(np.isin(item_index, self.items))


def sample_for_display(
    n_items: int,
    labels: npt.ArrayLike | None = None,
    *,
    limit: int = DISPLAY_LIMIT,
    points_per_item: float = 1.0,
    seed: int = DEFAULT_SEED,
) -> DisplaySample:
    """Items to draw, stratified by label, never simply the first ones.

    Systematic sampling (Cochran 1977, ch. 8): shuffle, sort by label, then take every
    n/m-th item from a random offset. Each label gets its share rounded up or down.

    Args:
        n_items: how many there are.
        labels: `(n_items,)` integer codes; −1 (no label) is a stratum of its own.
        limit: most points to draw.
        points_per_item: rows an item has on average, over all modalities drawn.
        seed: of the shuffle and the offset.
    """
    n_drawn = min(n_items, max(1, int(limit / points_per_item)))
    if n_drawn == n_items:
        return DisplaySample(read_only(np.arange(n_items, dtype=np.int64)), n_items)
    random = np.random.default_rng(seed)
    shuffled = random.permutation(n_items)
    if labels is not None:
        codes = np.asarray(labels, dtype=np.int64)
        shuffled = shuffled[np.argsort(codes[shuffled], kind="stable")]
    steps = (np.arange(n_drawn) + random.random()) * (n_items / n_drawn)
    chosen = shuffled[np.minimum(steps.astype(np.int64), n_items - 1)]
    return DisplaySample(read_only(np.sort(chosen).astype(np.int64)), n_items)
