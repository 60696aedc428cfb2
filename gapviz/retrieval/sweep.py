"""Bias and match rank over many strengths of a shift, from one product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.pairs import runs
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.retrieval.exact import top_k_of_scores
from gapviz.retrieval.shifted import ShiftedRows, ShiftedScores, refuse_unlike, shifted_rows

# Below this many scores (queries × rows × strengths) plain numpy is done before the kernel is
# compiled, about six seconds.
COMPILE_FROM = 600_000_000

# Scores of one tile of queries, in entries: numpy's (16 MiB) stay near the processor through
# the passes of every λ; the kernel's (128 MiB) are read once and let more queries share a
# read of the corpus.
TILE_NUMPY = 4_194_304
TILE_KERNEL = 33_554_432
TILE_QUERIES = 512


@dataclass(frozen=True, eq=False)
class Sweep:
    """What every query got at every strength of the shift.

    The rows of a query's own item in its own modality are left out; its rows in another
    modality are the matches.
    """

    lambdas: Float64
    """`(n_lambda,)`."""
    k: int
    """Depth of `own_share` and `ndcg`."""
    own_share: Float64
    """`(n_lambda, n_queries)`, intra-modal bias: share of the top k that has the query's
    modality, equal scores by smaller row number; NaN where nothing is left to search."""
    expected_share: Float64
    """`(n_queries,)`, share of the searched rows that has it: the bias of chance."""
    match_rank: Indices
    """`(n_lambda, n_queries)`, 1 + rows with a strictly larger score than the best match; 0
    where the item has no match."""
    ties: Indices
    """`(n_lambda, n_queries)`, rows that are no match but have exactly the best match's score:
    `match_rank` + `ties` is the rank at worst."""
    ndcg: Float64
    """`(n_lambda, n_queries)`, NDCG@k with the ideal over all matches, each at 1 + rows of
    strictly larger score; NaN where the item has no match."""

    @property
    def lift(self) -> Float64:
        """`(n_lambda, n_queries)`, bias ÷ expected share: 1 is neutral."""
        return np.divide(
            self.own_share,
            self.expected_share,
            out=np.full_like(self.own_share, np.nan),
            where=self.expected_share > 0,
        )

    @property
    def reciprocal_rank(self) -> Float64:
        """`(n_lambda, n_queries)`, whose mean over queries is MRR; NaN without a match."""
        return np.where(self.match_rank > 0, 1 / np.maximum(self.match_rank, 1), np.nan)

    def recall(self, k: int) -> Float64:
        """`(n_lambda, n_queries)`: 1 where any match stands within the first k, else 0."""
        return np.where(self.match_rank > 0, (self.match_rank <= k).astype(np.float64), np.nan)


def sweep(
    queries: Rows,
    corpus: Rows,
    directions: Mapping[str, npt.ArrayLike],
    lambdas: Sequence[float] | Float64,
    *,
    k: int = 10,
    compiled: bool | None = None,
) -> Sweep:
    """Search at every strength as if all rows had been moved, renormalised and indexed anew.

    Args:
        queries: unit rows that ask, not moved yet.
        corpus: unit rows that are searched, not moved yet; `names` as in `queries`.
        directions: `(dim,)` per modality; row x of modality m becomes norm(x + λ·direction),
            and a modality left out stays put.
        lambdas: strengths, in any order.
        k: depth of bias and NDCG; a corpus of fewer rows is taken whole.
        compiled: whether to use the numba kernel; None decides by size.

    Raises:
        GapvizError: `k` under 1, no or non-finite strengths, an empty corpus, or modalities
            and dimensions that do not fit together.
    """
    strengths = np.asarray(lambdas, dtype=np.float64).ravel()
    if strengths.size == 0 or not np.isfinite(strengths).all():
        raise GapvizError("the strengths λ are none, or not all finite", hint="give numbers")
    if k < 1:
        raise GapvizError(f"k is {k}", hint="ask for at least one result")
    if corpus.n_rows == 0:
        raise GapvizError("the corpus is empty", hint="index at least one vector")
    refuse_unlike(queries, corpus)
    if compiled is None:
        compiled = queries.n_rows * corpus.n_rows * strengths.size >= COMPILE_FROM
    own_items = _own_items(queries, corpus)
    outcome = _blank(queries, corpus, own_items, strengths, k)
    asking = shifted_rows(queries, directions)
    searched = shifted_rows(corpus, directions)
    if compiled:
        _sweep_compiled(queries, corpus, asking, searched, own_items, outcome)
    else:
        _sweep_numpy(queries, corpus, asking, searched, own_items, outcome)
    ideal = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    np.divide(outcome.ndcg, ideal[np.minimum(own_items.n_matches, k)], out=outcome.ndcg)
    return outcome


@dataclass(frozen=True, eq=False)
class _OwnItems:
    """The corpus rows of each query's own item: `by_item[first[q]:last[q]]`."""

    by_item: Indices
    first: Indices
    last: Indices
    n_left_out: Indices
    """`(n_queries,)`, of them in the query's own modality."""
    n_matches: Indices
    """`(n_queries,)`, of them in another."""

    def pairs(self, which: slice) -> tuple[Indices, Indices]:
        """Every (query, row) of some queries, the queries counted from the first of them."""
        owner, place = runs(self.first[which], self.last[which] - self.first[which])
        return owner, self.by_item[place]


