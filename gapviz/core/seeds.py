"""The one seed that layouts, samples and intervals start from."""

from __future__ import annotations

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Indices

DEFAULT_SEED = 42
MAX_SEED = 2**31 - 1


def checked_seed(seed: int) -> int:
    """The seed itself.

    Raises:
        GapvizError: it is below 0 or above `MAX_SEED`.
    """
    if not 0 <= seed <= MAX_SEED:
        raise GapvizError(f"the seed {seed} is not within 0 to {MAX_SEED}", hint="give another")
    return seed


def seeded_sample(rows: Indices, most: int, seed: int | np.random.Generator) -> Indices:
    """All of `rows` `(n,)`, or a random `most` of them in rising order where there are more."""
    if rows.size <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
