"""Queries of each modality over a mixed index: intra-modal bias, and the match's rank.

Protocol. Indexed: the corpus rows of every modality. Asking: each modality's query rows
(captions after the first where an item has them, else its indexed rows). Left out of a query's
list: the rows of its own item in its own modality, by item id. Relevant: the rows of its
own item in other modalities. Equal scores (see `gapviz.strategies.fusion.ties`): every figure is
its mean over all their orders, and entries that tie at place k share the room that is left there;
where lists are fused, equal fused scores likewise, unless the fusion is told otherwise (`ties`).

Where the vectors of an item are fused (`ItemFusion`), items are ranked instead of rows: the
query itself is left out where it is indexed, and nothing else. An item whose only row of the
modality asks is left with one list against two of every other item, so that its rank says
nothing: such queries have no match. Bias is the share of the top k items whose best row has the
query's modality: the row of the best cosine, or of the best rank in its list, as `ItemFusion`
fuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.measures.retrieval.outcome import MixedOutcome, mean_of_known
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.strategies import Strategy
from gapviz.strategies.fusion import Asked, QueryFigures
from gapviz.strategies.fusion.ties import joined, joined_groups

MAX_QUERIES = 2_000
PART_FIGURES = ("bias", "lift", "ndcg", "mrr", "recall")


def evaluate_mixed(
    collection: Collection,
    strategy: Strategy,
    *,
    k: int = 10,
    max_queries: int = MAX_QUERIES,
    seed: int = DEFAULT_SEED,
    kept: Mask | None = None,
) -> dict[str, MixedOutcome]:
    """Outcome per query modality of `strategy` over the mixed index of `collection`.

    Args:
        collection: the items to evaluate on; they must not have been fitted on.
        strategy: fitted elsewhere.
        k: depth of bias and NDCG.
        max_queries: most queries a modality; beyond it a seeded sample asks.
        seed: of that sample.
        kept: `(n_items, n_parts)` the items of each part of the corpus that is measured as well.

    Raises:
        GapvizError: k below 1.
    """
    if k < 1:
        raise GapvizError(f"cannot measure at depth {k}", hint="choose k of at least 1")
    outcomes: dict[str, MixedOutcome] = {}
    for name, items, blocks in asked_by_modality(
        collection, strategy, max_queries=max_queries, seed=seed
    ):
        standings, parts = [], _Parts(0 if kept is None else kept.shape[1])
        for asked in blocks:
            standings.append(strategy.fusion.standing(asked, k))
            if kept is not None:
                parts.add(strategy.fusion.resampled(asked, k, kept))
        figures = [standing.figures(k) for standing in standings]
        outcomes[name] = MixedOutcome(
            items=items,
            groups=joined_groups([one.groups for one in standings]),
            best=joined([one.best for one in standings]),
            n_entries=np.concatenate([one.n_entries for one in standings]),
            parts={} if kept is None else parts.means,
            own_share=np.concatenate([one.own_share for one in standings]),
            expected_share=np.concatenate([one.expected_share for one in standings]),
            first_other_rank=np.concatenate([one.first_other for one in standings]),
            ndcg=np.concatenate([one.ndcg for one in figures]),
        )
    return outcomes


def asked_by_modality(
    collection: Collection, strategy: Strategy, *, max_queries: int, seed: int
) -> Iterator[tuple[str, Indices, Iterator[Asked]]]:
    """The queries of each modality with their scores over the mixed index, block by block.

    Args:
        collection: whose items are searched, and ask.
        strategy: fitted.
        max_queries: most queries a modality; beyond it a seeded sample asks.
        seed: of that sample.

    Yields:
        Query modality, the item of each query `(n_queries,)`, and one block or more.
    """
    all_ask = all(b.queries is b.corpus for b in collection.modalities.values())
    rows = corpus_rows(collection, strategy)
    alike = all_ask and not strategy.spec.by_role
    queries = rows if alike else query_rows(collection, strategy)
    index = ExactIndex(rows, strategy, queries)
    entries = rows.n_rows * strategy.fusion.copies
    starts = [span.start for span in rows.spans]
    row = np.concatenate(
        [
            np.where(block.indexed_queries < 0, -1, start + block.indexed_queries)
            for start, block in zip(starts, collection.modalities.values(), strict=True)
        ]
    )
    for code, name in enumerate(queries.names):
        span = queries.spans[code]
        chosen = span.start + sampled_queries(span.stop - span.start, seed, max_queries)
        n_blocks = max(1, min(chosen.size, -(-chosen.size * entries // BLOCK_SCORES)))
        blocks = np.array_split(chosen, n_blocks)
        yield (
            name,
            queries.item[chosen],
            (index.asked(queries, name, block, row[block]) for block in blocks),
        )


def sampled_queries(n_queries: int, seed: int, most: int = MAX_QUERIES) -> Indices:
    """Which queries of a modality are measured, rising: all, or a seeded sample of `most`.

    Args:
        n_queries: how many rows of `ModalityVectors.queries` there are.
        seed: of the sample.
        most: queries that are measured.
    """
    return seeded_sample(np.arange(n_queries), most, seed)


def expected_bias(outcomes: Mapping[str, MixedOutcome]) -> float:
    """Mean corpus share over the query modalities."""
    shares = np.concatenate([[mean_of_known(o.expected_share)] for o in outcomes.values()])
    return mean_of_known(shares)


class _Parts:
    """Sums over the queries of blocks, by part of the corpus."""

    def __init__(self, n_parts: int) -> None:
        self.total = dict.fromkeys(PART_FIGURES, np.zeros(n_parts))
        self.count = dict.fromkeys(PART_FIGURES, np.zeros(n_parts))

    def add(self, found: QueryFigures) -> None:
        values = (
            found.own_share,
            ratio(found.own_share, found.expected_share),
            found.ndcg,
            found.reciprocal_rank,
            found.hit,
        )
        for name, value in zip(PART_FIGURES, values, strict=True):
            self.total[name] = self.total[name] + np.nansum(value, axis=0)
            self.count[name] = self.count[name] + (~np.isnan(value)).sum(axis=0)

    @property
    def means(self) -> dict[str, Float64]:
        return {name: ratio(self.total[name], self.count[name]) for name in PART_FIGURES}
