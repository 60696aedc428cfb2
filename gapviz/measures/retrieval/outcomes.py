"""What all queries of a collection got under one strategy, and its figures by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float64, Mask
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.cross import NDCG_DEPTH, RECALL_DEPTHS, evaluate_cross
from gapviz.measures.retrieval.mixed import MAX_QUERIES, evaluate_mixed
from gapviz.measures.retrieval.outcome import (
    CrossOutcome,
    MixedOutcome,
    mean_of_known,
    weighted_mean,
)
from gapviz.strategies import Strategy
from gapviz.strategies.fusion.base import ndcg_of

Figure = tuple[str, ...]
"""`("bias", "text")`: a figure of the mixed index (bias, lift, ndcg, mrr, recall) and its queries'
modality; `("recall@1", "image", "text")`: of a direction (recall@1, 5, 10, mrr, ndcg)."""

DEPTH = 10
TIES_SHOW = 5e-4
"""Two ends of what ties can do that differ by more are told."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Every query modality in the mixed index, and every direction; computed when first read."""

    collection: Collection
    strategy: Strategy
    seed: int
    max_queries: int = MAX_QUERIES
    kept: Mask | None = None
    """`(n_items, n_parts)` the items of each part of the data that is measured as well."""

    @cached_property
    def mixed(self) -> dict[str, MixedOutcome]:
        """By query modality."""
        return evaluate_mixed(
            self.collection,
            self.strategy,
            k=DEPTH,
            seed=self.seed,
            max_queries=self.max_queries,
            kept=self.kept,
        )

    @cached_property
    def cross(self) -> dict[tuple[str, str], CrossOutcome]:
        """By direction (source, target)."""
        return {
            way: evaluate_cross(
                self.collection,
                self.strategy,
                *way,
                seed=self.seed,
                max_queries=self.max_queries,
                kept=self.kept,
            )
            for way in permutations(self.collection.modality_names, 2)
        }

    @cached_property
    def values(self) -> dict[Figure, Float64]:
        """Every figure, one value a query."""
        found: dict[Figure, Float64] = {}
        for modality, one in self.mixed.items():
            found["bias", modality] = one.own_share
            found["lift", modality] = one.lift
            found["ndcg", modality] = one.ndcg
            found["mrr", modality] = one.reciprocal_rank
            found["recall", modality] = one.recall(DEPTH)
        for way, outcome in self.cross.items():
            found |= {(name, *way): values for name, values in cross_values(outcome).items()}
        return found

    @cached_property
    def means(self) -> dict[Figure, float]:
        """Every figure."""
        return {key: mean_of_known(values) for key, values in self.values.items()}

    def of(self, key: Figure) -> CrossOutcome:
        """What the queries of a figure got."""
        return self.mixed[key[1]] if len(key) == 2 else self.cross[key[1], key[2]]

    def by_modality(self, values: Callable[[MixedOutcome], Float64]) -> dict[str, Estimate]:
        """Means of values `(n_queries,)` of each query modality's outcome, with intervals that
        resample the queries alone.
        """
        return {
            name: bootstrap_mean(values(outcome), outcome.items, seed=self.seed)
            for name, outcome in self.mixed.items()
        }

    @cached_property
    def chance(self) -> dict[Figure, float]:
        """What NDCG, MRR and recall are where all entries score alike."""
        found: dict[Figure, float] = {}
        for key, outcome in (self.mixed | self.cross).items():
            alike, counts = outcome.by_chance
            for figure, values in _placed(key, alike).items():
                found[figure] = weighted_mean(values, counts)
        return found

    @cached_property
    def tie_ends(self) -> dict[Figure, tuple[float, float]]:
        """NDCG, MRR and recall with every tie lost, and with every tie won."""
        lost = self._elsewhere(lambda outcome: outcome.at_end(won=False))
        won = self._elsewhere(lambda outcome: outcome.at_end(won=True))
        return {key: (lost[key], won[key]) for key in lost}

    def _elsewhere(self, to: Callable[[CrossOutcome], CrossOutcome]) -> dict[Figure, float]:
        """NDCG, MRR and recall of the same queries where their matches stand elsewhere."""
        found: dict[Figure, float] = {}
        for key, outcome in (self.mixed | self.cross).items():
            for figure, values in _placed(key, to(outcome)).items():
                found[figure] = mean_of_known(values)
        return found


def _placed(key: str | tuple[str, str], outcome: CrossOutcome) -> dict[Figure, Float64]:
    """NDCG, MRR and recall of what stands in the mixed index, or in a direction, by query."""
    if not isinstance(key, str):
        return {(name, *key): values for name, values in cross_values(outcome).items()}
    return {
        ("ndcg", key): ndcg_of(outcome.places, outcome.groups.n_relevant, DEPTH),
        ("mrr", key): outcome.reciprocal_rank,
        ("recall", key): outcome.recall(DEPTH),
    }


def figure_name(key: Figure) -> str:
    """The figure of a key, whichever the queries: `bias`, and `cross_mrr` of a direction."""
    return key[0] if len(key) < 3 else f"cross_{key[0]}"


def cross_values(outcome: CrossOutcome) -> Mapping[str, Float64]:
    """Figures of a direction, one value a query."""
    recall = {f"recall@{k}": outcome.recall(k) for k in RECALL_DEPTHS}
    ndcg = ndcg_of(outcome.places, outcome.groups.n_relevant, NDCG_DEPTH)
    return recall | {"mrr": outcome.reciprocal_rank, "ndcg": ndcg}
