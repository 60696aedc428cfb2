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
from gapviz.core.estimate import Estimate
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
from gapviz.retrieval.live_lists import ExactBy, live_lists
from gapviz.retrieval.recall import wilson
from gapviz.sources.stores.store import Store

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
class LiveMeasurement:
    """What queries got from an engine, and from exact search over all that it holds."""

    engine: Judged
    exact: Judged
    recall: Float64
    """`(n_queries,)`, as `LiveLists.recall`."""
    exact_by: ExactBy
    asking: Indices
    """`(n_queries,)`: the item that a query is drawn with."""
    approximates: bool
    """Whether a field of the store has an approximate index."""
    seed: int = DEFAULT_SEED

    @property
    def evaluation(self) -> Evaluation:
        """What was asked."""
        return self.engine.evaluation

    @cached_property
    def modalities(self) -> tuple[str, ...]:
        """Query modalities."""
        return self.evaluation.modality_names

    @cached_property
    def _asks(self) -> dict[str, Mask]:
        code = self.evaluation.codes(self.modalities)
        return {name: code == place for place, name in enumerate(self.modalities)}

    @property
    def n_queries(self) -> dict[str, int]:
        """How many ask, by query modality."""
        return {name: int(mask.sum()) for name, mask in self._asks.items()}

    @cached_property
    def figures(self) -> dict[tuple[str, str], LiveFigure]:
        """By figure and query modality; those that no query has are left out."""
        engine, exact = self.engine.values, self.exact.values
        found = {}
        for name in LIVE_FIGURES:
            for modality, mask in self._asks.items():
                columns = [engine[name][mask], exact[name][mask]]
                if np.isnan(columns[0]).all():
                    continue
                columns.append(columns[0] - columns[1])
                items = self.asking[mask]
                engine_one, exact_one, change = bootstrap_means(columns, items, seed=self.seed)
                if self.approximates and not np.nan_to_num(columns[2]).any():
                    # None in n that differs still admits so many.
                    half = RULE_OF_THREE / np.unique(items).size
                    change = replace(change, low=-half, high=half)
                found[name, modality] = LiveFigure(engine_one, exact_one, change)
        return found

    @cached_property
    def recalls(self) -> dict[str, Estimate]:
        """Recall@10 of the engine against exact search, by query modality."""
        found = {}
        for name, mask in self._asks.items():
            known = mask & ~np.isnan(self.recall)
            share = mean_of_known(self.recall[known])
            found[name] = wilson(share, max(np.unique(self.asking[known]).size, 1))
        return found

    @cached_property
    def neutral(self) -> dict[str, float]:
        """Share of the entries that have the modality of the queries: what no bias would give."""
        share = self.exact.expected_share()
        return {name: mean_of_known(share[mask]) for name, mask in self._asks.items()}


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
    corpus, schema = Corpus.of(collection), store.schema()
    several = {one.name for one in schema.fields if one.several}
    fields = dict(collection.store.fields) if collection.store else {}
    counts = corpus.counts.copy()
    for place, name in enumerate(corpus.names):
        if fields.get(name) in several:
            # The engine lists an entry once, at the best of its vectors.
            counts[:, place] = np.minimum(counts[:, place], 1)
    corpus = replace(corpus, counts=counts)
    own, first = evaluation.own_item, evaluation.first_relevant
    asking = first if own is None else own
    lonely = -1 - np.arange(asking.size)
    return LiveMeasurement(
        Judged(lists.engine, evaluation, corpus),
        Judged(lists.exact, evaluation, corpus),
        lists.recall,
        lists.exact_by,
        np.where(asking < 0, lonely, asking),
        not schema.searches_exactly,
        seed,
    )
