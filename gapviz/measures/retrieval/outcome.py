"""What queries got from an index, one entry per query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.vectors import Float64, Indices, Mask, ratio


@dataclass(frozen=True, eq=False)
class CrossOutcome:
    """Ranks of the best match, one entry per query."""

    items: Indices
    """`(n_queries,)` item of each query."""
    match_rank: Indices
    """`(n_queries,)` from 1; 0 where the item has no match."""
    tied: Mask
    """True where an entry of the same list that is no match scores exactly as the best match."""

    def recall(self, k: int) -> Float64:
        """`(n_queries,)`: 1 where the best match stands within the first k, else 0; NaN without."""
        return np.where(self.match_rank > 0, (self.match_rank <= k).astype(np.float64), np.nan)

    @property
    def reciprocal_rank(self) -> Float64:
        """`(n_queries,)`: 1 / rank of the best match, NaN without one; its mean is MRR."""
        return np.where(self.match_rank > 0, 1 / np.maximum(self.match_rank, 1), np.nan)


@dataclass(frozen=True, eq=False)
class MixedOutcome(CrossOutcome):
    """What the queries of one modality got from a mixed index, one entry per query."""

    own_share: Float64
    """Intra-modal bias: share of the top k that has the query's modality. Where several
    vectors are fused by item: share of the top k items whose best row has it."""
    expected_share: Float64
    """(N_own − own rows of the item) / (N − the same): the corpus share, bias of chance. Where
    several vectors are fused by item: mean share of an item's rows that has the modality."""
    first_other_rank: Indices
    """Rank of the first entry of another modality; 0 where there is none."""
    ndcg: Float64
    """NDCG@k of the relevant entries; NaN where there are none."""

    @property
    def lift(self) -> Float64:
        """Bias ÷ corpus share per query: 1 is neutral; NaN where no own entry is left."""
        return ratio(self.own_share, self.expected_share)
