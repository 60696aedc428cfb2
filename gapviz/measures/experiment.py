"""`Experiment`: the only place that splits, fits and measures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, Judgments
from gapviz.core.lazy import cached_property
from gapviz.core.not_measured import not_measured
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.wording import counted
from gapviz.measures.geometry.split_shift import split_warnings
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.measurement import REFIT_QUERIES, REFITS_AT_ONCE, Fit, Measurement
from gapviz.measures.pair import default_pair
from gapviz.measures.retrieval.intervals import FIT_GROUPINGS, GROUPS, Intervals, fifths
from gapviz.measures.retrieval.judged import Judged
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.measures.retrieval.threads import threads_for
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import LIST_DEPTH, ranked_lists
from gapviz.strategies import (
    Strategy,
    StrategyOptions,
    fit_strategy,
    unavailable_reason,
)
from gapviz.strategies.registry import fitted_for, learned_from

REFITTED_ITEMS = 20_000
"""With more calibration items the fit varies too little to be seen, and is taken as fixed."""


@dataclass(frozen=True, eq=False)
class Experiment:
    """A strategy fitted on some items of a collection and measured on the others.

    Each part is made when first asked for, and then kept.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> raw = Experiment(builtin_collection()).measurement
    >>> round(raw.geometry.gap.gap, 2), round(raw.bias["text"].value, 2)
    (1.01, 1.0)
    """

    collection: Collection
    options: StrategyOptions = field(default_factory=StrategyOptions)
    fit: Fit = "split"
    """`split` fits on the calibrate split and measures on the evaluate split; `all` does both
    in-sample, as published tables do."""
    pair: tuple[str, str] | None = None
    """The two modalities of the geometry; see `default_pair`."""
    seed: int = DEFAULT_SEED
    """Of parts and samples."""
    intervals: Intervals = "all"
    """What varies in the intervals; see `gapviz.measures.retrieval.intervals`."""

    @cached_property
    def calibration(self) -> Collection:
        """The items that strategies are fitted on.

        Raises:
            GapvizError: the split is missing or empty.
        """
        return self.collection if self.fit == "all" else self.collection.split(CALIBRATE)

    @cached_property
    def evaluated(self) -> Collection:
        """The items that are measured.

        Raises:
            GapvizError: the split is missing or empty.
        """
        return self.collection if self.fit == "all" else self.collection.split(EVALUATE)

    @cached_property
    def split_warnings(self) -> tuple[str, ...]:
        """What speaks against the splits, one sentence each."""
        return split_warnings(self.collection) if self.fit == "split" else ()

    @cached_property
    def not_measured(self) -> dict[str, str]:
        """What of the collection has no figure; see the function of that name."""
        return not_measured(self.collection, self.evaluated)

    def fitted(self, options: StrategyOptions) -> Strategy:
        """Any strategy fitted on `calibration`; what learns nothing knows every modality.

        Raises:
            GapvizError: as `fit_strategy`.
        """
        # What learns nothing needs no split.
        known = self.calibration if options.spec.learns else self.collection
        return fitted_for(options, self.collection, known, split_warnings=self.split_warnings)

    @cached_property
    def _calibration_parts(self) -> list[Collection]:
        """`calibration` without each of its fifths; none where the fit counts as fixed."""
        calibration, n = self.calibration, self.calibration.n_items
        if self.fit == "all" or not 2 * GROUPS <= n <= REFITTED_ITEMS:
            return []
        kept = fifths(n, FIT_GROUPINGS, self.seed + 1)
        for block in calibration.modalities.values():
            owners = block.corpus.item_index
            # A part that would lose a modality keeps the few items that have it.
            kept[np.ix_(owners, ~kept[owners].any(axis=0))] = True
        return [calibration.subset(np.flatnonzero(part)) for part in kept.T]

    def refitted(self, options: StrategyOptions) -> list[Strategy]:
        """The strategy fitted without each fifth of the calibration items, twice over.

        None where nothing is fitted, where the fit is in-sample, or where there are too few
        items to leave some out, or so many (`REFITTED_ITEMS`) that it makes no difference; and
        of each of the two times all fifths or none.
        """
        if not options.spec.learns:
            return []
        parts = self._calibration_parts
        times = [parts[start : start + GROUPS] for start in range(0, len(parts), GROUPS)]
        return [
            fit_strategy(options, learned_from(options, part))
            for fifth in times
            if all(unavailable_reason(options, part) is None for part in fifth)
            for part in fifth
        ]

    def undefined(self, options: StrategyOptions, *, everywhere: bool = False) -> str | None:
        """Why a strategy cannot be fitted here, or leaves a row without direction, in a sentence.

        Args:
            options: the strategy.
            everywhere: whether all rows count, as in an index or a drawing, and not only those
                that are measured.

        Returns:
            None where it can be fitted, and moves them all somewhere.
        """
        reason = unavailable_reason(options, self.calibration)
        if reason is None:
            try:
                strategy = self.fitted(options)
                rows = self.collection if everywhere else self.evaluated
                for name, block in rows.of_modalities(strategy.modalities_).modalities.items():
                    strategy.refuse_undefined(block.vectors, name)
                    if strategy.spec.by_role:
                        strategy.transform_queries(block.queries.vectors, name)
            except GapvizError as error:
                return error.sentence
        return reason

    @cached_property
    def strategy(self) -> Strategy:
        """The strategy of `options`, fitted.

        Raises:
            GapvizError: as `fit_strategy`.
        """
        return self.fitted(self.options)

    def having(self, options: StrategyOptions | None = None, **changed: Any) -> Experiment:
        """The same with another strategy, seed or pair; what does not depend on them is shared."""
        other = replace(self, options=options or self.options, **changed)
        vars(other).update(
            calibration=self.calibration,
            evaluated=self.evaluated,
            split_warnings=self.split_warnings,
            not_measured=self.not_measured,
        )
        if other.seed == self.seed:
            vars(other)["_calibration_parts"] = self._calibration_parts
        return other

    @cached_property
    def measurement(self) -> Measurement:
        """Every figure of the strategy on the evaluated items.

        Raises:
            GapvizError: fewer than two modalities, or a bad fit.
        """
        self.collection.refuse_without_vectors()
        measured_pair(self.collection, self.evaluated, self.pair)
        return self.measured(self.strategy)

    def measured(self, strategy: Strategy) -> Measurement:
        """Every figure of a strategy that was `fitted` here, on the evaluated items.

        Raises:
            GapvizError: fewer than two modalities.
        """
        return Measurement(
            self.evaluated,
            strategy,
            self.fit,
            self.seed,
            measured_pair(self.collection, self.evaluated, self.pair),
            self.intervals,
            lambda: self.refitted(strategy.options),
            self.not_measured,
        )

    def judged(
        self,
        strategy: Strategy | None = None,
        *,
        depth: int = LIST_DEPTH,
        way: tuple[str, str] | None = None,
    ) -> JudgedMeasurement:
        """Every figure that the judgments of the collection's own queries give a strategy.

        The whole collection is indexed, and the queries that evaluate ask, a seeded sample of
        `MAX_QUERIES` where they are more; the strategy is fitted on the items and the queries that
        calibrate.

        Args:
            strategy: one that was `fitted` here; that of `options` unless given.
            depth: how long the lists are.
            way: the modality that asks, and the one that alone is indexed; all unless given.

        Raises:
            GapvizError: no queries with judgments, none of them with a vector of a modality that
                the strategy has seen, or a bad fit.
        """
        strategy = strategy or self.strategy
        asked = judged_queries(self.collection, strategy, self.seed, way=way)
        searched = self.collection if way is None else self.collection.of_modalities(way[1:])
        corpus = Corpus.of(searched)

        def held(fitted: Strategy, queries: Evaluation) -> Judged:
            run = ranked_lists(ExactIndex.of(searched, fitted), queries, depth=depth)
            return Judged(run, queries, corpus)

        def measured(judged: Judged) -> Judged:
            _ = judged.values  # while other threads search
            return judged

        def refits() -> list[Judged]:
            positions = seeded_sample(np.arange(asked.n_queries), REFIT_QUERIES, self.seed)
            few = asked.subset(positions)
            fits = self.refitted(strategy.options)
            with threads_for(self.collection.n_rows), ThreadPoolExecutor(REFITS_AT_ONCE) as pool:
                return list(pool.map(lambda one: measured(held(one, few)), fits))

        return JudgedMeasurement(held(strategy, asked), refits, self.seed)

    @cached_property
    def index(self) -> ExactIndex:
        """All indexed rows of the collection under the strategy, to be searched."""
        return ExactIndex.of(self.collection, self.strategy)


def judged_queries(
    collection: Collection,
    strategy: Strategy | None = None,
    seed: int = DEFAULT_SEED,
    *,
    most: int = MAX_QUERIES,
    way: tuple[str, str] | None = None,
) -> Evaluation:
    """The queries of a collection that are measured, with their judgments.

    Args:
        collection: with an evaluation.
        strategy: whose modalities alone ask; without one all do, with a vector or not.
        seed: of the sample where there are more than `most`.
        most: queries that are measured.
        way: the modality that asks and the one that is searched: queries that ask for a third are
            left out, and so are judgments of items without a row of the second.

    Raises:
        GapvizError: no queries with judgments, or none that can ask.
    """
    evaluation = collection.evaluation
    if evaluation is None or not evaluation.judgments.size:
        raise GapvizError(
            "has no queries with judgments",
            where=collection.name,
            hint="give them with --queries and --judgments",
        )
    if way is not None:
        evaluation = replace(evaluation, judgments=_judgments_of_way(collection, evaluation, *way))
    measured = evaluation.measured
    if strategy is not None:
        seen = [n for n in evaluation.vectors if n in strategy.modalities_]
        rows = [evaluation.vectors[name].item_index for name in seen]
        measured = np.intersect1d(measured, np.concatenate([np.zeros(0, np.int64), *rows]))
    if not measured.size:
        modalities = ", ".join(evaluation.modality_names)
        raise GapvizError(
            f"has {evaluation.n_queries:,} judged queries ({modalities}), and none of them can ask",
            where=collection.name,
            hint="give vectors of the queries, of modalities that are indexed and fitted",
        )
    asked = evaluation.subset(seeded_sample(measured, most, seed))
    silent = evaluation.measured.size - measured.size
    if not silent:
        return asked
    note = (
        f"{counted(silent, 'judged query', 'judged queries')} cannot ask: without a vector, or of "
        "a modality that the strategy has not seen."
    )
    return replace(asked, notes=(*asked.notes, note))


def _judgments_of_way(
    collection: Collection, evaluation: Evaluation, source: str, target: str
) -> Judgments:
    """Of queries of the modality `source` and of items with rows of `target`."""
    wanted = (None, target)
    asks = [one.modality == source and one.asked_modality in wanted for one in evaluation.queries]
    judged = evaluation.judgments.of_queries(np.array(asks, dtype=np.bool_))
    kept = np.isin(judged.item, collection.modality(target).corpus.item_index)
    return Judgments(judged.query[kept], judged.item[kept], judged.grade[kept])


def measured_pair(
    collection: Collection, measured: Collection, asked: tuple[str, str] | None = None
) -> tuple[str, str]:
    """The two modalities whose geometry is measured.

    Args:
        collection: the whole.
        measured: the items of it that are measured.
        asked: the modalities that were asked for; those of `default_pair` unless given.

    Raises:
        GapvizError: fewer than two modalities, no such modality, or one that is not measured.
    """
    for name in asked or ():
        collection.modality(name)
    lacking = not_measured(collection, measured)
    wanted = asked or collection.modality_names
    unknown = [lacking[name] for name in wanted if name not in measured.modality_names]
    if unknown and (asked or len(measured.modality_names) < 2):
        raise GapvizError(
            " ".join(unknown).rstrip("."),
            where=collection.name,
            hint="give at least two items with vectors of each modality",
        )
    return asked or default_pair(measured)


def measure(
    collection: Collection,
    options: StrategyOptions | None = None,
    *,
    fit: Fit = "split",
    pair: tuple[str, str] | None = None,
    seed: int = DEFAULT_SEED,
    intervals: Intervals = "all",
) -> Measurement:
    """Fit a strategy and measure what it does; arguments as the fields of `Experiment`.

    Raises:
        GapvizError: fewer than two modalities, a split that is missing or empty, or bad
            options.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> from gapviz.strategies import StrategyOptions
    >>> centred = measure(builtin_collection(), StrategyOptions("centre"))
    >>> centred.geometry.gap.gap < 0.1 and centred.bias["text"].value > 0.8
    True
    >>> sorted(centred.to_json()["bias_at_10"]["text"])
    ['high', 'low', 'value']
    """
    options = options or StrategyOptions()
    return Experiment(collection, options, fit, pair, seed, intervals).measurement
