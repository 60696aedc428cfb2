"""The one seed that layouts, samples and bootstraps start from."""

from __future__ import annotations

from gapviz.core.errors import GapvizError

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
