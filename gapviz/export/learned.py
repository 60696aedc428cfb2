"""What a strategy has learned, as named arrays, and a strategy made of them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.blocks import centroid
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.export.card import ExportCard
from gapviz.strategies import Strategy, StrategyOptions, StrategySpec, strategy_spec
from gapviz.strategies.alignment import (
    Alignment,
    LinearMap,
    Raw,
    ShiftAlignment,
    StandardiseDimensions,
)
from gapviz.strategies.fusion import RankFusion
from gapviz.strategies.scoring import NearestNeighbourNormalisation, PairNormalisation, Scoring
from gapviz.strategies.scoring.pair_norm import ScoreLevel

Arrays = dict[str, npt.NDArray[Any]]

CENTROID, DIRECTION = "centroid", "direction"
MEAN, SPREAD, MATRIX = "mean", "spread", "matrix"
REFERENCES = "references"
"""Kinds of arrays; the name of one is `KIND.MODALITY`."""


def refuse_transductive(card: StrategySpec) -> None:
    """Raise `GapvizError` for a strategy whose answers depend on the other queries."""
    if card.transductive:
        raise GapvizError(
            f"{card.title} reads all queries before it answers one, so that there is nothing to "
            "store that would serve the next query",
            hint="export Nearest-neighbour normalisation (nnn) instead, which takes reference "
            "queries from the calibration items",
        )


def learned_arrays(strategy: Strategy, fitted_on: Collection) -> Arrays:
    """Everything that moving and scoring further rows needs, and the calibration centroids.

    Float64 `(dim,)` per modality, `(dim, dim)` for a map's matrix; reference queries of NNN
    are float32 `(n, dim)`.
    """
    arrays: Arrays = {
        f"{CENTROID}.{name}": centroid(block.corpus.vectors)
        for name, block in fitted_on.modalities.items()
    }
    for kind, by_modality in _learned(strategy.alignment, strategy.scoring).items():
        arrays |= {f"{kind}.{name}": array for name, array in by_modality.items()}
    return arrays


def restored_strategy(card: ExportCard, arrays: Mapping[str, npt.NDArray[Any]]) -> Strategy:
    """The strategy of which `card` and `arrays` tell.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another shape.
    """
    plain = strategy_spec(card.strategy)
    options = StrategyOptions(plain.name, **card.parameters, fusion=_rank_fusion(card))
    alignment = plain.align(options)
    alignment.warnings_ = card.warnings
    scoring = plain.score(options) if plain.score else None

    def stored(kind: str, *, whole: bool = True) -> Arrays:
        names = [name for name in card.modalities if whole or f"{kind}.{name}" in arrays]
        found = {name: arrays[f"{kind}.{name}"] for name in names}
        for array in found.values():
            if array.shape[-1] != card.dim:
                raise ValueError(array.shape)
        return found

    if isinstance(alignment, Raw):
        alignment.directions_ = {name: np.zeros(card.dim) for name in card.modalities}
    elif isinstance(alignment, ShiftAlignment):
        alignment.directions_ = stored(DIRECTION)
        if hasattr(alignment, "moving_"):
            alignment.moving_ = options.moves
    elif isinstance(alignment, StandardiseDimensions):
        alignment.means_, alignment.scales_ = stored(MEAN), stored(SPREAD)
    elif isinstance(alignment, LinearMap):
        alignment.anchor_ = options.anchor
        alignment.means_, alignment.maps_ = stored(MEAN), stored(MATRIX, whole=False)
    if isinstance(scoring, PairNormalisation):
        scoring.levels_ = {(a, b): ScoreLevel(m, s) for a, b, m, s in card.score_levels}
    elif isinstance(scoring, NearestNeighbourNormalisation):
        scoring.references_ = stored(REFERENCES)
    fusion = plain.fuse(options) if plain.fuse else None
    return Strategy(options, plain, alignment, fusion, scoring)


def _learned(alignment: Alignment, scoring: Scoring | None) -> dict[str, Mapping[str, Any]]:
    learned: dict[str, Mapping[str, Any]] = {}
    if isinstance(alignment, StandardiseDimensions):
        learned |= {MEAN: alignment.means_, SPREAD: alignment.scales_}
    elif isinstance(alignment, LinearMap):
        learned |= {MEAN: alignment.means_, MATRIX: alignment.maps_}
    elif isinstance(alignment, ShiftAlignment) and not isinstance(alignment, Raw):
        learned[DIRECTION] = alignment.directions_
    elif not isinstance(alignment, Raw):
        raise TypeError(f"{type(alignment).__name__} has no place in an export")
    if isinstance(scoring, NearestNeighbourNormalisation):
        learned[REFERENCES] = scoring.references_
    return {
        kind: {name: np.ascontiguousarray(array) for name, array in by_modality.items()}
        for kind, by_modality in learned.items()
    }


def _rank_fusion(card: ExportCard) -> RankFusion:
    told = card.fusion or {}
    if "k" not in told:
        return RankFusion(ties=told.get("ties", "own-first"))
    return RankFusion(
        k=told["k"],
        weights=tuple(told["weights"].items()),
        rank_base=told["rank_base"],
        ties=told["ties"],
    )
