"""Every strategy against every other, on held-out items: bias beside quality beside cost.

Fitted on the calibrate split, measured on the evaluate split of each model's collection; the
protocols are those of `evaluate_mixed`, `evaluate_cross` and `evaluate_within`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from gapviz.collection import CALIBRATE, EVALUATE, Collection
from gapviz.encoders.base import Progress
from gapviz.errors import GapvizError
from gapviz.evaluation.bootstrap import Estimate, bootstrap_mean, bootstrap_means
from gapviz.evaluation.costs import bytes_per_item, query_operations
from gapviz.evaluation.cross import evaluate_cross
from gapviz.evaluation.mixed import MAX_QUERIES, evaluate_mixed
from gapviz.evaluation.outcome import MixedOutcome
from gapviz.evaluation.within import evaluate_within
from gapviz.retrieval.corpus import corpus_rows, rows_of_one
from gapviz.strategies import (
    Strategy,
    StrategyOptions,
    fit_strategy,
    strategy_card,
    unavailable_reason,
)
from gapviz.vectors import Float64

DEPTHS = (1, 5, 10)


@dataclass(frozen=True, eq=False)
class ScoreRow:
    """One strategy on the vectors of one model; estimates carry 95 % intervals."""

    model: str
    options: StrategyOptions
    title: str
    """The strategy with the parameters that matter."""
    bias: Mapping[str, Estimate]
    """Bias@10 by query modality."""
    lift: Mapping[str, Estimate]
    """Bias lift@10 by query modality; 1 is neutral."""
    ndcg: Mapping[str, Estimate]
    """NDCG@10 of the match in the mixed index by query modality; of the query's item, which is
    another protocol, where a strategy ranks items."""
    mrr: Mapping[str, Estimate]
    """Its mean reciprocal rank."""
    recall: Mapping[tuple[str, str], Mapping[int, Estimate]]
    """Cross-modal recall@1/5/10 by direction (source, target)."""
    mean_average_precision: Mapping[str, Estimate]
    """Within each modality, over items that share a label; NaN where none do."""
    mean_lift: Estimate
    """Mean of `lift` over the query modalities."""
    mean_ndcg: Estimate
    """Mean of `ndcg` over the query modalities."""
    bytes_per_item: float
    query_operations: int
    """Multiply-adds a query, by exact search."""
    transductive: bool
    warnings: tuple[str, ...]
    pareto: bool = False
    """True where no other row is both nearer to lift 1 and higher in NDCG. A transductive row
    is never on that front, and keeps none off it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A strategy that could not be measured on the vectors of a model."""

    model: str
    options: StrategyOptions
    reason: str


@dataclass(frozen=True, eq=False)
class Scoreboard:
    """All rows, models in the order given and strategies within a model."""

    rows: tuple[ScoreRow, ...]
    left_out: tuple[LeftOut, ...]
    n_items: Mapping[str, int]
    """Items measured, by model."""
    seed: int


def scoreboard(
    collections: Mapping[str, Collection],
    options: Sequence[StrategyOptions],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scoreboard:
    """Measure every strategy on the vectors of every model.

    Args:
        collections: one a model, each with a calibrate and an evaluate split.
        options: the strategies.
        seed: of bootstrap and samples.
        progress: told after every strategy; may raise to cancel.

    Raises:
        GapvizError: a split that is missing, or an unknown strategy.
    """
    rows: list[ScoreRow] = []
    left_out: list[LeftOut] = []
    n_items = {}
    n_all = len(collections) * len(options)
    for model, collection in collections.items():
        calibration, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
        n_items[model] = measured.n_items
        unmoved = _single_lists(measured, fit_strategy(StrategyOptions(), calibration), seed)
        for chosen in options:
            card = strategy_card(chosen.name)
            reason = unavailable_reason(card, calibration, chosen.anchor)
            if reason is None:
                try:
                    rows.append(
                        _row(model, measured, fit_strategy(chosen, calibration), unmoved, seed)
                    )
                except GapvizError as error:
                    reason = error.sentence
            if reason is not None:
                left_out.append(LeftOut(model, chosen, reason))
            if progress is not None:
                progress((len(rows) + len(left_out)) / n_all, f"{card.title}, {model}")
    front = pareto_front(
        [(abs(row.mean_lift.value - 1), row.mean_ndcg.value) for row in rows],
        [not row.transductive for row in rows],
    )
    marked = tuple(replace(row, pareto=on) for row, on in zip(rows, front, strict=True))
    return Scoreboard(marked, tuple(left_out), n_items, seed)


def pareto_front(points: Sequence[tuple[float, float]], competes: Sequence[bool]) -> list[bool]:
    """Which points (cost, worth) no other one that `competes` beats in both, or in one at a tie.

    A point with a NaN, or one that does not compete, is not on the front.
    """
    contest = [point for point, yes in zip(points, competes, strict=True) if yes]
    return [
        yes
        and not np.isnan(point).any()
        and not any(
            other[0] <= point[0] and other[1] >= point[1] and other != point for other in contest
        )
        for point, yes in zip(points, competes, strict=True)
    ]


def mean_over_modalities(
    values: Sequence[Float64], outcomes: Sequence[MixedOutcome], seed: int
) -> Estimate:
    """Mean of the modalities' means, every modality weighing alike, resampling items."""
    known = [value for value in values if not np.isnan(value).all()]
    n_all = sum(int((~np.isnan(value)).sum()) for value in known)
    weighted = [
        value * n_all / (len(known) * max(int((~np.isnan(value)).sum()), 1)) for value in values
    ]
    return bootstrap_mean(
        np.concatenate(weighted), np.concatenate([o.items for o in outcomes]), seed=seed
    )


