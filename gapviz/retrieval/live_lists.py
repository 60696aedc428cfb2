"""What a vector store answers to queries, beside exact search over all that it holds.

A query is asked of every field that is a modality, and the lists are merged by score, as one index
of all vectors would answer; a store whose entries name their modality answers by itself. The rows
of a query's own item in its own modality are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation
from gapviz.core.lazy import cached_property
from gapviz.core.modality_names import modality_name
from gapviz.core.progress import Progress
from gapviz.core.store_origin import StoreOrigin
from gapviz.core.vectors import Float32, Float64, Indices
from gapviz.retrieval.run import Run, levels_of_lists
from gapviz.retrieval.scanned import Search, scanned_nearest
from gapviz.sources.files.texts import text_in
from gapviz.sources.stores.store import Nearest, Store
from gapviz.strategies.fusion.ties import TOLERANCE

DEPTH = 10
"""Results that figures are of."""
MARGIN = 10
"""Results behind them, for equal scores."""
AT_ONCE = 64
"""Queries in one request."""

MIXED = ""
"""In place of a modality: all of them."""

ExactBy = Literal["engine", "scan"]
"""Who searched exactly: the engine itself, or gapviz in one pass over all entries."""

Asks = Callable[[Search, slice], Nearest]
"""The nearest of some of the queries."""


@dataclass(frozen=True, eq=False)
class BothLists:
    """The lists of an engine and of exact search for the same queries."""

    engine: Run
    exact: Run
    recall: Float64
    """`(n_queries,)`: of the first 10 of exact search, the share that the engine has in its own;
    what scores like the tenth counts as it. NaN where nothing is to be found."""


@dataclass(frozen=True, eq=False)
class LiveLists:
    """What a store answers, and what exact search does."""

    mixed: BothLists
    """Over all modalities."""
    towards: Mapping[str, BothLists]
    """Over one modality alone: in the field that it has, or by a filter of the engine."""
    exact_by: ExactBy


@dataclass(frozen=True, slots=True)
class _Hit:
    """One entry of a list."""

    entry: str
    item: str
    modality: str
    score: float


def live_lists(
    store: Store, collection: Collection, evaluation: Evaluation, progress: Progress
) -> LiveLists:
    """Ask a store, as it is configured, and exact search.

    Args:
        store: that the collection was read from.
        collection: its items, or a sample of them.
        evaluation: its queries ask; they have vectors.
        progress: told how far it is; may raise to stop.

    Raises:
        GapvizError: the collection is from no store, its vectors were cut, or the store does not
            answer.
    """
    origin = origin_of(collection)
    answers = _Answers(store, origin, collection, evaluation)
    vectors, depth = answers.vectors, answers.depth

    def told(start: float, end: float, stage: str) -> Callable[[float], None]:
        return lambda share: progress(start + share * (end - start), stage)

    def asked(one: Search, part: slice) -> Nearest:
        return store.nearest(one.field, vectors[part], depth, where=one.where)

    def asked_exactly(one: Search, part: slice) -> Nearest:
        return store.nearest(one.field, vectors[part], depth, where=one.where, exact=True)

    engine = answers.lists(asked, told(0.0, 0.4, "asking the store"))
    exact_by: ExactBy = "engine"
    tell = told(0.4, 0.9, "searching exactly")
    try:
        exact = answers.lists(asked_exactly, tell)
    except GapvizError:
        exact_by = "scan"
        found = scanned_nearest(store, answers.searches, vectors, depth, tell)
        exact = answers.lists(
            lambda one, part: Nearest(found[one].ids[part], found[one].scores[part]),
            lambda share: None,
        )
    progress(0.9, "comparing the lists")
    both = {name: answers.both(engine[name], exact[name]) for name in engine}
    return LiveLists(both.pop(MIXED), both, exact_by)


def origin_of(collection: Collection) -> StoreOrigin:
    """The store that a collection was read from.

    Raises:
        GapvizError: it was read from none.
    """
    if collection.store is None:
        raise GapvizError(
            "was not read from a vector store, so that there is none to ask",
            where=collection.name,
            hint="name the address of a store",
        )
    return collection.store


@dataclass(eq=False)
class _Answers:
    """Asks the queries of an evaluation, and says what the answers are."""

    store: Store
    origin: StoreOrigin
    collection: Collection
    evaluation: Evaluation
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Item and modality of entries that were looked up."""

    def __post_init__(self) -> None:
        dims = {one.name: one.dim for one in self.store.schema().fields}
        for name in self.field_names:
            if dims.get(name) != self.collection.dim:
                raise GapvizError(
                    f"the vectors have {self.collection.dim} dimensions, and those of the store "
                    f"{dims.get(name, 'none')}",
                    where=self.origin.address,
                    hint="read them without --dims and --fuse, or read the store again",
                )

    @property
    def field_names(self) -> list[str]:
        """Vector fields that are asked."""
        return [name for _, name in self.origin.fields]

    @cached_property
    def searches(self) -> tuple[Search, ...]:
        """What is asked: each field that is a modality; or the one field, whole and by modality.

        Where the engine takes no such filter, the field as a whole alone.
        """
        column = self.origin.modality_column
        if column is None:
            return tuple(Search(modality, name) for modality, name in self.origin.fields)
        (name,) = self.field_names
        filtered = [Search(modality, name, column, value) for modality, value in self.origin.values]
        try:
            for one in filtered:
                self.store.nearest(name, self.vectors[:1], 1, where=one.where)
        except GapvizError:
            filtered = []
        return (Search(MIXED, name), *filtered)

    @property
    def vectors(self) -> Float32:
        """`(n, dim)`: all queries, modality by modality."""
        return np.concatenate([block.vectors for block in self.evaluation.vectors.values()])

    @property
    def depth(self) -> int:
        """How many are asked for, so that enough are left."""
        several = 1
        if self.origin.modality_column is not None:
            blocks = self.collection.modalities.values()
            counts = [int(np.bincount(block.item_index).max()) for block in blocks]
            several = sum(counts) if self.evaluation.unit == "items" else max(counts)
        wanted = DEPTH + MARGIN
        return wanted * several if self.evaluation.unit == "items" else wanted + several

    def lists(self, asks: Asks, tell: Callable[[float], None]) -> dict[str, list[list[_Hit]]]:
        """By modality, or `MIXED`: a list a query, empty for one without a vector."""
        targets = [one.target for one in self.searches if one.target]
        names = [MIXED, *(targets if len(self.searches) > 1 else ())]
        found: dict[str, list[list[_Hit]]] = {
            name: [[] for _ in self.evaluation.queries] for name in names
        }
        blocks = self.evaluation.vectors.values()
        owners = np.concatenate([block.item_index for block in blocks]).tolist()
        for start in range(0, len(owners), AT_ONCE):
            tell(start / len(owners))
            part = slice(start, min(start + AT_ONCE, len(owners)))
            answers = {one.target: self._answers(asks, one, part) for one in self.searches}
            for place, query in enumerate(owners[part]):
                lists = {name: one[place] for name, one in answers.items()}
                if MIXED not in lists:
                    merged = [hit for one in lists.values() for hit in one]
                    lists[MIXED] = sorted(merged, key=lambda hit: -hit.score)
                for name in names:
                    found[name][query] = self._trimmed(query, lists[name])
        return found

    def _answers(self, asks: Asks, search: Search, part: slice) -> list[list[_Hit]]:
        """The list of each query of a part, in one search."""
        answers = asks(search, part)
        told = self._told([one for ids in answers.ids for one in ids], search.target)
        return [
            [
                _Hit(one, *told[one], score)
                for one, score in zip(ids, scores.tolist(), strict=True)
                if one in told
            ]
            for ids, scores in zip(answers.ids, answers.scores, strict=True)
        ]

    def _told(self, ids: Sequence[str], modality: str) -> Mapping[str, tuple[str, str]]:
        """Item and modality of entries, looked up where their ids do not say them."""
        item, named = self.origin.item_column, self.origin.modality_column
        if item is None and named is None:
            return {one: (one, modality) for one in ids}
        new = [one for one in dict.fromkeys(ids) if one not in self.known]
        for start in range(0, len(new), 1_024):
            batch = self.store.fetch(new[start : start + 1_024], ())
            for one, payload in zip(batch.ids, batch.payload, strict=True):
                key = one if item is None else _text(payload.get(item))
                kind = "" if named is None else modality_name(_text(payload.get(named)))
                self.known[one] = key, kind
        return {one: (self.known[one][0], modality or self.known[one][1]) for one in ids
                if one in self.known}  # fmt: skip

    def _trimmed(self, query: int, hits: Sequence[_Hit]) -> list[_Hit]:
        """Without the query's own rows; each item once where items are listed."""
        evaluation, own = self.evaluation, -1
        if evaluation.own_item is not None:
            own = int(evaluation.own_item[query])
        item = self.collection.items[own].id if own >= 0 else None
        modality = evaluation.queries[query].modality
        kept, seen = [], set()
        for hit in hits:
            if hit.item == item and hit.modality == modality:
                continue
            if evaluation.unit == "items" and hit.item in seen:
                continue
            seen.add(hit.item)
            kept.append(hit)
        return kept[: DEPTH + MARGIN]

    def both(self, engine: Sequence[Sequence[_Hit]], exact: Sequence[Sequence[_Hit]]) -> BothLists:
        """Two lists a query, held against each other."""
        by_item = self.evaluation.unit == "items"
        shares = [_recall(*lists, by_item=by_item) for lists in zip(engine, exact, strict=True)]
        return BothLists(
            self.run("engine", engine),
            self.run("exact search", exact),
            np.array(shares, dtype=np.float64),
        )

    def run(self, name: str, lists: Sequence[Sequence[_Hit]]) -> Run:
        """The lists as positions in the collection; an item that is not in the sample is −1."""
        names, position = self.collection.modality_names, self.collection.position
        code = {one: place for place, one in enumerate(names)}
        hits = [hit for one in lists for hit in one]
        starts: Indices = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        score = np.array([hit.score for hit in hits], dtype=np.float64)
        near = TOLERANCE * np.maximum(np.abs(score), 1.0)
        return Run(
            name,
            names,
            starts,
            np.array([position.get(hit.item, -1) for hit in hits], dtype=np.int64),
            np.array([code.get(hit.modality, -1) for hit in hits], dtype=np.int64),
            score,
            levels_of_lists(score, starts, near),
            DEPTH + MARGIN,
        )


def _recall(engine: Sequence[_Hit], exact: Sequence[_Hit], *, by_item: bool) -> float:
    if not exact:
        return float("nan")

    def row(hit: _Hit) -> tuple[str, str]:
        """An entry may be found in several fields."""
        return (hit.item, "") if by_item else (hit.entry, hit.modality)

    last = exact[min(DEPTH, len(exact)) - 1].score
    near = TOLERANCE * max(abs(last), 1.0)
    counts = {row(hit) for hit in exact if hit.score >= last - near}
    wanted = min(DEPTH, len(exact))
    return min(sum(row(hit) in counts for hit in engine[:DEPTH]), wanted) / wanted


def _text(value: object) -> str:
    try:
        return text_in(value) or ""
    except TypeError:
        return ""
