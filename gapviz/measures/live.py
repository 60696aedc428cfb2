"""Figures of a live index: what a vector store answers, and what its approximation adds to the gap.

Each figure is that of the engine's own lists, of exact search over the same entries, and their
difference by query. Queries alone vary in the intervals (bootstrap over the items that ask; of
recall, Wilson's): the index is the very one that people ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate, wilson
from gapviz.core.evaluation import Evaluation
from gapviz.core.lazy import cached_property
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float64, Indices, Mask
from gapviz.measures.retrieval.bootstrap import bootstrap_means
from gapviz.measures.retrieval.intervals import RULE_OF_THREE
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.retrieval.live_lists import BothLists, ExactBy, live_lists
from gapviz.sources.stores.store import Store, StoreSchema

LIVE_FIGURES = ("bias", "target_hit", "ndcg")
"""Of `gapviz.measures.retrieval.judged.JUDGED_FIGURES`."""
ASKING = 500
"""Queries of each modality, unless another number is named."""


@dataclass(frozen=True, slots=True)
class LiveFigure:
    """A figure of the engine beside that of exact search."""

    engine: Estimate
    exact: Estimate
    difference: Estimate
    """Engine minus exact, query by query: what the approximate index adds."""


@dataclass(frozen=True, eq=False)
class Answered:
    """Some of the queries, what they got from the engine and from exact search."""

    engine: Judged
    exact: Judged
    recall: Float64
    """`(n_queries,)` of the evaluation, as `BothLists.recall`."""
    asks: Mask
    """`(n_queries,)`: which of them they are."""
    figures: tuple[str, ...] = LIVE_FIGURES
    """That say something of them."""


@dataclass(frozen=True, eq=False)
class LiveMeasurement:
    """What queries got from an engine, and from exact search over all that it holds."""

    answered: Mapping[str, Answered]
    """By query modality over all modalities, `image`; and over another one alone, in its field or
    by a filter of the engine, `image → text`."""
    exact_by: ExactBy
    asking: Indices
    """`(n_queries,)`: the item that a query is drawn with."""
    approximates: bool
    """Whether a field of the store has an approximate index."""
    seed: int = DEFAULT_SEED

    @property
    def n_queries(self) -> dict[str, int]:
        """How many ask, by what they ask."""
        return {name: int(one.asks.sum()) for name, one in self.answered.items()}

    @cached_property
    def figures(self) -> dict[tuple[str, str], LiveFigure]:
        """By figure and what is asked; those that no query has are left out."""
        found = {}
        for asked, one in self.answered.items():
            items = self.asking[one.asks]
            for name in one.figures:
                columns = [side.values[name][one.asks] for side in (one.engine, one.exact)]
                if np.isnan(columns[0]).all():
                    continue
                columns.append(columns[0] - columns[1])
                engine, exact, change = bootstrap_means(columns, items, seed=self.seed)
                if self.approximates and not np.nan_to_num(columns[2]).any():
                    # None in n that differs still admits so many.
                    half = RULE_OF_THREE / np.unique(items).size
                    change = replace(change, low=-half, high=half)
                found[name, asked] = LiveFigure(engine, exact, change)
        return found

    @cached_property
    def recalls(self) -> dict[str, Estimate]:
        """Recall@10 of the engine against exact search, by what is asked."""
        found = {}
        for asked, one in self.answered.items():
            known = one.asks & ~np.isnan(one.recall)
            share = mean_of_known(one.recall[known])
            found[asked] = wilson(share, max(np.unique(self.asking[known]).size, 1))
        return found

    @cached_property
    def neutral(self) -> dict[str, float]:
        """By query modality, the share of the entries that have it: what no bias would give."""
        return {
            asked: mean_of_known(one.exact.expected_share()[one.asks])
            for asked, one in self.answered.items()
            if "bias" in one.figures
        }


def paired_queries(
    collection: Collection, most: int = ASKING, seed: int = DEFAULT_SEED
) -> Evaluation:
    """Rows of the collection that ask for their other half, at most so many of each modality.

    Of two modalities each asks for the other one.

    Raises:
        GapvizError: no vectors.
    """
    whole = paired_evaluation(collection)
    names = whole.modality_names
    code = whole.codes(names)
    # An item without another half has no answer.
    has = Corpus.of(collection).counts.astype(bool).sum(axis=1) > 1
    own = whole.own_item
    assert own is not None
    rng = np.random.default_rng(seed)
    chosen = [
        seeded_sample(np.flatnonzero((code == place) & has[own]), most, rng)
        for place in range(len(names))
    ]
    found = whole.subset(np.sort(np.concatenate(chosen)))
    if len(names) != 2:
        return found
    other: Mapping[str, str] = {names[0]: names[1], names[1]: names[0]}
    asked = (replace(one, asked_modality=other[one.modality]) for one in found.queries)
    return replace(found, queries=tuple(asked))


def own_queries(collection: Collection, most: int = ASKING, seed: int = DEFAULT_SEED) -> Evaluation:
    """The queries of one's own that are measured and have vectors, at most so many of a modality.

    Raises:
        GapvizError: there are none.
    """
    evaluation = collection.evaluation
    measured = np.zeros(0, dtype=np.int64) if evaluation is None else evaluation.measured
    if evaluation is None or not measured.size or not evaluation.vectors:
        raise GapvizError(
            "has no queries with judgments and vectors",
            where=collection.name,
            hint="give --queries, --judgments and --query-vectors, or choose the paired protocol",
        )
    with_vector = np.concatenate([block.item_index for block in evaluation.vectors.values()])
    asking = np.intersect1d(measured, with_vector)
    code = evaluation.codes(evaluation.modality_names)
    rng = np.random.default_rng(seed)
    chosen = [
        seeded_sample(asking[code[asking] == place], most, rng)
        for place in range(len(evaluation.modality_names))
    ]
    return evaluation.subset(np.sort(np.concatenate(chosen)))


def measure_live(
    store: Store,
    collection: Collection,
    evaluation: Evaluation,
    *,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> LiveMeasurement:
    """Ask a store and exact search, and hold both against what answers the queries.

    Args:
        store: that the collection was read from.
        collection: its items, or a sample of them.
        evaluation: as `paired_queries` or `own_queries` gives it.
        seed: of the bootstrap.
        progress: told how far it is; may raise to stop.

    Raises:
        GapvizError: as `live_lists`, or no query.
    """
    if not evaluation.n_queries:
        raise GapvizError("holds no queries", where=collection.name, hint="give some")
    lists = live_lists(store, collection, evaluation, progress)
    schema = store.schema()
    corpus = _listed(Corpus.of(collection), collection, schema)
    names = evaluation.modality_names
    code = evaluation.codes(names)
    answered = {
        name: _answered(lists.mixed, evaluation, corpus, code == place)
        for place, name in enumerate(names)
    }
    for target, both in lists.towards.items():
        column = np.array([name == target for name in corpus.names], dtype=np.int64)
        alone = replace(corpus, counts=corpus.counts * column)
        for place, name in enumerate(names):
            if name != target:
                asks = (code == place) & _has_answer(evaluation, alone)
                one = _answered(both, evaluation, alone, asks)
                answered[f"{name} → {target}"] = replace(one, figures=("ndcg",))
    own, first = evaluation.own_item, evaluation.first_relevant
    asking = first if own is None else own
    lonely = -1 - np.arange(asking.size)
    return LiveMeasurement(
        answered,
        lists.exact_by,
        np.where(asking < 0, lonely, asking),
        not schema.searches_exactly,
        seed,
    )


def _answered(both: BothLists, evaluation: Evaluation, corpus: Corpus, asks: Mask) -> Answered:
    engine, exact = (Judged(run, evaluation, corpus) for run in (both.engine, both.exact))
    return Answered(engine, exact, both.recall, asks)


def _has_answer(evaluation: Evaluation, corpus: Corpus) -> Mask:
    """`(n_queries,)`: which queries an item of a corpus answers."""
    judged = evaluation.judgments
    there = judged.relevant & (corpus.counts.sum(axis=1) > 0)[judged.item]
    return np.bincount(judged.query[there], minlength=evaluation.n_queries) > 0


def _listed(corpus: Corpus, collection: Collection, schema: StoreSchema) -> Corpus:
    """The corpus as an engine lists it: an entry once, at the best of its vectors in a field."""
    several = {one.name for one in schema.fields if one.several}
    fields = dict(collection.store.fields) if collection.store else {}
    counts = corpus.counts.copy()
    for place, name in enumerate(corpus.names):
        if fields.get(name) in several:
            counts[:, place] = np.minimum(counts[:, place], 1)
    return replace(corpus, counts=counts)
