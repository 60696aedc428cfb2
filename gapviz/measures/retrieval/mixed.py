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

from collections.abc import Mapping, Sequence

import numpy as np

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.pairs import matching_rows
from gapviz.core.rows import Rows, corpus_rows, query_rows
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.measures.retrieval.items import outcome_by_item
from gapviz.measures.retrieval.outcome import MixedOutcome, joined, ratio
from gapviz.measures.retrieval.ranking import ndcg_at
from gapviz.retrieval.search import tie_order
from gapviz.strategies import Strategy
from gapviz.strategies.fusion import (
    ItemFusion,
    RankFusion,
    ScoreFusion,
    interleaving,
    rescaled,
)
from gapviz.strategies.scoring import PreparedScores

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
    corpus = corpus_rows(collection, strategy.alignment)
    all_ask = all(b.queries is b.corpus for b in collection.modalities.values())
    queries = corpus if all_ask else query_rows(collection, strategy.alignment)
    # Rescaled lists and items are worked out in several float64 copies of the scores.
    copies = 8 if isinstance(strategy.fusion, ScoreFusion | ItemFusion) else 1
    scoring = strategy.scoring.prepare(corpus, queries) if strategy.scoring else None
    indexed = ~np.concatenate([b.queries.query_only for b in collection.modalities.values()])
    outcomes: dict[str, MixedOutcome] = {}
    for code, name in enumerate(queries.names):
        rows = np.arange(queries.spans[code].start, queries.spans[code].stop)
        chosen = _sample(rows, max_queries, seed)
        parts = [
            _evaluate_block(corpus, queries, block, code, strategy, scoring, indexed[block], k)
            for block in np.array_split(chosen, _n_blocks(chosen.size, corpus.n_rows * copies))
        ]
        outcomes[name] = joined(parts, k, rows.size)
    return outcomes


def expected_bias(outcomes: Mapping[str, MixedOutcome]) -> float:
    """Mean corpus share over the query modalities."""
    shares = np.concatenate([[mean_of_known(o.expected_share)] for o in outcomes.values()])
    return mean_of_known(shares)


