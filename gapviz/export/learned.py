"""What a strategy has learned, as named arrays, and a strategy made of them again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.export.card import ExportCard
from gapviz.strategies import Strategy, StrategySpec
from gapviz.strategies.base import Array, StrategyState
from gapviz.strategies.registry import strategy_class

CENTROID = "centroid"
"""Kind of the arrays `centroid.MODALITY`, which every export holds."""


def refuse_transductive(spec: StrategySpec) -> None:
    """Raise `GapvizError` for a strategy whose answers depend on the other queries."""
    if spec.transductive:
        raise GapvizError(
            f"{spec.title} reads all queries before it answers one, so that there is nothing to "
            "store that would serve the next query",
            hint="export Nearest-neighbour normalisation (nnn) instead, which takes reference "
            "queries from the calibration items",
        )


def learned_arrays(strategy: Strategy, fitted_on: Collection) -> dict[str, Array]:
    """Everything that moving and scoring further rows needs, and the calibration centroids.

    By `kind.modality`; the centroids are float64 `(dim,)`, and every array ends in `dim`.
    """
    centroids = {
        f"{CENTROID}.{name}": centroid(block.corpus.vectors)
        for name, block in fitted_on.modalities.items()
    }
    return centroids | dict(strategy.state().arrays)


def restored_strategy(card: ExportCard, arrays: Mapping[str, Array]) -> Strategy:
    """The strategy of which `card` and `arrays` tell.

    Raises:
        GapvizError, KeyError, TypeError, ValueError: something is missing or of another shape.
    """
    for array in arrays.values():
        if array.shape[-1] != card.dim:
            raise ValueError(array.shape)
    state = StrategyState(arrays, card.learned)
    made = strategy_class(card.strategy).from_state(card.parameters, card.modalities, state)
    made.warnings_ = card.warnings
    for name in card.modalities:
        made.transform(np.eye(1, card.dim, dtype=np.float32), name)
    return made
