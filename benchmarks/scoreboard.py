"""A scoreboard against a plain loop that sorts the index anew for every query.

The peers take the same fitted strategies (those that move vectors), the same protocol and the
same number of bootstrap resamples, and give the same figures, which is checked before the clock
starts. One counts its metrics in numpy, the other leaves them to ranx.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import permutations
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from benchmarks.timing import Comparison, compare
from gapviz.analyses.scoreboard.rows import Scoreboard
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.collection import Collection
from gapviz.core.rows import Rows, corpus_rows, query_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Float64, Indices
from gapviz.measures.retrieval.bootstrap import RESAMPLES
from gapviz.measures.retrieval.cross import RECALL_DEPTHS
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import STRATEGIES, Strategy, StrategyOptions, fit_strategy

K = 10
Figures = dict[str, tuple[float, float, float]]


def comparisons() -> Iterator[Comparison]:
    """The built-in collection, every strategy that moves vectors, with intervals."""
    collection = builtin_collection()
    names = [name for name, card in STRATEGIES.items() if card.acts_on in ("nothing", "vectors")]
    options = [StrategyOptions(name) for name in names]
    ours = partial(_measured_anew, collection, options)
    loop = partial(_board, collection, options, with_ranx=False)
    _refuse_other_figures(ours().rows[-1].ndcg["image"].value, loop()[-1]["ndcg image"][0])
    measured = collection.split(EVALUATE)
    yield from compare(
        f"{len(options)} strategies, {measured.n_items} items, bootstrap",
        ours,
        {
            "numpy loop, argsort a query": loop,
            "the same, metrics by ranx": partial(_board, collection, options, with_ranx=True),
        },
        rounds=3,
    )


def _measured_anew(collection: Collection, options: list[StrategyOptions]) -> Scoreboard:
    with TemporaryDirectory() as folder, patch.dict(os.environ, {"GAPVIZ_CACHE": folder}):
        return ScoreboardRequest({"model": collection}, options).compute()


def _refuse_other_figures(ours: float, theirs: float) -> None:
    if abs(ours - theirs) > 1e-6:
        raise AssertionError(f"the peer measures something else: {ours} and {theirs}")


def _board(
    collection: Collection, options: list[StrategyOptions], *, with_ranx: bool
) -> list[Figures]:
    calibration, measured = collection.split(CALIBRATE), collection.split(EVALUATE)
    return [
        _row(measured, fit_strategy(chosen, calibration), with_ranx=with_ranx) for chosen in options
    ]


def _row(measured: Collection, strategy: Strategy, *, with_ranx: bool) -> Figures:
    corpus = corpus_rows(measured, strategy)
    queries = query_rows(measured, strategy)
    figures: Figures = {}
    for code, name in enumerate(corpus.names):
        asking = np.flatnonzero(queries.modality == code)
        for figure, values in _mixed(corpus, queries, asking, code, with_ranx).items():
            figures[f"{figure} {name}"] = _interval(values, queries.item[asking])
        figures[f"map {name}"] = _interval(*_within(measured, corpus, code))
    for source, target in permutations(range(len(corpus.names)), 2):
        asking = np.flatnonzero(queries.modality == source)
        for figure, values in _cross(corpus, queries, asking, target, with_ranx).items():
            figures[f"{figure} {source} {target}"] = _interval(values, queries.item[asking])
    return figures


def _mixed(
    corpus: Rows, queries: Rows, asking: Indices, code: int, with_ranx: bool
) -> dict[str, Float64]:
    ranked, bias, lift = [], [], []
    for row in asking:
        scores = corpus.vectors @ queries.vectors[row]
        own = (corpus.item == queries.item[row]) & (corpus.modality == code)
        order = np.argsort(-scores, kind="stable")
        order = order[~own[order]]
        bias.append((corpus.modality[order[:K]] == code).mean())
        lift.append(bias[-1] / (corpus.modality[~own] == code).mean())
        ranked.append(order)
    relevant = [
        corpus.item[order] == queries.item[row] for order, row in zip(ranked, asking, strict=True)
    ]
    metrics = (_ranx if with_ranx else _numpy)(relevant, ("ndcg@10", "mrr"))
    return {
        "bias": np.array(bias),
        "lift": np.array(lift),
        "ndcg": metrics["ndcg@10"],
        "mrr": metrics["mrr"],
    }


def _cross(
    corpus: Rows, queries: Rows, asking: Indices, target: int, with_ranx: bool
) -> dict[str, Float64]:
    gallery = np.flatnonzero(corpus.modality == target)
    relevant = []
    for row in asking:
        order = np.argsort(-(corpus.vectors[gallery] @ queries.vectors[row]), kind="stable")
        relevant.append(corpus.item[gallery[order]] == queries.item[row])
    names = tuple(f"hit_rate@{k}" for k in RECALL_DEPTHS)
    return dict((_ranx if with_ranx else _numpy)(relevant, names))


def _within(measured: Collection, corpus: Rows, code: int) -> tuple[Float64, Indices]:
    rows = np.flatnonzero(corpus.modality == code)
    labels = measured.labels[corpus.item[rows]]
    precision = np.full(rows.size, np.nan)
    for place, row in enumerate(rows):
        order = np.argsort(-(corpus.vectors[rows] @ corpus.vectors[row]), kind="stable")
        same = labels[order[order != place]] == labels[place]
        if labels[place] >= 0 and same.any():
            ranks = np.flatnonzero(same) + 1
            precision[place] = (np.arange(1, ranks.size + 1) / ranks).mean()
    return precision, corpus.item[rows]


def _numpy(relevant: list[np.ndarray], names: tuple[str, ...]) -> Mapping[str, Float64]:
    found: dict[str, list[float]] = {name: [] for name in names}
    for row in relevant:
        ranks = np.flatnonzero(row) + 1
        for name in names:
            if name == "mrr":
                found[name].append(float(1 / ranks[0]))
            elif name == "ndcg@10":
                ideal = (1 / np.log2(1 + np.arange(1, min(ranks.size, K) + 1))).sum()
                found[name].append(float((1 / np.log2(1 + ranks[ranks <= K])).sum() / ideal))
            else:
                found[name].append(float(ranks[0] <= int(name.split("@")[1])))
    return {name: np.array(values) for name, values in found.items()}


def _ranx(relevant: list[np.ndarray], names: tuple[str, ...]) -> Mapping[str, Float64]:
    from ranx import Qrels, Run, evaluate

    truth = {
        str(query): {str(place): 1 for place in np.flatnonzero(row)}
        for query, row in enumerate(relevant)
    }
    run = {
        str(query): {str(place): float(-place) for place in range(row.size)}
        for query, row in enumerate(relevant)
    }
    results = evaluate(Qrels(truth), Run(run), list(names), return_mean=False)
    return {name: np.asarray(results[name], dtype=np.float64) for name in names}


def _interval(values: Float64, items: Indices) -> tuple[float, float, float]:
    """Mean and 95 % percentile-bootstrap interval, resampling items."""
    known = ~np.isnan(values)
    _, group = np.unique(items[known], return_inverse=True)
    totals = np.bincount(group, weights=values[known])
    counts = np.bincount(group)
    random = np.random.default_rng(0)
    means = []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, totals.size, totals.size)
        means.append(totals[drawn].sum() / counts[drawn].sum())
    low, high = np.quantile(means, (0.025, 0.975))
    return float(values[known].mean()), float(low), float(high)
