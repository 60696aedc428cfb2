"""Queries of each modality over a mixed index: intra-modal bias, and the match's rank.

Protocol. Indexed: the corpus rows of every modality. Asking: each modality's query rows
(captions after the first where an item has them, else its indexed rows). Left out of a query's
list: the rows of its own item in its own modality, by item id. Relevant: the rows of its
own item in other modalities. Rank: 1 + the number of entries that score strictly higher;
for bias, entries that tie at place k share the room that is left there. Where lists are
fused, equal fused scores of two lists are broken as the fusion says (`ties`).

Where the vectors of an item are fused (`ItemFusion`), items are ranked instead of rows: the
query itself is left out where it is indexed (so that its item competes with its other rows
alone), and bias is the share of the top k items whose best row has the query's modality: the
row of the best cosine, or of the best rank in its list, as `ItemFusion` fuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float64, Indices
from gapviz.measures.retrieval.outcome import MixedOutcome
from gapviz.measures.retrieval.ranking import ndcg_at
from gapviz.retrieval.index import Index
from gapviz.strategies import Strategy
from gapviz.strategies.fusion import Standing

MAX_QUERIES = 2_000


def evaluate_mixed(
    collection: Collection,
    strategy: Strategy,
    *,
    k: int = 10,
    max_queries: int = MAX_QUERIES,
    seed: int = DEFAULT_SEED,
) -> dict[str, MixedOutcome]:
    """Outcome per query modality of `strategy` over the mixed index of `collection`.

    Args:
        collection: the items to evaluate on; they must not have been fitted on.
        strategy: fitted elsewhere.
        k: depth of bias and NDCG.
        max_queries: most queries a modality; beyond it a seeded sample asks.
        seed: of that sample.

    Raises:
        GapvizError: k below 1.
    """
    if k < 1:
        raise GapvizError(f"cannot measure at depth {k}", hint="choose k of at least 1")
    all_ask = all(b.queries is b.corpus for b in collection.modalities.values())
    rows = corpus_rows(collection, strategy)
    queries = rows if all_ask else query_rows(collection, strategy)
    index = Index(rows, strategy, queries)
    entries = rows.n_rows * strategy.fusion.copies
    indexed = ~np.concatenate([b.queries.query_only for b in collection.modalities.values()])
    outcomes: dict[str, MixedOutcome] = {}
    for code, name in enumerate(queries.names):
        asking = np.arange(queries.spans[code].start, queries.spans[code].stop)
        chosen = seeded_sample(asking, max_queries, seed)
        n_blocks = max(1, min(chosen.size, -(-chosen.size * entries // BLOCK_SCORES)))
        parts = [
            _outcome(
                index.standing(queries, name, block, indexed[block], k), queries.item[block], k
            )
            for block in np.array_split(chosen, n_blocks)
        ]
        outcomes[name] = MixedOutcome(
            *(
                np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(MixedOutcome)
            )
        )
    return outcomes


def expected_bias(outcomes: Mapping[str, MixedOutcome]) -> float:
    """Mean corpus share over the query modalities."""
    shares = np.concatenate([[mean_of_known(o.expected_share)] for o in outcomes.values()])
    return mean_of_known(shares)


def mean_of_known(values: Float64) -> float:
    """Mean of the values `(n,)` that are not NaN; NaN where none is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _outcome(standing: Standing, items: Indices, k: int) -> MixedOutcome:
    ranks = standing.ranks
    best = np.where(ranks > 0, ranks, np.iinfo(np.int64).max).min(axis=1)
    return MixedOutcome(
        items=items,
        own_share=standing.own_share,
        expected_share=standing.expected_share,
        first_other_rank=standing.first_other,
        match_rank=np.where(standing.n_relevant > 0, best, 0),
        ndcg=ndcg_at(ranks, standing.n_relevant, k),
        tied=standing.tied,
    )