@dataclass(frozen=True, eq=False)
class _SingleLists:
    """What is found in an index of one modality, which fusing lists does not change."""

    recall: Mapping[tuple[str, str], Mapping[int, Estimate]]
    mean_average_precision: Mapping[str, Estimate]


def _single_lists(measured: Collection, strategy: Strategy, seed: int) -> _SingleLists:
    return _SingleLists(
        recall=_recall(measured, strategy, seed),
        mean_average_precision={
            name: _within(measured, strategy, name, seed) for name in measured.modality_names
        },
    )


def _row(
    model: str, measured: Collection, strategy: Strategy, unmoved: _SingleLists, seed: int
) -> ScoreRow:
    mixed = evaluate_mixed(measured, strategy, seed=seed)
    outcomes = list(mixed.values())

    bias, lift, ndcg, mrr = {}, {}, {}, {}
    for name, outcome in mixed.items():
        figures = [outcome.own_share, outcome.lift, outcome.ndcg, outcome.reciprocal_rank]
        bias[name], lift[name], ndcg[name], mrr[name] = bootstrap_means(
            figures, outcome.items, seed=seed
        )
    single = unmoved
    if strategy.card.changes in ("vectors", "scores"):
        single = _single_lists(measured, strategy, seed)
    corpus = corpus_rows(measured, strategy.alignment)
    return ScoreRow(
        model=model,
        options=strategy.options,
        title=strategy.label,
        bias=bias,
        lift=lift,
        ndcg=ndcg,
        mrr=mrr,
        recall=single.recall,
        mean_average_precision=single.mean_average_precision,
        mean_lift=mean_over_modalities([o.lift for o in outcomes], outcomes, seed),
        mean_ndcg=mean_over_modalities([o.ndcg for o in outcomes], outcomes, seed),
        bytes_per_item=bytes_per_item(corpus, strategy, measured.n_items),
        query_operations=query_operations(corpus, strategy),
        transductive=strategy.card.transductive,
        warnings=strategy.warnings,
    )


def _recall(
    measured: Collection, strategy: Strategy, seed: int
) -> dict[tuple[str, str], dict[int, Estimate]]:
    recall = {}
    for source, target in permutations(measured.modality_names, 2):
        outcome = evaluate_cross(measured, strategy, source, target, seed=seed)
        estimates = bootstrap_means([outcome.recall(k) for k in DEPTHS], outcome.items, seed=seed)
        recall[source, target] = dict(zip(DEPTHS, estimates, strict=True))
    return recall


def _within(measured: Collection, strategy: Strategy, modality: str, seed: int) -> Estimate:
    block = measured.modality(modality).corpus
    vectors = strategy.alignment.transform(block.vectors, modality)
    labels = measured.labels[block.item_index]
    asking = np.flatnonzero(labels >= 0)
    if asking.size > MAX_QUERIES:
        asking = np.sort(np.random.default_rng(seed).choice(asking, MAX_QUERIES, replace=False))
    adjust = None
    if strategy.scoring is not None:
        rows = rows_of_one(modality, vectors, block.item_index)
        prepared = strategy.scoring.prepare(rows, rows)
        adjust = lambda scores: prepared.adjust(scores, modality)  # noqa: E731
    outcome = evaluate_within(vectors, labels, asking=asking, adjust=adjust)
    return bootstrap_mean(outcome.average_precision, block.item_index[asking], seed=seed)
