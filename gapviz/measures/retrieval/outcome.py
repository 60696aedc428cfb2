"""What queries got from an index, one entry per query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.strategies.fusion.base import ndcg_of
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

    def recall_at_ends(self, k: int) -> tuple[float, float]:
        """Recall@k with every tie lost, and with every tie won."""
        won, lost = (np.where(end > 0, end <= k, np.nan) for end in self.groups.ends)
        return mean_of_known(lost), mean_of_known(won)


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

    def ndcg_at_ends(self, k: int) -> tuple[float, float]:
        """NDCG@k with every tie lost, and with every tie won."""
        lost, won = (
            mean_of_known(ndcg_of(self.groups.at_end(won=won), self.groups.n_relevant, k))
            for won in (False, True)
        )
        return lost, won


def mean_of_known(values: Float64) -> float:
    """Mean of the values `(n,)` that are not NaN; NaN where none is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
