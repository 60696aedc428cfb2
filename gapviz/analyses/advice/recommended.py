"""The usual strategy of a collection: what the advisor recommends for a mixed index of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gapviz.analyses.advice.advice import Advice, cached_advice
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation, applicable
from gapviz.core.collection import Collection
from gapviz.core.item_sample import sampled
from gapviz.core.lazy import cached_property
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.sources.builtin.shipped import shipped_folder
from gapviz.storage.cache import CachedResult
from gapviz.strategies import StrategyOptions

SHIPPED_FILE = "recommended.json"
"""In `data/builtin`, made by `data/build_recommended.py`; see `shipped_json`."""

UNTIL_KNOWN = StrategyOptions("centre")
"""The strategy while the advisor measures, and where it cannot."""


@dataclass(frozen=True, eq=False)
class Recommended:
    """The strategy that is shown of a collection where none is chosen.

    That of the first way of `advise` that is a strategy and better than raw cosine, for a mixed
    index whose entries can be changed; raw cosine where there is none.
    """

    collection: Collection
    """With a calibrate and an evaluate split; a sample of a large one is measured."""
    seed: int = DEFAULT_SEED

    @cached_property
    def advice(self) -> CachedResult[Advice]:
        """What it follows from, kept on disk.

        Raises:
            GapvizError: fewer than two modalities.
        """
        evidence = Evidence(sampled(self.collection), seed=self.seed)
        return cached_advice(evidence, Situation(found=evidence.pair[0]))

    def get(self) -> StrategyOptions | None:
        """The strategy if it is known without measuring, else None.

        Raises:
            GapvizError: as `advice`.
        """
        if len(self.collection.modality_names) < 2:
            return StrategyOptions()
        shipped = _shipped().get(self.collection.content_hash)
        if self.seed == DEFAULT_SEED and shipped is not None:
            return StrategyOptions(shipped)
        advice = self.advice.get()
        return None if advice is None else strategy_of(advice)

    def compute(self, progress: Progress | None = None) -> StrategyOptions:
        """The strategy, measured now unless it is known.

        Raises:
            GapvizError: as `advise`.
        """
        return self.get() or strategy_of(self.advice.compute(progress))


def recommended(
    collection: Collection, seed: int = DEFAULT_SEED, progress: Progress | None = None
) -> StrategyOptions:
    """The strategy that is shown of a collection where none is chosen; see `Recommended`.

    Raises:
        GapvizError: as `advise`.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> recommended(builtin_collection()).name
    'znorm'
    """
    return Recommended(collection, seed).compute(progress)


def strategy_of(advice: Advice) -> StrategyOptions:
    """The first strategy that is better than raw cosine, else raw cosine."""
    better = (one.rule.strategy for one in advice.recommendations if one.verdict == "better")
    return StrategyOptions(next(filter(None, better), "raw"))


def shipped_json(collections: Mapping[str, Collection]) -> dict[str, Any]:
    """What is shipped: the rules that are tried, and by source the strategy that comes of them.

    Args:
        collections: those that come with gapviz, by what they are called as a source.
    """
    return {
        "rules": _rules(),
        "seed": DEFAULT_SEED,
        "strategies": {
            source: {
                "content": one.content_hash,
                "strategy": strategy_of(Recommended(one).advice.compute()).name,
            }
            for source, one in collections.items()
        },
    }


@cache
def _shipped() -> dict[str, str]:
    """By the hash of a collection its strategy; empty where other ways are tried than then."""
    path = shipped_folder("builtin") / SHIPPED_FILE
    if not path.exists():
        return {}
    told = json.loads(path.read_text("utf-8"))
    # A strategy of another package may be better than all that were tried.
    if told["rules"] != _rules() or told["seed"] != DEFAULT_SEED:
        return {}
    return {one["content"]: one["strategy"] for one in told["strategies"].values()}


def _rules() -> list[str]:
    return [rule.name for rule in applicable(Situation())[0]]