def _own_items(queries: Rows, corpus: Rows) -> _OwnItems:
    by_item = np.argsort(corpus.item, kind="stable")
    ordered = corpus.item[by_item]
    first = np.searchsorted(ordered, queries.item, side="left")
    last = np.searchsorted(ordered, queries.item, side="right")
    blank = np.zeros(queries.n_rows, dtype=np.int64)
    owner, row = _OwnItems(by_item, first, last, blank, blank).pairs(slice(None))
    same = corpus.modality[row] == queries.modality[owner]
    n_left_out = np.bincount(owner[same], minlength=queries.n_rows)
    return _OwnItems(by_item, first, last, n_left_out, last - first - n_left_out)


def _blank(queries: Rows, corpus: Rows, own_items: _OwnItems, strengths: Float64, k: int) -> Sweep:
    """A result to be filled in; `ndcg` gathers the gain before it is divided by the ideal."""
    n_own = np.bincount(corpus.modality, minlength=len(corpus.names))[queries.modality]
    n_open = corpus.n_rows - own_items.n_left_out
    shape = (strengths.size, queries.n_rows)
    return Sweep(
        lambdas=strengths,
        k=k,
        own_share=np.full(shape, np.nan),
        expected_share=np.divide(
            n_own - own_items.n_left_out,
            n_open,
            out=np.full(queries.n_rows, np.nan),
            where=n_open > 0,
        ),
        match_rank=np.zeros(shape, dtype=np.int64),
        ties=np.zeros(shape, dtype=np.int64),
        ndcg=np.zeros(shape),
    )


