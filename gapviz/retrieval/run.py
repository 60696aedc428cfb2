"""`Run`: the ranked lists that many queries got, whoever made them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gapviz.core.blocks import BLOCK_SCORES
from gapviz.core.evaluation import Evaluation, Unit
from gapviz.core.lazy import cached_property
from gapviz.core.progress import Progress, no_progress
from gapviz.core.rows import evaluation_rows
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.retrieval.exact import top_k_of_scores
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.strategies.fusion.merged_lists import SAME_SCORE
from gapviz.strategies.fusion.ties import TOLERANCE

LIST_DEPTH = 100
"""Entries of a list that are held against judgments, as BEIR reads them."""


@dataclass(frozen=True, eq=False)
class Run:
    """A list of entries for every query, best first; an entry is an item, or one row of it."""

    name: str
    """What made it: a strategy, or the tag of a file."""
    names: tuple[str, ...]
    """Modalities; `modality` holds positions in this tuple."""
    starts: Indices
    """`(n_queries + 1,)`: the list of query i lies from starts[i] to starts[i + 1]."""
    item: Indices
    """`(n_entries,)`, positions in `Collection.items`; −1 for one that is not there."""
    modality: Indices
    """`(n_entries,)` of the row that puts it there; −1 where that is not known."""
    score: Float64
    """`(n_entries,)`, falling in each list."""
    level: Indices
    """`(n_entries,)`, rising in each list; entries of one level have equal scores."""
    depth: int = LIST_DEPTH
    """The longest that a list may be."""
    notes: tuple[str, ...] = ()
    """What was not taken of it, one sentence each."""

    @property
    def n_queries(self) -> int:
        return int(self.starts.size - 1)

    @cached_property
    def lengths(self) -> Indices:
        """`(n_queries,)` entries of each list."""
        return np.diff(self.starts)

    @cached_property
    def query(self) -> Indices:
        """`(n_entries,)`, rising: whose list it is."""
        return np.repeat(np.arange(self.n_queries), self.lengths)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over all that figures are made of, and what is said of it."""
        told = [self.name, self.names, self.depth, self.notes]
        digest = hashlib.sha256(json.dumps(told).encode())
        for array in (self.starts, self.item, self.modality, self.level):
            digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
        return digest.hexdigest()

    def list_of(self, query: int) -> slice:
        """Where the entries of a query stand."""
        return slice(int(self.starts[query]), int(self.starts[query + 1]))

    def only(self, query: int) -> Run:
        """The list of one query alone."""
        part = self.list_of(query)
        return replace(
            self,
            starts=np.array([0, part.stop - part.start]),
            item=self.item[part],
            modality=self.modality[part],
            score=self.score[part],
            level=self.level[part],
        )

    def take(self, entries: npt.NDArray[np.bool_], queries: Indices) -> Run:
        """Only some entries of some queries.

        Args:
            entries: `(n_entries,)`, which to keep.
            queries: positions, rising; the entries of all others go as well.
        """
        kept = np.zeros(self.n_queries, dtype=np.bool_)
        kept[queries] = True
        chosen = np.flatnonzero(entries & kept[self.query])
        counts = np.bincount(self.query[chosen], minlength=self.n_queries)[queries]
        return Run(
            self.name,
            self.names,
            np.concatenate([[0], np.cumsum(counts)]),
            self.item[chosen],
            self.modality[chosen],
            self.score[chosen],
            self.level[chosen],
            self.depth,
            self.notes,
        )


def levels_of_lists(score: Float64, starts: Indices, near: Float64 | float) -> Indices:
    """`(n,)` numbers that rise from list to list; neighbours that are equal share one.

    Args:
        score: `(n,)`, falling in each list.
        starts: `(n_lists + 1,)`.
        near: how near equal scores are, one for all or `(n,)`.
    """
    fresh = np.ones(score.size, dtype=np.bool_)
    fresh[1:] = score[:-1] - score[1:] > np.broadcast_to(near, score.shape)[1:]
    fresh[starts[:-1][np.diff(starts) > 0]] = True
    return np.cumsum(fresh) - 1


def asked_by(index: ExactIndex, evaluation: Evaluation) -> ExactIndex:
    """The index with the queries of an evaluation asking, which a transductive strategy reads."""
    if not (index.strategy.spec.transductive and evaluation.vectors):
        return index
    return replace(index, asking=evaluation_rows(evaluation, index.strategy))


def ranked_lists(
    index: ExactIndex,
    evaluation: Evaluation,
    *,
    depth: int = LIST_DEPTH,
    progress: Progress = no_progress,
) -> Run:
    """What every query of an evaluation gets from an index; nothing for one without a vector.

    Args:
        index: the rows, under a strategy that has seen the modalities that ask.
        evaluation: its queries ask; their lists hold items or rows as its `unit` says.
        depth: how long the lists are.
        progress: told which share of the queries has been answered.

    Raises:
        GapvizError: a modality that the strategy has not seen.
    """
    return lists_of(asked_by(index, evaluation), evaluation, depth=depth, progress=progress)


