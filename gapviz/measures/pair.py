"""Which two modalities are measured where nobody says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError

PREFERRED = ("image", "text")

BETWEEN = " – "
"""Between the two modalities of a pair, in links and in lists to choose from."""


def default_pair(collection: Collection) -> tuple[str, str]:
    """`image` and `text` where a collection has them, else its first two modalities.

    Raises:
        GapvizError: fewer than two modalities.
    """
    collection.refuse_without_vectors()
    names = collection.modality_names
    if len(names) < 2:
        raise GapvizError(
            f"has the one modality {names[0]!r}, and a gap needs two",
            where=collection.name,
            hint="give vectors of a second modality",
        )
    return pair_of(names)


def pair_of(modalities: Sequence[str]) -> tuple[str, str]:
    """`image` and `text` if both are there, else the first two; one alone stands twice."""
    if set(PREFERRED) <= set(modalities):
        return PREFERRED
    return modalities[0], modalities[min(1, len(modalities) - 1)]


def pairs_by_title(modalities: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Every pair of the modalities under its title: `image – text`."""
    return {BETWEEN.join(pair): pair for pair in combinations(modalities, 2)}
