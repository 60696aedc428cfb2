"""`Evaluation`: queries of one's own over a collection, with graded judgments of its items."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Indices, Mask, read_only

Unit = Literal["items", "rows"]
"""What a list holds: an item once, where the best of its rows stands; or every row."""

Grades = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """One query, in words and pictures; its vectors lie in `Evaluation.vectors`."""

    id: str
    modality: str
    text: str = ""
    image: str | None = None
    """Where its picture comes from, as of an `Item`."""
    asked_modality: str | None = None
    """The modality of the answers that it asks for; None where any will do."""


@dataclass(frozen=True, eq=False)
class Judgments:
    """Which items answer which queries, and how well; each pair once, by query and item.

    Build it with `Judgments.of`, which puts them in order.
    """

    query: Indices
    """`(n_judgments,)`, positions in `Evaluation.queries`."""
    item: Indices
    """`(n_judgments,)`, positions in `Collection.items`."""
    grade: Grades
    """`(n_judgments,)`: above 0 relevant, the more the better; 0 or below judged not to be."""

    @classmethod
    def of(cls, query: npt.ArrayLike, item: npt.ArrayLike, grade: npt.ArrayLike) -> Judgments:
        """In order; of a pair that is judged several times the highest grade counts.

        Raises:
            GapvizError: columns of differing length, or a grade that is no number.
        """
        queries, items = (np.asarray(part, dtype=np.int64) for part in (query, item))
        grades = np.asarray(grade, dtype=np.float32)
        if not queries.shape == items.shape == grades.shape or queries.ndim != 1:
            raise GapvizError(
                f"judgments hold {queries.size} queries, {items.size} items and {grades.size} "
                "grades",
                hint="give one of each a judgment",
            )
        if not np.isfinite(grades).all():
            raise GapvizError("a judgment has a grade that is no number", hint="grade it 0 or 1")
        order = np.lexsort((-grades, items, queries))
        queries, items, grades = queries[order], items[order], grades[order]
        first = np.ones(order.size, dtype=np.bool_)
        first[1:] = (queries[1:] != queries[:-1]) | (items[1:] != items[:-1])
        columns = queries[first], items[first], grades[first]
        return cls(read_only(columns[0]), read_only(columns[1]), read_only(columns[2]))

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.query.size)

    @property
    def relevant(self) -> Mask:
        """`(n_judgments,)`: which say that the item answers the query."""
        return np.asarray(self.grade > 0, dtype=np.bool_)

    def of_queries(self, wanted: Mask) -> Judgments:
        """Those of the queries marked in `wanted` `(n_queries,)`; positions stay."""
        keep = wanted[self.query]
        return Judgments(self.query[keep], self.item[keep], self.grade[keep])


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Queries, which of the items of a collection answer them, and how well.

    The queries are halved: those that calibrate may be looked at while something is fitted, those
    that evaluate are measured.

    >>> queries = (JudgedQuery("q1", "text", "a cat"), JudgedQuery("q2", "text", "a dog"))
    >>> evaluation = Evaluation("pets", queries, Judgments.of([0, 1], [3, 5], [2, 1]))
    >>> evaluation.n_queries, evaluation.modality_names
    (2, ('text',))

    Raises:
        GapvizError: no queries, ids that stand twice, or vectors or judgments of a query that is
            not there.
    """

    name: str
    queries: tuple[JudgedQuery, ...]
    judgments: Judgments
    vectors: Mapping[str, ModalityVectors] = field(default_factory=dict)
    """By modality; `item_index` holds positions in `queries`, one row each. Empty where only
    rankings that others made are held against the judgments."""
    splits: Mapping[str, Indices] = field(default_factory=dict)
    """Positions of queries; without `evaluate` all are measured."""
    unit: Unit = "items"
    own_item: Indices | None = None
    """`(n_queries,)` the item that asks itself, whose rows of the query's modality are left out of
    its list; −1 or None for a query that is no item."""
    notes: tuple[str, ...] = ()
    """What was not read of it, and what its judgments leave open, one sentence each."""

    def __post_init__(self) -> None:
        where = self.name or "queries"
        if not self.queries:
            raise GapvizError("holds no queries", where=where, hint="give at least one query")
        if len(self.position) < self.n_queries:
            twice = Counter(query.id for query in self.queries).most_common(1)[0][0]
            raise GapvizError(
                f"the query {twice[:80]!r} stands twice", where=where, hint="give each its own id"
            )
        blocks = [block.item_index for block in self.vectors.values()]
        for rows in (*blocks, self.judgments.query, *self.splits.values()):
            if len(rows) and not 0 <= rows.min() <= rows.max() < self.n_queries:
                raise GapvizError(
                    f"names query {int(rows.max())} of {self.n_queries}",
                    where=where,
                    hint="number queries from 0",
                )

    @property
    def n_queries(self) -> int:
        return len(self.queries)

    @cached_property
    def position(self) -> dict[str, int]:
        """Query id → position in `queries`."""
        return {query.id: place for place, query in enumerate(self.queries)}

    @cached_property
    def modality_names(self) -> tuple[str, ...]:
        """Modalities that ask, in the order of the queries."""
        return tuple(dict.fromkeys(query.modality for query in self.queries))

    @cached_property
    def asked_modalities(self) -> tuple[str, ...]:
        """Modalities that are asked for, in the order of the queries."""
        asked = dict.fromkeys(query.asked_modality for query in self.queries)
        return tuple(name for name in asked if name is not None)

    def codes(self, names: Sequence[str], *, asked: bool = False) -> Indices:
        """`(n_queries,)` places in `names` of the queries' modalities, or of those asked for.

        −1 for a modality that is not among them.
        """
        code = {name: place for place, name in enumerate(names)}
        found = (q.asked_modality if asked else q.modality for q in self.queries)
        return np.array([code.get(name or "", -1) for name in found], dtype=np.int64)

    @cached_property
    def evaluated(self) -> Mask:
        """`(n_queries,)`: which queries are measured."""
        wanted = np.zeros(self.n_queries, dtype=np.bool_)
        wanted[self.splits.get(EVALUATE, slice(None))] = True
        return wanted

    @cached_property
    def n_relevant(self) -> Indices:
        """`(n_queries,)` items that answer each query."""
        judged = self.judgments
        return np.bincount(judged.query[judged.relevant], minlength=self.n_queries)

    @cached_property
    def measured(self) -> Indices:
        """Positions of the evaluated queries that some item answers."""
        return np.flatnonzero(self.evaluated & (self.n_relevant > 0))

    @cached_property
    def first_relevant(self) -> Indices:
        """`(n_queries,)`: the first item that answers each query, −1 where none does."""
        judged = self.judgments
        found = np.full(self.n_queries, -1, dtype=np.int64)
        query, first = np.unique(judged.query[judged.relevant], return_index=True)
        found[query] = judged.item[judged.relevant][first]
        return found

    def vector_of(self, position: int) -> npt.NDArray[np.float32] | None:
        """The unit row `(dim,)` of a query; None where it has none."""
        block = self.vectors.get(self.queries[position].modality)
        if block is None:
            return None
        rows = np.flatnonzero(block.item_index == position)
        return block.vectors[rows[0]] if rows.size else None

    def grades_of(self, position: int) -> dict[int, float]:
        """Grade by item of everything that is judged for a query."""
        judged = self.judgments
        first, last = np.searchsorted(judged.query, (position, position + 1))
        items, grades = judged.item[first:last].tolist(), judged.grade[first:last].tolist()
        return dict(zip(items, grades, strict=True))

    def calibrating(self) -> Evaluation | None:
        """The queries that may be looked at while something is fitted, without their judgments.

        None where there are none.
        """
        members = self.splits.get(CALIBRATE)
        if members is None or not len(members):
            return None
        return replace(self.subset(members), judgments=Judgments.of([], [], []))

    def subset(self, positions: Indices) -> Evaluation:
        """Only the queries at some positions, in the order given, without splits."""
        new = np.full(self.n_queries, -1, dtype=np.int64)
        new[positions] = np.arange(len(positions))
        judged = self.judgments
        kept = new[judged.query] >= 0
        vectors = {}
        for name, block in self.vectors.items():
            rows = np.flatnonzero(new[block.item_index] >= 0)
            if rows.size:
                chosen = block.rows(rows)
                vectors[name] = replace(chosen, item_index=read_only(new[chosen.item_index]))
        return replace(
            self,
            queries=tuple(self.queries[at] for at in positions),
            judgments=Judgments.of(new[judged.query[kept]], judged.item[kept], judged.grade[kept]),
            vectors=vectors,
            splits={},
            own_item=None if self.own_item is None else self.own_item[positions],
        )

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over queries, judgments, vectors, splits and unit."""
        digest = hashlib.sha256(json.dumps([self.unit, *map(astuple, self.queries)]).encode())
        judged = self.judgments
        own = np.zeros(0) if self.own_item is None else self.own_item
        for array in (judged.query, judged.item, judged.grade, own):
            digest.update(np.ascontiguousarray(array).tobytes())
        for modality, block in sorted(self.vectors.items()):
            digest.update(json.dumps([modality, *block.vectors.shape]).encode())
            digest.update(np.ascontiguousarray(block.vectors).tobytes())
            digest.update(np.ascontiguousarray(block.item_index).tobytes())
        for split, members in sorted(self.splits.items()):
            digest.update(json.dumps([split, len(members)]).encode())
            digest.update(np.asarray(members, dtype=np.int64).tobytes())
        return digest.hexdigest()


def halved_queries(queries: Sequence[JudgedQuery], judgments: Judgments) -> dict[str, Indices]:
    """Two halves of the queries of each modality: those with one answer in common stay together.

    A query whose answer calibrates has been seen, whatever it says; and queries that share answers
    are often the same question in other words.

    >>> halved_queries([JudgedQuery(str(n), "text") for n in range(4)],
    ...                Judgments.of([0, 1, 2, 3], [7, 7, 8, 9], [1, 1, 1, 1]))
    {'calibrate': array([0, 1]), 'evaluate': array([2, 3])}
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(queries)
    relevant = judgments.relevant
    query, items = judgments.query[relevant], judgments.item[relevant]
    _, answer = np.unique(items, return_inverse=True)
    size = n + int(answer.max(initial=-1)) + 1
    linked = coo_array((np.ones(query.size), (query, n + answer)), shape=(size, size))
    _, group = connected_components(linked, directed=False)
    group = group[:n]
    # One answer that all share would leave a half empty: then each query stands for itself.
    _, counts = np.unique(group, return_counts=True)
    if counts.max(initial=0) > n / 2:
        group = np.arange(n)
    names = [query.modality for query in queries]
    evaluates = np.zeros(n, dtype=np.bool_)
    of_group: dict[int, bool] = {}
    balance: dict[str, int] = {}
    for place in np.argsort(-np.bincount(group)[group], kind="stable").tolist():
        name, number = names[place], int(group[place])
        if number not in of_group:
            of_group[number] = balance.get(name, 0) > 0
        evaluates[place] = of_group[number]
        balance[name] = balance.get(name, 0) + (-1 if of_group[number] else 1)
    return {CALIBRATE: np.flatnonzero(~evaluates), EVALUATE: np.flatnonzero(evaluates)}
