"""What queries got from an index, one entry per query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.ties import Places, TieGroups


@dataclass(frozen=True, eq=False)
class CrossOutcome:
    """Where the matches of queries stand; a figure is its mean over all orders of equal scores."""

    items: Indices
    """`(n_queries,)` item of each query."""
    groups: TieGroups
    """The relevant entries among their equals."""
    best: Places
    """Where the best match of each query may stand."""
    n_entries: Indices
    """`(n_queries,)`: how many entries were ranked."""
    every: Places | None = None
    """Where all relevant entries may stand, if not as `groups` say."""
    parts: Mapping[str, Float64] = field(default_factory=dict)
    """Means over the queries in parts of the corpus, `(n_parts,)` by figure; see `intervals`."""

    def recall(self, k: int) -> Float64:
        """`(n_queries,)`: chance that the best match is within the first k; NaN without one."""
        return self.best.hit(k)

    @property
    def reciprocal_rank(self) -> Float64:
        """`(n_queries,)`: mean of 1 / rank of the best match, NaN without; its mean is MRR."""
        return self.best.reciprocal_rank

    @property
    def match_rank(self) -> Float64:
        """`(n_queries,)`: mean rank of the best match, from 1; 0 where the item has no match."""
        return np.nan_to_num(self.best.rank)

    @property
    def tied(self) -> Mask:
        """`(n_queries,)`: whether an entry that is no match scores as the best match does."""
        return self.groups.tied

    @cached_property
    def by_chance(self) -> tuple[CrossOutcome, Indices]:
        """Where all entries score alike: one query of each kind, and how many are of it.

        Of one kind are queries with as many entries and as many relevant ones.
        """
        kinds, first, counts = np.unique(
            np.stack([self.n_entries, self.groups.n_relevant]),
            axis=1,
            return_index=True,
            return_counts=True,
        )
        n_entries, relevant = kinds
        query = np.flatnonzero(relevant)
        size = np.maximum(n_entries, relevant)[query]
        groups = TieGroups(first.size, query, np.zeros_like(query), size, relevant[query])
        alike = CrossOutcome(self.items[first], groups, groups.best, n_entries)
        return alike, counts.astype(np.int64)

    def at_end(self, *, won: bool) -> CrossOutcome:
        """The same queries where every tie is won, or lost."""
        place = self.groups.ends[0 if won else 1]
        query = np.flatnonzero(place)
        one = np.ones_like(query)
        places = Places(place.size, query, place[query] - 1, one, one.astype(np.float64))
        every = self.groups.at_end(won=won)
        return CrossOutcome(self.items, self.groups, places, self.n_entries, every)

    @property
    def places(self) -> Places:
        """Of every relevant entry."""
        return self.groups.all if self.every is None else self.every


@dataclass(frozen=True, eq=False, kw_only=True)
class MixedOutcome(CrossOutcome):
    """What the queries of one modality got from a mixed index, one entry per query."""

    own_share: Float64
    """Intra-modal bias: share of the top k that has the query's modality. Where several
    vectors are fused by item: share of the top k items whose best row has it."""
    expected_share: Float64
    """(N_own − own rows of the item) / (N − the same): the corpus share, bias of chance. Where
    several vectors are fused by item: mean share of an item's rows that has the modality."""
    first_other_rank: Float64
    """Mean rank of the first entry of another modality; 0 where there is none."""
    ndcg: Float64
    """NDCG@k of the relevant entries; NaN where there are none."""

    @property
    def lift(self) -> Float64:
        """Bias ÷ corpus share per query: 1 is neutral; NaN where no own entry is left."""
        return ratio(self.own_share, self.expected_share)


def mean_of_known(values: Float64 | Mask) -> float:
    """Mean of the values `(n,)` that are not NaN; NaN where none is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def weighted_mean(values: Float64, weights: Indices) -> float:
    """Mean of the values `(n,)` that are not NaN, each so often; NaN where none is left."""
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=weights[known])) if known.any() else float("nan")
