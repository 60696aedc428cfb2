"""Bias and match rank over many strengths of a shift, from one product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.pairs import runs
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.retrieval.exact import top_k_of_scores
from gapviz.retrieval.shifted import ShiftedRows, ShiftedScores, shifted_rows
from gapviz.strategies.fusion.counting import ranks_of

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
    ndcg: Float64
    """`(n_lambda, n_queries)`, NDCG@k with the ideal over all matches, each at 1 + rows of
    strictly larger score; NaN where the item has no match."""

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
    if queries.names != corpus.names:
        raise GapvizError(
            f"the queries have modalities {queries.names}, the corpus {corpus.names}",
            hint="give both the same modalities in the same order",
        )
    if queries.vectors.shape[1] != corpus.vectors.shape[1]:
        raise GapvizError(
            f"queries have {queries.vectors.shape[1]} dimensions, "
            f"the corpus {corpus.vectors.shape[1]}",
            hint="give vectors of one space",
        )
    if compiled is None:
        compiled = queries.n_rows * corpus.n_rows * strengths.size >= COMPILE_FROM
    in_order = corpus.item[corpus.by_item]
    task = _Task(
        queries,
        corpus,
        shifted_rows(queries, directions),
        shifted_rows(corpus, directions),
        np.searchsorted(in_order, queries.item, side="left"),
        np.searchsorted(in_order, queries.item, side="right"),
    )
    shape = (strengths.size, queries.n_rows)
    found = _Found(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape))
    (_compiled_counts if compiled else _numpy_counts)(task, strengths, k, found)
    owner, _, same = task.own_rows(slice(None))
    n_left_out = np.bincount(owner[same], minlength=queries.n_rows)
    n_matches = task.last - task.first - n_left_out
    n_own = np.bincount(corpus.modality, minlength=len(corpus.names))[queries.modality]
    n_open = corpus.n_rows - n_left_out
    ideal = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    return Sweep(
        lambdas=strengths,
        k=k,
        own_share=ratio(found.n_own, np.minimum(n_open, k)),
        expected_share=ratio(n_own - n_left_out, n_open),
        match_rank=np.where(n_matches > 0, found.match_rank, 0),
        ndcg=found.gain / ideal[np.minimum(n_matches, k)],
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """Who asks what; the corpus rows of each query's item are `by_item[first[q]:last[q]]`."""

    queries: Rows
    corpus: Rows
    asking: ShiftedRows
    searched: ShiftedRows
    first: Indices
    last: Indices

    def own_rows(self, which: slice) -> tuple[Indices, Indices, Mask]:
        """Every query of some, counted from the first of them, with every row of its item, and
        whether that row has the query's modality.
        """
        owner, place = runs(self.first[which], self.last[which] - self.first[which])
        row = self.corpus.by_item[place]
        return owner, row, self.corpus.modality[row] == self.queries.modality[which][owner]

    def tiles(self, entries: int) -> list[slice]:
        """Queries whose scores are at most `entries`, and at most `TILE_QUERIES` of them."""
        tile = max(1, min(TILE_QUERIES, entries // self.corpus.n_rows))
        return [slice(start, start + tile) for start in range(0, self.queries.n_rows, tile)]


@dataclass(frozen=True, eq=False)
class _Found:
    """What is filled in, `(n_lambda, n_queries)` each."""

    n_own: Indices
    """Of the top k, those of the query's modality."""
    match_rank: Indices
    """Of the best match; of a query without one, any number."""
    gain: Float64
    """DCG@k of the matches."""


def _numpy_counts(task: _Task, lambdas: Float64, k: int, found: _Found) -> None:
    corpus = task.corpus
    for tile in task.tiles(TILE_NUMPY):
        base = task.queries.vectors[tile] @ corpus.vectors.T
        shifted = ShiftedScores(base, task.asking.take(tile), task.searched)
        scores = np.empty_like(base)
        own = task.queries.modality[tile]
        owner, row, same = task.own_rows(tile)
        for step, lam in enumerate(lambdas):
            shifted.at(float(lam), out=scores)
            scores[owner[same], row[same]] = -np.inf
            top = top_k_of_scores(scores, k)
            is_own = (corpus.modality[top.rows] == own[:, None]) & (top.scores > -np.inf)
            found.n_own[step, tile] = is_own.sum(axis=1)
            ranks, _ = ranks_of(scores, owner[~same], row[~same])
            found.match_rank[step, tile] = ranks[:, 0]
            gains = np.where((ranks > 0) & (ranks <= k), 1 / np.log2(1 + np.maximum(ranks, 1)), 0)
            found.gain[step, tile] = gains.sum(axis=1)


def _compiled_counts(task: _Task, lambdas: Float64, k: int, found: _Found) -> None:
    from gapviz.retrieval.sweep_kernel import SPAN, Asked, Counted, Searched, fused_sweep

    corpus, queries, searched = task.corpus, task.queries, task.searched
    n, k = corpus.n_rows, min(k, corpus.n_rows)
    order = np.argsort(corpus.modality, kind="stable")
    position = np.empty(n, dtype=np.int64)
    position[order] = np.arange(n)
    # The kernel walks spans of one modality; rows that come interleaved are copied in order.
    in_order = bool((order == position).all())
    vectors = corpus.vectors if in_order else corpus.vectors[order]
    modality = corpus.modality[order]
    changes = np.flatnonzero(np.diff(modality)) + 1
    rows = Searched(
        scale=np.array([searched.scale(float(lam))[order] for lam in lambdas], dtype=np.float32),
        reach=np.ascontiguousarray(searched.along[order].T, dtype=np.float32),
        row_number=order,
        modality=modality,
        item=corpus.item[order],
        by_item=position[corpus.by_item],
        edges=np.unique(np.concatenate([np.arange(0, n, SPAN), changes, [n]])),
    )

    tiles = task.tiles(TILE_KERNEL)
    largest = max((tile.stop - tile.start for tile in tiles), default=0)
    buffer = np.empty((min(queries.n_rows, largest), n), dtype=np.float32)
    for tile in tiles:
        some = task.asking.take(tile)
        n_asked = some.modality.size
        step_lam = lambdas[:, None, None]
        moved = step_lam * some.along + step_lam**2 * some.gram[some.modality]
        asked = Asked(
            base=np.matmul(queries.vectors[tile], vectors.T, out=buffer[:n_asked]),
            from_query=moved.astype(np.float32),
            modality=some.modality,
            item=queries.item[tile],
            first=task.first[tile],
            last=task.last[tile],
        )
        shape = (n_asked, lambdas.size)
        counted = Counted(
            top_scores=np.full((*shape, k), -np.inf, dtype=np.float32),
            top_rows=np.full((*shape, k), np.iinfo(np.int64).max),
            above=np.zeros(shape, dtype=np.int64),
            gain=np.zeros(shape),
        )
        fused_sweep(asked, rows, lambdas.astype(np.float32), counted)
        real = counted.top_scores > -np.inf
        top_rows = np.where(real, counted.top_rows, 0)
        is_own = (corpus.modality[top_rows] == some.modality[:, None, None]) & real
        found.n_own[:, tile] = is_own.sum(axis=2).T
        found.match_rank[:, tile] = 1 + counted.above.T
        found.gain[:, tile] = counted.gain.T