def _tiles(n_queries: int, n: int, entries: int) -> list[slice]:
    tile = max(1, min(TILE_QUERIES, entries // n))
    return [slice(start, start + tile) for start in range(0, n_queries, tile)]


def _sweep_numpy(
    queries: Rows,
    corpus: Rows,
    asking: ShiftedRows,
    searched: ShiftedRows,
    own_items: _OwnItems,
    outcome: Sweep,
) -> None:
    for tile in _tiles(queries.n_rows, corpus.n_rows, TILE_NUMPY):
        base = queries.vectors[tile] @ corpus.vectors.T
        shifted = ShiftedScores(base, asking.take(tile), searched)
        scores = np.empty_like(base)
        own = queries.modality[tile]
        owner, row = own_items.pairs(tile)
        left_out = corpus.modality[row] == own[owner]
        left_out_at = owner[left_out], row[left_out]
        match_at = owner[~left_out], row[~left_out]
        taken = np.minimum(corpus.n_rows - own_items.n_left_out[tile], outcome.k)
        for step, lam in enumerate(outcome.lambdas):
            shifted.at(float(lam), out=scores)
            scores[left_out_at] = -np.inf
            top = top_k_of_scores(scores, outcome.k)
            is_own = (corpus.modality[top.rows] == own[:, None]) & (top.scores > -np.inf)
            np.divide(is_own.sum(axis=1), taken, out=outcome.own_share[step, tile], where=taken > 0)
            matches = scores[match_at]
            best = np.full(len(scores), -np.inf, dtype=np.float32)
            np.maximum.at(best, match_at[0], matches)
            some = own_items.n_matches[tile] > 0
            above = np.count_nonzero(scores > best[:, None], axis=1)
            level = np.count_nonzero(scores == best[:, None], axis=1)
            level -= np.bincount(match_at[0][matches == best[match_at[0]]], minlength=len(scores))
            outcome.match_rank[step, tile] = np.where(some, 1 + above, 0)
            outcome.ties[step, tile] = np.where(some, level, 0)
            outcome.ndcg[step, tile] = _gain(match_at[0], matches, top.scores)


def _gain(owner: Indices, matches: Float32, top_scores: Float32) -> Float64:
    """`(n_queries,)` DCG over the matches: Σ 1/log2(1 + rank) for ranks within the top k.

    Everything above a score that reaches the top k stands in the top k, so the rank is
    counted there. Matches of one score stand one behind the other, before the rest.
    """
    n_queries, k = top_scores.shape
    order = np.lexsort((-matches, owner))
    owner, matches = owner[order], matches[order]
    index = np.arange(owner.size)
    new_score = np.ones(owner.size, dtype=np.bool_)
    new_score[1:] = (owner[1:] != owner[:-1]) | (matches[1:] != matches[:-1])
    behind = index - np.maximum.accumulate(np.where(new_score, index, 0))
    rank = 1 + behind + (top_scores[owner] > matches[:, None]).sum(axis=1)
    gain = np.where(rank <= k, 1 / np.log2(1.0 + rank), 0.0)
    total: Float64 = np.bincount(owner, weights=gain, minlength=n_queries).astype(np.float64)
    return total


def _sweep_compiled(
    queries: Rows,
    corpus: Rows,
    asking: ShiftedRows,
    searched: ShiftedRows,
    own_items: _OwnItems,
    outcome: Sweep,
) -> None:
    from gapviz.retrieval.sweep_kernel import SPAN, Asked, Found, Searched, fused_sweep

    lambdas = outcome.lambdas
    n, k = corpus.n_rows, min(outcome.k, corpus.n_rows)
    order = np.argsort(corpus.modality, kind="stable")
    position = np.empty(n, dtype=np.int64)
    position[order] = np.arange(n)
    # The kernel walks spans of one modality; rows that come interleaved are copied in order.
    in_order = bool((order == position).all())
    vectors = corpus.vectors if in_order else corpus.vectors[order]
    modality = corpus.modality[order]
    changes = np.flatnonzero(np.diff(modality)) + 1
    scale = np.empty((lambdas.size, n), dtype=np.float32)
    for step, lam in enumerate(lambdas):
        scale[step] = searched.scale(float(lam))[order]
    rows = Searched(
        scale=scale,
        reach=np.ascontiguousarray(searched.along[order].T, dtype=np.float32),
        row_number=order,
        modality=modality,
        item=corpus.item[order],
        by_item=position[own_items.by_item],
        edges=np.unique(np.concatenate([np.arange(0, n, SPAN), changes, [n]])),
    )

    tiles = _tiles(queries.n_rows, n, TILE_KERNEL)
    largest = max((tile.stop - tile.start for tile in tiles), default=0)
    buffer = np.empty((min(queries.n_rows, largest), n), dtype=np.float32)
    for tile in tiles:
        some = asking.take(tile)
        n_asked = some.modality.size
        step_lam = lambdas[:, None, None]
        moved = step_lam * some.along + step_lam**2 * some.gram[some.modality]
        asked = Asked(
            base=np.matmul(queries.vectors[tile], vectors.T, out=buffer[:n_asked]),
            from_query=moved.astype(np.float32),
            modality=some.modality,
            item=queries.item[tile],
            first=own_items.first[tile],
            last=own_items.last[tile],
        )
        shape = (n_asked, lambdas.size)
        found = Found(
            top_scores=np.full((*shape, k), -np.inf, dtype=np.float32),
            top_rows=np.full((*shape, k), np.iinfo(np.int64).max),
            above=np.zeros(shape, dtype=np.int64),
            level=np.zeros(shape, dtype=np.int64),
            gain=np.zeros(shape),
        )
        fused_sweep(asked, rows, lambdas.astype(np.float32), found)
        real = found.top_scores > -np.inf
        top_rows = np.where(real, found.top_rows, 0)
        is_own = (corpus.modality[top_rows] == some.modality[:, None, None]) & real
        taken = np.minimum(n - own_items.n_left_out[tile], k)
        np.divide(is_own.sum(axis=2).T, taken, out=outcome.own_share[:, tile], where=taken > 0)
        has_match = own_items.n_matches[tile] > 0
        outcome.match_rank[:, tile] = np.where(has_match, 1 + found.above.T, 0)
        outcome.ties[:, tile] = np.where(has_match, found.level.T, 0)
        outcome.ndcg[:, tile] = found.gain.T
