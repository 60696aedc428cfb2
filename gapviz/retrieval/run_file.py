"""`read_run`: the ranked lists of a file, as a `Run` over the queries of an evaluation.

Scores order, as in trec_eval, and equal scores tie; ranks order where no score says anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float64, Indices, Mask
from gapviz.core.wording import counted
from gapviz.retrieval.run import LIST_DEPTH, Run, levels_of_lists
from gapviz.retrieval.run_names import EntryNames, index_in
from gapviz.sources.files.limits import refuse_over
from gapviz.sources.runs.batch import RunBatch
from gapviz.sources.runs.opened import open_run

MOST_HELD = 4_000_000
"""Entries that are held; of more, lists are cut to their depth while they are read."""
ENTRY_BYTES = 40
COUNTED = ("lines", "unknown", "unscored", "again", "own")
Small = npt.NDArray[np.int32]


def read_run(
    path: Path,
    evaluation: Evaluation,
    collection: Collection,
    *,
    name: str = "",
    depth: int = LIST_DEPTH,
    progress: Progress = no_progress,
) -> Run:
    """The lists of a run file for the queries of an evaluation, in their order.

    An entry is called by the id of its item, or `id#modality` for a row of it. What is no item of
    the collection keeps its place; see `Run.notes` for what was not taken, and why.

    Args:
        path: a file of a format of `gapviz.sources.runs`, recognised by what it holds.
        evaluation: whose queries are wanted.
        collection: whose items are judged.
        name: of the run; what the file says unless given.
        depth: how long the lists are.
        progress: told which share has been read.

    Raises:
        GapvizError: a file that cannot be read, is no run, or has none of the queries.
    """
    file = open_run(path)
    gathered = _Gathered(evaluation, EntryNames(collection, Corpus.of(collection)), depth)
    size = max(path.stat().st_size, 1)
    # How far it is cannot be seen from outside; a line takes some fifty bytes.
    for batch in file.batches():
        gathered.add(batch)
        progress(min(0.99, 50 * gathered.n_lines / size), f"reading {path.name}")
        refuse_over(ENTRY_BYTES * gathered.held, size, path.name)
    return gathered.run(name or file.name)


def run_of(
    batches: Iterable[RunBatch],
    evaluation: Evaluation,
    collection: Collection,
    *,
    name: str,
    depth: int = LIST_DEPTH,
) -> Run:
    """The lists of batches that lie in memory, read as those of a file are; see `read_run`.

    Raises:
        GapvizError: none of the queries has a list.
    """
    gathered = _Gathered(evaluation, EntryNames(collection, Corpus.of(collection)), depth)
    for batch in batches:
        gathered.add(batch)
    return gathered.run(name)


@dataclass(frozen=True, eq=False)
class _Entries:
    """Entries of lists, `(n,)` each; whole numbers as small as they can be, of which −1 is none."""

    query: Small
    item: Small
    modality: Small
    score: Float64
    rank: Float64

    def take(self, entries: Indices) -> _Entries:
        return _Entries(*(column[entries] for column in vars(self).values()))

    @classmethod
    def of(
        cls,
        query: npt.ArrayLike,
        item: npt.ArrayLike,
        modality: npt.ArrayLike,
        score: Float64,
        rank: Float64,
    ) -> _Entries:
        """From columns of any kind of number."""
        small = [np.asarray(part, dtype=np.int32) for part in (query, item, modality)]
        return cls(small[0], small[1], small[2], score, rank)

    @classmethod
    def joined(cls, parts: Iterable[_Entries]) -> _Entries:
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass(eq=False)
class _Gathered:
    """The entries of a run so far, and what has been seen."""

    evaluation: Evaluation
    names: EntryNames
    depth: int
    parts: list[_Entries] = field(default_factory=list)
    n_lines: int = 0
    held: int = 0
    most_held: int = MOST_HELD
    unknown_queries: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))

    def __post_init__(self) -> None:
        import pyarrow as pa

        n = self.evaluation.n_queries
        self._queries = pa.array([query.id for query in self.evaluation.queries], pa.string())
        self._least, self._most = np.full(n, np.inf), np.full(n, -np.inf)
        self._scored = self._ranked = False

    def add(self, batch: RunBatch) -> None:
        """Take the entries of the queries that are wanted."""
        import pyarrow.compute as pc

        self.n_lines += batch.score.size
        query = index_in(batch.query, self._queries)
        kept = np.flatnonzero(query >= 0)
        if kept.size < query.size:
            others = pc.unique(batch.query.take(np.flatnonzero(query < 0)))
            self.unknown_queries.update(one or "" for one in others.to_pylist())
        if not kept.size:
            return
        item, modality = self.names.located(batch.document.take(kept))
        query, score, rank = query[kept], batch.score[kept], batch.rank[kept]
        self.seen["lines"] += kept.size
        self.seen["unknown"] += int((item < 0).sum())
        self.seen["unscored"] += int(np.isnan(score).sum())
        self._ranked |= not np.isnan(rank).all()
        known = ~np.isnan(score)
        self._scored |= bool(known.any())
        np.minimum.at(self._least, query[known], score[known])
        np.maximum.at(self._most, query[known], score[known])
        self.parts.append(_Entries.of(query, item, modality, score, rank))
        self.held += kept.size
        if self.held > self.most_held:
            self.parts = [self._cut()]
            self.held = self.parts[0].query.size
            # Where cutting frees little, it must not be done for every batch.
            self.most_held = max(MOST_HELD, 2 * self.held)

    def run(self, name: str) -> Run:
        """The lists, once everything has been added."""
        empty = np.zeros(0)
        self.parts = [_Entries.of(empty, empty, empty, empty, empty), *self.parts]
        entries, n = self._cut(), self.evaluation.n_queries
        if not entries.query.size:
            known = self.evaluation.queries[0].id
            theirs = f", but {min(self.unknown_queries)[:40]!r}" if self.unknown_queries else ""
            raise GapvizError(
                f"has no list of any of the {n:,} queries that are measured, such as "
                f"{known[:40]!r}{theirs}", where=name, hint="call queries by their ids",
            )  # fmt: skip
        starts = np.concatenate([[0], np.cumsum(np.bincount(entries.query, minlength=n))])
        score, notes = entries.score, self._notes(entries)
        if self._by_rank:
            score = -entries.rank
        score = np.where(np.isnan(score), -np.inf, score)
        with np.errstate(invalid="ignore"):
            level = levels_of_lists(score, starts, 0.0)
        names = self.names.corpus.names
        return Run(
            name,
            names,
            starts,
            entries.item.astype(np.int64),
            entries.modality.astype(np.int64),
            score,
            level,
            self.depth,
            notes,
        )

    @property
    def _by_rank(self) -> bool:
        """Whether no score says anything, and ranks do."""
        return self._ranked and not bool((self._most > self._least).any())

    def _cut(self) -> _Entries:
        """What was gathered in order, each entry once, cut to the depth of lists."""
        every = _Entries.joined(self.parts)
        # Of equal scores those of the better rank stand first, and then as in the file.
        score = np.where(np.isnan(every.score), -np.inf, every.score)
        every = every.take(np.lexsort((every.rank, -score, every.query)))
        own = self._own_rows(every)
        self.seen["own"] += int(own.sum())
        every = every.take(np.flatnonzero(~own))
        again = self._again(every)
        self.seen["again"] += int(again.sum())
        every = every.take(np.flatnonzero(~again))
        return every.take(np.flatnonzero(_places(every.query) < self.depth))

    def _own_rows(self, entries: _Entries) -> Mask:
        """Rows of its own that a query must not find."""
        own = self.evaluation.own_item
        if own is None:
            return np.zeros(entries.query.size, dtype=np.bool_)
        code = self.evaluation.codes(self.names.corpus.names)
        same = (own[entries.query] == entries.item) & (entries.item >= 0)
        return np.asarray(same & (code[entries.query] == entries.modality), dtype=np.bool_)

    def _again(self, entries: _Entries) -> Mask:
        """Entries of an item beyond the first; of rows, beyond as many as it has."""
        counts = self.names.corpus.counts
        allowed = np.ones(entries.query.size, dtype=np.int64)
        key = entries.query.astype(np.int64) * len(counts) + entries.item
        if self.evaluation.unit == "rows":
            told = entries.modality >= 0
            of_row = counts[entries.item, entries.modality]
            allowed = np.where(told, of_row, counts[entries.item].sum(axis=1))
            key = key * (counts.shape[1] + 1) + entries.modality + 1
        order = np.argsort(key, kind="stable")
        before = np.empty_like(order)
        before[order] = _places(key[order])
        return np.asarray((entries.item >= 0) & (before >= allowed), dtype=np.bool_)

    def _notes(self, entries: _Entries) -> tuple[str, ...]:
        """What was not taken, and what had to be decided, one sentence each."""
        seen, n = self.seen, self.evaluation.n_queries
        listed = np.bincount(entries.query, minlength=n) > 0
        has_rows = (self.names.corpus.counts.sum(axis=1) > 0)[entries.item] & (entries.item >= 0)
        untold = int((has_rows & (entries.modality < 0)).sum())
        empty = int((~listed).sum())
        told = {
            f"{empty:,} of {counted(n, 'query', 'queries')} have no list in this run, and count as "
            "nothing found.": empty,
            f"{seen['unknown']:,} of {counted(seen['lines'], 'line')} name no item of the "
            "collection; each keeps its place as a result that answers nothing.": seen["unknown"],
            f"{counted(seen['again'], 'line')} name a result that stands in the list already; the "
            "best place counts.": seen["again"],
            f"{counted(seen['own'], 'line')} name the query itself, and are left out.": seen["own"],
            f"{counted(untold, 'result')} do not say which row of their item was found; in bias "
            "they count by the share of its rows. Write id#modality to say it.": untold,
        }
        notes = [words for words, count in told.items() if count]
        return (*notes, *self._left_out(), *self._order_notes(entries))

    def _left_out(self) -> list[str]:
        whole = self.names.collection.evaluation
        known = set() if whole is None else self.unknown_queries & whole.position.keys()
        unknown = len(self.unknown_queries) - len(known)
        lists = "1 list is" if unknown == 1 else f"{unknown:,} lists are"
        return [f"{lists} left out, of queries that the evaluation does not have."] * (unknown > 0)

    def _order_notes(self, entries: _Entries) -> list[str]:
        of = int((np.bincount(entries.query, minlength=1) > 1).sum())
        against = self._contradicting(entries)
        if not of:
            return []
        if not self._scored and not self._ranked:
            return ["It has neither scores nor ranks, so that all results tie."]
        if self._by_rank:
            why = "All its scores are equal" if self._scored else "It has no scores"
            return [f"{why}, so that its ranks order."]
        notes = []
        unscored = self.seen["unscored"]
        if unscored:
            notes.append(f"{counted(unscored, 'line')} have no score, and stand last.")
        if against:
            distances = " If the scores are distances, write them negated." * (2 * against > of)
            notes.append(
                f"Ranks contradict scores in {against:,} of {counted(of, 'list')}; scores order."
                f"{distances}"
            )
        return notes

    def _contradicting(self, entries: _Entries) -> int:
        """Lists in which a better score has a worse rank."""
        same = entries.query[1:] == entries.query[:-1]
        with np.errstate(invalid="ignore"):
            falls = entries.score[:-1] > entries.score[1:]
            against = same & falls & (entries.rank[:-1] > entries.rank[1:])
        return int(np.unique(entries.query[1:][against]).size)


def _places(groups: npt.NDArray[np.integer]) -> Indices:
    """`(n,)`: how many of its group stand before each, where groups `(n,)` stand together."""
    fresh = np.ones(groups.size, dtype=np.bool_)
    fresh[1:] = groups[1:] != groups[:-1]
    at = np.arange(groups.size)
    return at - np.maximum.accumulate(np.where(fresh, at, 0)) if at.size else at
