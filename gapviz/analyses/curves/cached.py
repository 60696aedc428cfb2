"""The curves of a collection as cached results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gapviz.analyses.curves import (
    FusionCurve,
    MixCurve,
    StrengthCurve,
    calibration_curve,
    corpus_mix_curve,
    rank_fusion_curves,
    strength_curve,
)
from gapviz.analyses.curves.rank_fusion import Lists
from gapviz.core.collection import CALIBRATE, Collection
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress
from gapviz.storage.cache import CachedResult, cached
from gapviz.strategies import STRATEGIES, StrategyOptions, unavailable_reason
from gapviz.strategies.fusion import TieOrder

KIND = "curves"

# Raise it when the same request would give another curve.
REVISION = 3

FALLBACK = "centre"


@dataclass(frozen=True, eq=False)
class FusionCurves(JsonFields):
    """Rank fusion of both kinds of lists."""

    by_lists: Mapping[Lists, FusionCurve]


_strength_curve = cached(KIND, revision=REVISION)(strength_curve)


def cached_strength_curve(
    collection: Collection, options: StrategyOptions, pair: tuple[str, str], *, seed: int
) -> CachedResult[StrengthCurve]:
    """The λ sweep of an offset strategy; see `strength_curve`."""
    # The curve holds every strength, so that its own is no part of what it depends on.
    return _strength_curve(collection, options.having(strength=1.0), pair, seed=seed)


@cached(KIND, revision=REVISION)
def cached_mix_curve(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    asks: str,
    routing: StrategyOptions,
    seed: int,
    progress: Progress = no_progress,
) -> MixCurve:
    """Raw, one strategy, routing and the oracle from all of `pair[1]` to all of `pair[0]`."""
    lines = (StrategyOptions("raw"), options, routing)
    first, second = pair[1], pair[0]
    return corpus_mix_curve(
        collection, lines, first=first, second=second, asks=asks, seed=seed, progress=progress
    )


cached_calibration_curve = cached(KIND, revision=REVISION)(calibration_curve)


@cached(KIND, revision=REVISION)
def cached_fusion_curves(
    collection: Collection,
    weighted: str,
    *,
    ties: TieOrder,
    seed: int,
    progress: Progress = no_progress,
) -> FusionCurves:
    """Rank fusion over k and over the weight of one list; see `rank_fusion_curves`."""
    return FusionCurves(
        rank_fusion_curves(collection, weighted, ties=ties, seed=seed, progress=progress)
    )


def strategy_with_strength(name: str) -> str:
    """The strategy itself where λ can be varied, else centring both."""
    return name if STRATEGIES[name].has("strength") else FALLBACK


def strategy_in_one_index(name: str) -> str:
    """The strategy itself where it changes one mixed index, else centring both."""
    return name if STRATEGIES[name].moves_vectors or STRATEGIES[name].adjusts_scores else FALLBACK


def strategy_that_learns(name: str, collection: Collection) -> str:
    """The strategy itself where calibration items matter to it, else centring both."""
    fits = unavailable_reason(StrategyOptions(name), collection.split(CALIBRATE)) is None
    return name if STRATEGIES[name].learns and fits else FALLBACK
