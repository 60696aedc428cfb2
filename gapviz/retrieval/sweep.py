"""Bias and match rank over many strengths of a shift, from one product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import is_installed, needed
from gapviz.core.pairs import runs
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float64, Indices, Mask, ratio
from gapviz.retrieval.shifted import ShiftedRows, ShiftedScores, shifted_rows
from gapviz.strategies.fusion.base import Asked
from gapviz.strategies.fusion.one_list import ONE_LIST
from gapviz.strategies.fusion.ties import TOLERANCE, TieGroups

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
    modality; NaN where nothing is left to search."""
    expected_share: Float64
    """`(n_queries,)`, share of the searched rows that has it: the bias of chance."""
    best: TieGroups
    """The best match among its equals, λ by λ: query `j · n_queries + q`."""
    ndcg: Float64
    """`(n_lambda, n_queries)`, NDCG@k with the ideal over all matches; NaN where the item has
    none."""

    def recall(self, k: int) -> Float64:
        """`(n_lambda, n_queries)`: chance that a match is within the first k; NaN without one."""
        return self.best.best.hit(k).reshape(self.lambdas.size, -1)


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
        compiled: whether to use the numba kernel; None decides by size, and by
            whether numba is there: it takes a fraction of the time, and gives the same figures.

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
        scores = queries.n_rows * corpus.n_rows * strengths.size
        compiled = scores >= COMPILE_FROM and is_installed("numba")
    if (np.diff(corpus.modality) < 0).any():
        order = np.argsort(corpus.modality, kind="stable")
        columns = (corpus.vectors[order], corpus.modality[order], corpus.item[order])
        corpus = Rows(corpus.names, *columns)
    in_order = corpus.item[corpus.by_item]
    task = _Task(
        queries,
        corpus,
        shifted_rows(queries, directions),
        shifted_rows(corpus, directions),
        np.searchsorted(in_order, queries.item, side="left"),
        np.searchsorted(in_order, queries.item, side="right"),
    )
    found = _Found.empty(strengths.size, queries.n_rows)
    if compiled:
        crowded = _compiled_counts(task, strengths, k, found)
        _numpy_counts(task, strengths, k, found, np.flatnonzero(crowded))
    else:
        _numpy_counts(task, strengths, k, found, np.arange(queries.n_rows))
    owner, _, same = task.own_rows(slice(None))
    n_left_out = np.bincount(owner[same], minlength=queries.n_rows)
    n_matches = task.last - task.first - n_left_out
    n_own = np.bincount(corpus.modality, minlength=len(corpus.names))[queries.modality]
    n_open = corpus.n_rows - n_left_out
    ideal = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    return Sweep(
        lambdas=strengths,
        k=k,
        own_share=found.own_share,
        expected_share=ratio(n_own - n_left_out, n_open),
        best=found.best,
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

    def own_rows(self, which: slice | Indices) -> tuple[Indices, Indices, Mask]:
        """Every query of some, numbered among them, with every row of its item, and whether that
        row has the query's modality.
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

    own_share: Float64
    """Of the top k, the share of the query's modality."""
    ahead: Indices
    """Rows ahead of the best match and its equals."""
    size: Indices
    """Those equals."""
    relevant: Indices
    """Matches among them; 0 for a query without one."""
    gain: Float64
    """DCG@k of the matches."""

    @classmethod
    def empty(cls, n_lambda: int, n_queries: int) -> _Found:
        shape = (n_lambda, n_queries)
        ahead, size, relevant = np.zeros((3, *shape), dtype=np.int64)
        return cls(np.zeros(shape), ahead, size, relevant, np.zeros(shape))

    @property
    def best(self) -> TieGroups:
        query = np.flatnonzero(self.relevant)
        ahead, size, relevant = (
            part.ravel()[query] for part in (self.ahead, self.size, self.relevant)
        )
        return TieGroups(self.relevant.size, query, ahead, size, relevant)


def _numpy_counts(task: _Task, lambdas: Float64, k: int, found: _Found, which: Indices) -> None:
    """Fill `found` for the queries `which`."""
    corpus, queries = task.corpus, task.queries
    step = max(1, min(TILE_QUERIES, TILE_NUMPY // corpus.n_rows))
    for modality in range(len(queries.names)):
        alike = which[queries.modality[which] == modality]
        for start in range(0, alike.size, step):
            tile = alike[start : start + step]
            base = queries.vectors[tile] @ corpus.vectors.T
            shifted = ShiftedScores(base, task.asking.take(tile), task.searched)
            scores = np.empty_like(base)
            owner, row, same = task.own_rows(tile)
            n_excluded = np.bincount(owner[same], minlength=tile.size)
            for place, lam in enumerate(lambdas):
                shifted.at(float(lam), out=scores)
                scores[owner[same], row[same]] = -np.inf
                asked = Asked(
                    corpus,
                    scores,
                    queries.item[tile],
                    modality,
                    owner[~same],
                    row[~same],
                    n_excluded,
                )
                standing = ONE_LIST.standing(asked, k)
                best = standing.groups.leading
                found.own_share[place, tile] = standing.own_share
                found.ahead[place, tile[best.query]] = best.ahead
                found.size[place, tile[best.query]] = best.size
                found.relevant[place, tile[best.query]] = best.relevant
                found.gain[place, tile] = standing.every.gain(k)


def _compiled_counts(task: _Task, lambdas: Float64, k: int, found: _Found) -> Mask:
    """Fill `found`, but for queries that have equal scores at place k of some λ.

    Returns:
        `(n_queries,)` whether a query has.
    """
    needed("numba")
    from gapviz.retrieval.sweep_kernel import SPAN, Counted, Searched, Swept, fused_sweep

    corpus, queries, searched = task.corpus, task.queries, task.searched
    n, k = corpus.n_rows, min(k, corpus.n_rows)
    changes = np.flatnonzero(np.diff(corpus.modality)) + 1
    rows = Searched(
        scale=np.array([searched.scale(float(lam)) for lam in lambdas], dtype=np.float32),
        reach=np.ascontiguousarray(searched.along.T, dtype=np.float32),
        modality=corpus.modality,
        item=corpus.item,
        by_item=corpus.by_item,
        edges=np.unique(np.concatenate([np.arange(0, n, SPAN), changes, [n]])),
    )

    tiles = task.tiles(TILE_KERNEL)
    crowded = np.zeros(queries.n_rows, dtype=np.bool_)
    largest = max((tile.stop - tile.start for tile in tiles), default=0)
    buffer = np.empty((min(queries.n_rows, largest), n), dtype=np.float32)
    for tile in tiles:
        some = task.asking.take(tile)
        n_asked = some.modality.size
        step_lam = lambdas[:, None, None]
        moved = step_lam * some.along + step_lam**2 * some.gram[some.modality]
        asked = Swept(
            base=np.matmul(queries.vectors[tile], corpus.vectors.T, out=buffer[:n_asked]),
            from_query=moved.astype(np.float32),
            near=np.array([_near(some, float(lam)) for lam in lambdas], dtype=np.float32),
            modality=some.modality,
            item=queries.item[tile],
            first=task.first[tile],
            last=task.last[tile],
        )
        shape = (n_asked, lambdas.size)
        counted = Counted(
            top_scores=np.full((*shape, k + 1), -np.inf, dtype=np.float32),
            top_rows=np.full((*shape, k + 1), np.iinfo(np.int64).max),
            above=np.zeros(shape, dtype=np.int64),
            reach=np.zeros(shape, dtype=np.int64),
            relevant=np.zeros(shape, dtype=np.int64),
            gain=np.zeros(shape),
        )
        fused_sweep(asked, rows, lambdas.astype(np.float32), counted)
        last, following = counted.top_scores[:, :, k - 1], counted.top_scores[:, :, k]
        last = np.where(following > -np.inf, last, np.inf)
        equal = last - following <= asked.near.T
        crowded[tile] = equal.any(axis=1)
        real = counted.top_scores[:, :, :k] > -np.inf
        top_rows = np.where(real, counted.top_rows[:, :, :k], 0)
        is_own = (corpus.modality[top_rows] == some.modality[:, None, None]) & real
        found.own_share[:, tile] = ratio(is_own.sum(axis=2), real.sum(axis=2)).T
        found.ahead[:, tile] = counted.above.T
        found.size[:, tile] = (counted.reach - counted.above).T
        found.relevant[:, tile] = counted.relevant.T
        found.gain[:, tile] = counted.gain.T
    best = found.best
    found.gain[...] += np.nan_to_num(best.all.gain(k).reshape(found.gain.shape))
    return crowded


def _near(queries: ShiftedRows, lam: float) -> Float64:
    """How far apart equal scores may be before they are divided by the queries' length."""
    scale = queries.scale(lam)
    return np.divide(TOLERANCE, scale, out=np.zeros_like(scale), where=scale > 0)
