"""Score studies as work to be done once."""

from __future__ import annotations

from gapviz.analyses.thresholds.score_study import ScoreStudy, study_scores
from gapviz.core.collection import Collection
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import StrategyOptions


def cached_scores(
    collection: Collection,
    options: StrategyOptions,
    pair: tuple[str, str],
    *,
    asks: str | None = None,
    seed: int,
) -> CachedResult[ScoreStudy]:
    """The scores of a collection under a strategy; see `study_scores`."""
    return CachedResult(
        "scores",
        content_key(
            collection=collection.content_hash,
            options=options.plain(),
            pair=pair,
            asks=asks,
            seed=seed,
        ),
        ScoreStudy,
        lambda progress: study_scores(
            collection, options, pair, asks=asks, seed=seed, progress=progress
        ),
        on_disk=False,
    )