def lists_of(
    index: ExactIndex,
    evaluation: Evaluation,
    *,
    depth: int = LIST_DEPTH,
    progress: Progress = no_progress,
) -> Run:
    """`ranked_lists` of some of the queries that ask, for a strategy that reads all of them.

    Args:
        index: as `asked_by` makes it of all.
        evaluation: the queries that get a list.
        depth: as of `ranked_lists`, and so `progress`.
        progress: told which share has been answered.

    Raises:
        GapvizError: a modality that the strategy has not seen.
    """
    rows, n = index.rows, evaluation.n_queries
    counts = np.bincount(rows.item)
    # So many rows hold as many items, however many rows each has.
    wanted = depth * (int(counts.max(initial=1)) if evaluation.unit == "items" else 1)
    step = max(1, BLOCK_SCORES // max(rows.n_rows, 1))
    blocks = [
        (name, block.item_index[start : start + step], block.vectors[start : start + step])
        for name, block in evaluation.vectors.items()
        for start in range(0, block.n_rows, step)
    ]
    parts: list[_Lists] = []
    for done, (name, asking, vectors) in enumerate(blocks):
        progress(done / len(blocks), "searching")
        own = None if evaluation.own_item is None else evaluation.own_item[asking]
        found = _searched(index, vectors, name, own, wanted)
        parts.append(_trimmed(found.of(asking), index, evaluation.unit, depth))
    query = _joined([part.query for part in parts])
    order = np.argsort(query, kind="stable")
    row, score, near = (
        _joined([getattr(part, column) for part in parts])[order]
        for column in ("row", "score", "near")
    )
    starts = np.concatenate([[0], np.cumsum(np.bincount(query.astype(np.int64), minlength=n))])
    row = row.astype(np.int64)
    return Run(
        index.strategy.label,
        rows.names,
        starts,
        rows.item[row],
        rows.modality[row],
        score,
        levels_of_lists(score, starts, near),
        depth,
    )


@dataclass(frozen=True, eq=False)
class _Lists:
    """Entries of lists, by query and then as they stand, `(n,)` each."""

    query: Indices
    row: Indices
    score: Float64
    near: Float64
    """How near equal scores are."""

    def of(self, queries: Indices) -> _Lists:
        """The same under the numbers of the queries, which need not rise."""
        return _Lists(queries[self.query], self.row, self.score, self.near)


def _searched(
    index: ExactIndex, vectors: Float32, modality: str, own: Indices | None, k: int
) -> _Lists:
    """The `k` first rows of each of a block of queries; those that may not be found left out."""
    strategy, rows = index.strategy, index.rows
    scores = index.scores_of(vectors, modality, own)
    slope = 1.0 if index.prepared is None else index.prepared.slope(modality)
    if not (strategy.spec.routed or strategy.spec.ranks_items):
        found = top_k_of_scores(scores, k)
        query = np.repeat(np.arange(len(vectors)), found.rows.shape[1])
        score = found.scores.ravel().astype(np.float64)
        open_rows = np.flatnonzero(np.isfinite(score))
        near = np.full(open_rows.size, TOLERANCE * slope)
        return _Lists(query[open_rows], found.rows.ravel()[open_rows], score[open_rows], near)
    code = rows.code(modality) if modality in rows.names else -1
    lists = [
        strategy.fusion.ranked(rows, line, np.isfinite(line), code, k, None) for line in scores
    ]
    query = np.repeat(np.arange(len(lists)), [one.rows.size for one in lists])
    score = _joined([one.scores for one in lists])
    stretch = _joined([np.full(one.rows.size, one.stretch) for one in lists])
    near = np.where(stretch > 0, TOLERANCE * slope * stretch, SAME_SCORE * np.abs(score))
    if not strategy.fusion.shares_ties:
        near[:] = -1.0  # what a rule has put in order does not tie
    return _Lists(query, _joined([one.rows for one in lists]).astype(np.int64), score, near)


def _trimmed(lists: _Lists, index: ExactIndex, unit: Unit, depth: int) -> _Lists:
    """The first `depth` entries of each list, an item but once where items are listed."""
    kept = np.arange(lists.query.size)
    if unit == "items":
        key = lists.query * (int(index.rows.item.max(initial=0)) + 1) + index.rows.item[lists.row]
        kept = np.sort(np.unique(key, return_index=True)[1])
    query = lists.query[kept]
    fresh = np.ones(query.size, dtype=np.bool_)
    fresh[1:] = query[1:] != query[:-1]
    begin = np.maximum.accumulate(np.where(fresh, np.arange(query.size), 0))
    kept = kept[np.arange(query.size) - begin < depth]
    return _Lists(lists.query[kept], lists.row[kept], lists.score[kept], lists.near[kept])


def _joined(parts: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.float64]:
    return np.concatenate([np.zeros(0), *parts])
