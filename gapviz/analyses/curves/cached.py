"""The curves of a collection as work to be done once: what each of them depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gapviz.analyses.curves import (
    CalibrationCurve,
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
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import STRATEGIES, StrategyOptions, unavailable_reason
from gapviz.strategies.fusion import TieOrder

KIND = "curves"

# Raise it when the same request would give another curve.
REVISION = 2

FALLBACK = "centre"


@dataclass(frozen=True, eq=False)
class FusionCurves(JsonFields):
    """Rank fusion of both kinds of lists."""

    by_lists: Mapping[Lists, FusionCurve]


def cached_strength_curve(
    collection: Collection, options: StrategyOptions, pair: tuple[str, str], *, seed: int
) -> CachedResult[StrengthCurve]:
    """The λ sweep of an offset strategy; see `strength_curve`."""
    # The curve holds every strength, so that its own is no part of what it depends on.
    chosen = options.having(strength=1.0)
    return CachedResult(
        KIND,
        _key("strength", collection, seed, options=chosen.plain(), pair=pair),
        StrengthCurve,
        lambda progress: strength_curve(collection, chosen, pair, seed=seed, progress=progress),
    )


def cached_mix_curve(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    asks: str,
    routing: StrategyOptions,
    seed: int,
) -> CachedResult[MixCurve]:
    """Raw, one strategy, routing and the oracle from all of `pair[1]` to all of `pair[0]`."""
    lines = (StrategyOptions("raw"), options, routing)
    return CachedResult(
        KIND,
        _key("mix", collection, seed, options=[one.plain() for one in lines], pair=pair, asks=asks),
        MixCurve,
        lambda progress: corpus_mix_curve(
            collection,
            lines,
            first=pair[1],
            second=pair[0],
            asks=asks,
            seed=seed,
            progress=progress,
        ),
    )


def cached_calibration_curve(
    collection: Collection, options: StrategyOptions, pair: tuple[str, str], *, seed: int
) -> CachedResult[CalibrationCurve]:
    """A strategy by the number of items it is fitted on; see `calibration_curve`."""
    return CachedResult(
        KIND,
        _key("calibration", collection, seed, options=options.plain(), pair=pair),
        CalibrationCurve,
        lambda progress: calibration_curve(collection, options, pair, seed=seed, progress=progress),
    )


def cached_fusion_curves(
    collection: Collection, weighted: str, *, ties: TieOrder, seed: int
) -> CachedResult[FusionCurves]:
    """Rank fusion over k and over the weight of one list; see `rank_fusion_curves`."""
    return CachedResult(
        KIND,
        _key("fusion", collection, seed, weighted=weighted, ties=ties),
        FusionCurves,
        lambda progress: FusionCurves(
            rank_fusion_curves(collection, weighted, ties=ties, seed=seed, progress=progress)
        ),
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


def _key(curve: str, collection: Collection, seed: int, **parts: object) -> str:
    return content_key(
        curve=curve, collection=collection.content_hash, seed=seed, revision=REVISION, **parts
    )
