"""One row of a scoreboard: a strategy fitted and measured on the vectors of one model, or a run."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from gapviz.analyses.judged import Protocol
from gapviz.analyses.scoreboard.rows import Entry, ScoreRow
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.lazy import cached_property
from gapviz.core.progress import Progress
from gapviz.core.rows import corpus_rows
from gapviz.measures.experiment import Experiment
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.costs import bytes_per_item, query_operations
from gapviz.measures.retrieval.intervals import imbalance_of
from gapviz.measures.retrieval.judged import JUDGED_FIGURES, Judged
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.measures.retrieval.outcomes import TIES_SHOW
from gapviz.measures.retrieval.within import evaluate_labels
from gapviz.strategies import StrategyOptions, unavailable_reason

FURTHER = tuple(name for name in JUDGED_FIGURES if name not in ("bias", "lift", "ndcg", "mrr"))
"""Figures by judgments that have no field of their own in a row."""


@dataclass(frozen=True, eq=False)
class Bench:
    """One model's collection, on which strategies are fitted and measured."""

    raw: Experiment
    protocol: Protocol = "paired"

    def entry(self, chosen: StrategyOptions, progress: Progress) -> Entry:
        """The row of a strategy, or why there is none."""
        reason = unavailable_reason(chosen, self.raw.calibration)
        if reason is None:
            try:
                experiment = self.raw.having(chosen)
                if self.protocol == "judged":
                    return Entry(_strategy_row(experiment))
                return Entry(self._row(experiment.measurement))
            except GapvizError as error:
                reason = error.sentence
        return Entry(None, reason)

    def _row(self, measured: Measurement) -> ScoreRow:
        strategy, items = measured.strategy, measured.collection
        # Fusing lists changes none of them: such strategies share what raw cosine gets.
        touched = strategy.spec.moves_vectors or strategy.spec.adjusts_scores
        corpus = corpus_rows(items, strategy)
        groups = (measured if strategy.spec.moves_vectors else self.raw.measurement).groups
        return ScoreRow(
            model="",
            options=strategy.options,
            title=strategy.label,
            bias=measured.bias,
            lift=measured.lift,
            ndcg=measured.ndcg,
            mrr=measured.mrr,
            recall=(measured if touched else self.raw.measurement).recall,
            mean_average_precision=_likeness(measured) if touched else self._raw_likeness,
            v_measure=groups.v_measure,
            chance_v_measure=groups.chance_v_measure,
            imbalance=measured.imbalance,
            mean_ndcg=measured.mean_ndcg.estimate,
            chance_ndcg=measured.chance_ndcg,
            ties_carry={" ".join(key): ends for key, ends in measured.carried_by_ties.items()},
            deviations={
                "imbalance": measured.mean_imbalance.deviations,
                "ndcg": measured.mean_ndcg.deviations,
            },
            bytes_per_item=bytes_per_item(corpus, strategy, items.n_items),
            query_operations=query_operations(corpus, strategy),
            transductive=strategy.spec.transductive,
            by_item=strategy.spec.ranks_items,
            warnings=strategy.warnings,
            split_warnings=strategy.warnings[len(strategy.warnings_) :],
        )

    @cached_property
    def _raw_likeness(self) -> dict[str, Estimate]:
        return _likeness(self.raw.measurement)


def run_row(judged: Judged, seed: int, progress: Progress) -> Entry:
    """The row of a run that another system made, held against judgments."""
    measured = JudgedMeasurement(judged, seed=seed)
    return Entry(_judged_row(measured, title=judged.run.name, warnings=judged.run.notes))


def _strategy_row(experiment: Experiment) -> ScoreRow:
    """The row of a strategy by the judgments of the collection's own queries."""
    measured, strategy = experiment.judged(), experiment.strategy
    searched = experiment.collection.of_modalities(strategy.modalities_)
    corpus = corpus_rows(searched, strategy)
    # Where items are listed all strategies rank them.
    rows = measured.judged.evaluation.unit == "rows"
    return _judged_row(
        measured,
        options=strategy.options,
        title=strategy.label,
        bytes_per_item=bytes_per_item(corpus, strategy, searched.n_items),
        query_operations=query_operations(corpus, strategy),
        transductive=strategy.spec.transductive,
        by_item=strategy.spec.ranks_items and rows,
        warnings=(*measured.judged.run.notes, *strategy.warnings),
        split_warnings=strategy.warnings[len(strategy.warnings_) :],
    )


def _judged_row(
    measured: JudgedMeasurement,
    *,
    title: str,
    warnings: tuple[str, ...],
    options: StrategyOptions | None = None,
    bytes_per_item: float = nan,
    query_operations: float = nan,
    transductive: bool = False,
    by_item: bool = False,
    split_warnings: tuple[str, ...] = (),
) -> ScoreRow:
    names = measured.modalities

    def figure(name: str) -> dict[str, Estimate]:
        return {modality: measured.estimate(name, modality) for modality in names}

    # By pairs an item is the answer or is not: nothing is unjudged.
    by_pairs = measured.judged.evaluation.own_item is not None
    lifts = [measured.replicates["lift", name] for name in names]
    return ScoreRow(
        model="",
        options=options,
        title=title,
        bias=figure("bias"),
        lift=figure("lift"),
        ndcg=figure("ndcg"),
        mrr=figure("mrr"),
        recall={},
        mean_average_precision={},
        imbalance=measured.imbalance,
        mean_ndcg=measured.mean_ndcg.estimate,
        chance_ndcg=mean_of_known(np.array([measured.chance["ndcg", name] for name in names])),
        ties_carry={
            " ".join(key): ends
            for key, ends in measured.tie_ends.items()
            if ends[1] - ends[0] > TIES_SHOW
        },
        deviations={
            "imbalance": imbalance_of(lifts).deviations,
            "ndcg": measured.mean_ndcg.deviations,
        },
        bytes_per_item=bytes_per_item,
        query_operations=query_operations,
        transductive=transductive,
        by_item=by_item,
        warnings=warnings,
        split_warnings=split_warnings,
        judged={} if by_pairs else {name: figure(name) for name in FURTHER},
    )


def _likeness(measured: Measurement) -> dict[str, Estimate]:
    """Mean average precision within each modality."""
    found = {}
    for name in measured.collection.modality_names:
        outcome, items = evaluate_labels(
            measured.collection, measured.strategy, name, seed=measured.seed
        )
        found[name] = bootstrap_mean(outcome.average_precision, items, seed=measured.seed)
    return found
