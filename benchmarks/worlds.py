"""Collections from populations whose truth is known, to see whether intervals hold it.

Two cones: a text and an image of one item share a meaning, lie to either side of a common
direction, and have noise of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float64

MEANING_AND_NOISE = {"strong": (1.0, 0.6), "weak": (0.5, 1.0), "none": (0.0, 1.28)}
SPREAD = 0.6


@dataclass(frozen=True)
class World:
    """A population of pairs."""

    gap: float
    """How far apart the cones' directions are before the rows are normalised."""
    content: str
    """How much the two halves of a pair share: one of `MEANING_AND_NOISE`."""
    dim: int = 64
    isotropic: bool = False
    """Whether all directions spread alike: then no way of searching is better than another where
    there is no gap."""

    def sample(self, n: int, seed: int) -> Collection:
        """`n` items to calibrate on and `n` others to evaluate."""
        rng = np.random.default_rng(seed)
        scale = np.ones(self.dim) if self.isotropic else np.arange(1.0, self.dim + 1) ** -0.5
        scale *= SPREAD / np.linalg.norm(scale)
        shared, own = MEANING_AND_NOISE[self.content]
        meaning = shared * scale * rng.standard_normal((2 * n, self.dim))
        return Collection(
            "made",
            items_of_rows(2 * n),
            {
                name: ModalityVectors.of(self._rows(rng, meaning, own * scale, side))
                for name, side in (("image", 0.5), ("text", -0.5))
            },
            {CALIBRATE: np.arange(n), EVALUATE: np.arange(n, 2 * n)},
        )

    def _rows(
        self, rng: np.random.Generator, meaning: Float64, scale: Float64, side: float
    ) -> Float64:
        rows = meaning + scale * rng.standard_normal(meaning.shape)
        rows[:, 0] += 1
        rows[:, 1] += side * self.gap
        return rows


WORLDS = tuple(World(gap, content) for gap in (0.1, 0.6, 1.1) for content in MEANING_AND_NOISE)
