"""Score studies as work to be done once."""

from __future__ import annotations

from dataclasses import asdict

from gapviz.cache import content_key
from gapviz.collection import Collection
from gapviz.kept import Work
from gapviz.score_study import ScoreStudy, study_scores
from gapviz.strategies import StrategyOptions


def score_work(
    collection: Collection, options: StrategyOptions, pair: tuple[str, str], *, seed: int
) -> Work[ScoreStudy]:
    """The scores of a collection under a strategy; see `study_scores`."""
    return Work(
        "scores",
        content_key(
            collection=collection.content_hash, options=asdict(options), pair=pair, seed=seed
        ),
        ScoreStudy,
        lambda progress: study_scores(collection, options, pair, seed=seed, progress=progress),
        on_disk=False,
    )