def mean_of_known(values: Float64) -> float:
    """Mean of the values `(n,)` that are not NaN; NaN where none is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _evaluate_block(
    corpus: Rows,
    queries: Rows,
    rows: Indices,
    own: int,
    strategy: Strategy,
    scoring: PreparedScores | None,
    indexed: Mask,
    k: int,
) -> MixedOutcome:
    scores: Float32 = queries.vectors[rows] @ corpus.vectors.T
    items = queries.item[rows]
    matches = matching_rows(items, corpus.item, by_item_b=corpus.by_item)
    asking, found = matches.rows_a, matches.rows_b
    is_own = corpus.modality[found] == own
    if isinstance(strategy.fusion, ItemFusion):
        left_out = is_own & indexed[asking]
        scores[asking[left_out], found[left_out]] = -np.inf
        return outcome_by_item(corpus, scores, items, own, strategy.fusion, k)
    n_excluded = np.bincount(asking[is_own], minlength=rows.size)
    n_relevant = np.bincount(asking[~is_own], minlength=rows.size)
    scores[asking[is_own], found[is_own]] = -np.inf
    if scoring is not None:
        scores = scoring.adjust(scores, queries.names[own])
    asking, found = asking[~is_own], found[~is_own]
    n_open = corpus.n_rows - n_excluded
    own_span = corpus.spans[own]
    n_own_open = own_span.stop - own_span.start - n_excluded
    if strategy.fusion is None:
        own_share, first_other = _mixed_bias(corpus, scores, own, n_open, k)
        ranks, tied = _ranks_of(scores, asking, found)
    elif isinstance(strategy.fusion, RankFusion):
        own_share, first_other, ranks, tied = _routed(
            corpus, scores, asking, found, own, n_excluded, strategy.fusion, k
        )
    else:
        fused = np.concatenate(
            [rescaled(scores[:, span], strategy.fusion.scale) for span in corpus.spans], axis=1
        )
        codes = tie_order(len(corpus.names), own, strategy.fusion)
        own_share, first_other = _mixed_bias(corpus, fused, own, n_open, k, codes)
        ranks, tied = _merged_ranks(corpus, scores, fused, asking, found, codes)
    match_rank = np.where(ranks > 0, ranks, np.iinfo(np.int64).max).min(axis=1)
    return MixedOutcome(
        k=k,
        items=items,
        own_share=own_share,
        expected_share=ratio(n_own_open, n_open),
        first_other_rank=first_other,
        match_rank=np.where(n_relevant > 0, match_rank, 0),
        ndcg=ndcg_at(ranks, n_relevant, k),
        tied=tied,
        n_available=rows.size,
    )


def _mixed_bias(
    corpus: Rows,
    scores: Float32,
    own: int,
    n_open: Indices,
    k: int,
    codes: Sequence[int] | None = None,
) -> tuple[Float64, Indices]:
    """Share of the top k that is `own`, and the rank of the first entry that is not.

    Of the entries that tie at the last place, as large a share counts as there is room for,
    unless `codes` say in which order modalities break a tie: first come, first served.
    """
    best = [_best(scores[:, span], k) for span in corpus.spans]
    owner = np.repeat(np.arange(len(best)), [part.shape[1] for part in best])
    pooled = np.concatenate(best, axis=1)
    taken = np.minimum(n_open, k)
    falling = -np.sort(-pooled, axis=1)
    last = np.take_along_axis(falling, np.maximum(taken - 1, 0)[:, None], axis=1)
    above, level = pooled > last, pooled == last
    n_level, n_level_own = level.sum(axis=1), level[:, owner == own].sum(axis=1)
    room = taken - above.sum(axis=1)
    for row in np.flatnonzero(n_level > room):
        n_level[row] = np.count_nonzero(scores[row] == last[row])
        n_level_own[row] = np.count_nonzero(scores[row, corpus.spans[own]] == last[row])
    own_first = codes is not None and codes[0] == own
    if codes is None:
        level_taken = room * n_level_own / n_level
    elif own_first:
        level_taken = np.minimum(room, n_level_own)
    else:
        level_taken = room - np.minimum(room, n_level - n_level_own)
    own_share = ratio(above[:, owner == own].sum(axis=1) + level_taken, taken)
    if len(best) == 1:
        return own_share, np.zeros(len(scores), dtype=np.int64)
    best_other = pooled[:, owner != own].max(axis=1)
    own_scores = scores[:, corpus.spans[own]]
    return own_share, 1 + _count_above(own_scores, best_other, or_equal=own_first)


def _best(scores: Float32, k: int) -> Float32:
    """The `k` largest of each row, in no order; all of them where there are no more."""
    n = scores.shape[1]
    if n <= k:
        return scores
    best: Float32 = np.partition(scores, n - k, axis=1)[:, n - k :]
    return best


def _routed(
    corpus: Rows,
    scores: Float32,
    asking: Indices,
    found: Indices,
    own: int,
    n_excluded: Indices,
    fusion: RankFusion,
    k: int,
) -> tuple[Float64, Indices, Indices, Mask]:
    """Share, first other rank, ranks of the relevant entries, ties; see `interleaving`."""
    codes = tie_order(len(corpus.names), own, fusion)
    weights = [fusion.weight(corpus.names[code]) for code in codes]
    own_share = np.full(len(scores), np.nan)
    first_other = np.zeros(len(scores), dtype=np.int64)
    tied = np.zeros(len(scores), dtype=np.bool_)
    in_list = {}
    for code in codes:
        if code != own:
            span, here = corpus.spans[code], corpus.modality[found] == code
            ranks, tied_here = _ranks_of(scores[:, span], asking[here], found[here] - span.start)
            in_list[code] = ranks
            tied |= tied_here
    fused = {code: np.zeros_like(ranks) for code, ranks in in_list.items()}
    for left_out in np.unique(n_excluded):
        which = n_excluded == left_out
        lengths = [
            corpus.spans[code].stop - corpus.spans[code].start - (left_out if code == own else 0)
            for code in codes
        ]
        merged = interleaving(lengths, weights, fusion)[:, 0]
        is_own = merged == codes.index(own)
        if merged.size:
            own_share[which] = is_own[:k].mean()
            first_other[which] = 0 if is_own.all() else int(np.argmin(is_own)) + 1
        for code, ranks in in_list.items():
            place = np.concatenate([[0], np.flatnonzero(merged == codes.index(code)) + 1])
            fused[code][which] = place[ranks[which]]
    no_rank = np.zeros((len(scores), 1), dtype=np.int64)
    return own_share, first_other, np.concatenate([no_rank, *fused.values()], axis=1), tied


def _ranks_of(scores: Float32, asking: Indices, found: Indices) -> tuple[Indices, Mask]:
    """Ranks of relevant entries, best first, `(n_queries, most_relevant)`, 0-padded; and ties.

    Args:
        scores: `(n_queries, n)`.
        asking: `(n_relevant,)`, ascending: the query of each relevant entry.
        found: `(n_relevant,)`, its column.

    Returns:
        The ranks, and `(n_queries,)` whether an entry that is not relevant scores exactly as
        the best relevant one.
    """
    count = np.bincount(asking, minlength=len(scores))
    place = np.arange(asking.size) - (np.cumsum(count) - count)[asking]
    falling = np.full((len(scores), max(1, count.max(initial=0))), -np.inf, dtype=scores.dtype)
    falling[asking, place] = scores[asking, found]
    falling = -np.sort(-falling, axis=1)
    ranks = np.zeros(falling.shape, dtype=np.int64)
    for column, level in enumerate(falling.T):
        known = count > column
        ranks[known, column] = 1 + _count_above(scores, level)[known]
        if column:
            # Relevant entries of equal score stand one behind the other.
            ranks[known, column] = np.maximum(ranks[known, column], ranks[known, column - 1] + 1)
    level = falling[:, 0]
    n_level = _count_above(scores, level, or_equal=True) - np.maximum(ranks[:, 0] - 1, 0)
    return ranks, (count > 0) & (n_level > (falling == level[:, None]).sum(axis=1))


def _merged_ranks(
    corpus: Rows,
    scores: Float32,
    fused: Float32,
    asking: Indices,
    found: Indices,
    codes: Sequence[int],
) -> tuple[Indices, Mask]:
    """As `_ranks_of`, over lists merged by `fused` score, each list in the order of `scores`.

    Of equal entries of two lists the one whose modality comes first in `codes` stands first;
    told to be tied is what that favours.
    """
    count = np.bincount(asking, minlength=len(scores))
    place = np.arange(asking.size) - (np.cumsum(count) - count)[asking]
    none = np.iinfo(np.int64).max
    rising = np.full((len(scores), max(1, count.max(initial=0))), none)
    level = np.zeros(rising.shape, dtype=np.int64)
    for query, row, column in zip(asking, found, place, strict=True):
        code = int(corpus.modality[row])
        span = corpus.spans[code]
        inside, merged = scores[query, span], fused[query]
        rising[query, column] = 1 + np.count_nonzero(inside > scores[query, row])
        level[query, column] = np.count_nonzero(inside == scores[query, row])
        for other in codes:
            if other != code:
                theirs = merged[corpus.spans[other]]
                n_equal = np.count_nonzero(theirs == merged[row])
                wins_ties = codes.index(other) < codes.index(code)
                rising[query, column] += np.count_nonzero(theirs > merged[row])
                rising[query, column] += n_equal if wins_ties else 0
                level[query, column] += 0 if wins_ties else n_equal
    best = rising.argmin(axis=1)[:, None]
    n_level = np.take_along_axis(level, best, axis=1)[:, 0]
    rising = np.sort(rising, axis=1)
    n_best = (rising == rising[:, :1]).sum(axis=1)
    for column in range(1, rising.shape[1]):
        known = count > column
        rising[known, column] = np.maximum(rising[known, column], rising[known, column - 1] + 1)
    return np.where(rising == none, 0, rising), (count > 0) & (n_level > n_best)


def _count_above(scores: Float32, level: Float32, *, or_equal: bool = False) -> Indices:
    """`(n_queries,)`: how many entries of each row exceed (or reach) its level."""
    compare = np.greater_equal if or_equal else np.greater
    # Row by row: counting true bytes of one row is many times as fast as a sum over an axis.
    return np.array(
        [np.count_nonzero(compare(row, at)) for row, at in zip(scores, level, strict=True)],
        dtype=np.int64,
    )


def _sample(rows: Indices, most: int, seed: int) -> Indices:
    if rows.size <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _n_blocks(n_queries: int, n_rows: int) -> int:
    return max(1, min(n_queries, -(-n_queries * n_rows // BLOCK_SCORES)))
