"""What the queries of one modality got from an index, one entry per query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.measures.retrieval.ranking import recall_at, reciprocal_rank


@dataclass(frozen=True, eq=False)
class MixedOutcome:
    """What the queries of one modality got, one entry per query."""

    k: int
    """Depth of bias and NDCG."""
    items: Indices
    """`(n_queries,)` item of each query."""
    own_share: Float64
    """Intra-modal bias: share of the top k that has the query's modality. Where several
    vectors are fused by item: share of the top k items whose best row has it."""
    expected_share: Float64
    """(N_own − own rows of the item) / (N − the same): the corpus share, bias of chance. Where
    several vectors are fused by item: mean share of an item's rows that has the modality."""
    first_other_rank: Indices
    """Rank of the first entry of another modality; 0 where there is none."""
    match_rank: Indices
    """Rank of the best relevant entry; 0 where the item has none."""
    ndcg: Float64
    """NDCG@k of the relevant entries; NaN where there are none."""
    tied: Mask
    """True where the best match's score equals that of an entry of the same list that is not
    relevant."""
    n_available: int
    """Queries there were; more than `items.size` where a seeded sample asks for all."""

    @property
    def reciprocal_rank(self) -> Float64:
        """`(n_queries,)`: 1 / rank of the best match, NaN without one; its mean is MRR."""
        return reciprocal_rank(self.match_rank)

    @property
    def lift(self) -> Float64:
        """Bias ÷ corpus share per query: 1 is neutral; NaN where no own entry is left."""
        return ratio(self.own_share, self.expected_share)

    def recall(self, k: int) -> Float64:
        """`(n_queries,)`: 1 where the best match stands within the first k, else 0; NaN without."""
        return recall_at(self.match_rank, k)


def joined(parts: Sequence[MixedOutcome], k: int, n_available: int) -> MixedOutcome:
    """The outcomes of consecutive blocks of queries as one."""

    def entries(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return MixedOutcome(
        k=k,
        items=entries("items"),
        own_share=entries("own_share"),
        expected_share=entries("expected_share"),
        first_other_rank=entries("first_other_rank"),
        match_rank=entries("match_rank"),
        ndcg=entries("ndcg"),
        tied=entries("tied"),
        n_available=n_available,
    )
