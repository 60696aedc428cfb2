"""Recall as the search effort grows, and the effort that a recall needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import isnan
from typing import Any

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.approximate.asked import (
    INDEX,
    INTERVAL_RULE,
    OF_INDEX,
    RANKED_AGAIN,
    RECALL_RULE,
    SAMPLE_RULE,
    STORAGE,
    index_of,
    shown_strategies,
    size_of,
)
from gapviz.analyses.approximate.found import StrategyCurves, cached_curves
from gapviz.analyses.approximate.tables import (
    curve_tables,
    factor_table,
    needed_table,
    way_words,
)
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, share_of
from gapviz.core.wording import counted, interval
from gapviz.measures.retrieval.approximate_recall import (
    DEPTH,
    LEVELS,
    EffortCurve,
    effort_ratio,
)
from gapviz.retrieval.approximate import STORAGES, Hnsw, Ivf

READ_AT = LEVELS[1:]
"""The recalls that readings may be about: the first that the smallest effort does not reach."""
LITERATURE = 10.0
"""Times as much for cross-modal queries, as papers report of large sets of web images."""
COST_RULE = (
    "Cost: distance computations a query, those with the centres of lists included; it depends on "
    "no machine. Needed for a recall: the cost at which mean recall reaches it, between two "
    "efforts linear in its logarithm; the smallest effort is a floor. Factor: the cost for queries "
    "of the other modality over that for the modality's own, over the same index."
)


def find_effort(request: Request, progress: Progress) -> Finding:
    """Recall as the search effort grows, and the effort that a recall needs."""
    shown, notes = shown_strategies(request)
    kind = index_of(request)
    found = []
    for place, options in enumerate(shown):
        work = cached_curves(
            request.collection,
            options,
            request.pair,
            kind,
            request[STORAGE.name],
            request[RANKED_AGAIN.name],
            size_of(request),
            seed=request.seed,
        )
        curves = work.compute(share_of(progress, place, len(shown)))
        found.append(StrategyCurves(options, curves))
    stored = STORAGES[request[STORAGE.name]]
    return Finding(
        figures=effort_json(found, request),
        title=f"Recall@{DEPTH} of {INDEX.choices[request[INDEX.name]]} over {stored} vectors as "
        f"{kind.effort} grows",
        readings=[*notes, effort_reading(found, request.seed)],
        tables=[
            factor_table(found, request.seed),
            needed_table(found, request.seed),
            *curve_tables(found, kind.effort, request.seed),
        ],
        protocol=protocol(found, kind),
        result=found,
    )


def read_level(raw: StrategyCurves) -> float:
    """The recall that readings are about."""
    crossings = list(raw.crossings)
    for level in READ_AT:
        if not all(one.at_least_effort(level) for pair in crossings for one in pair):
            return level
    return READ_AT[-1]


def effort_reading(found: Sequence[StrategyCurves], seed: int) -> str:
    """What cross-modal queries cost over others, before and after the strategies."""
    raw, *others = found
    level = read_level(raw)
    if all(isnan(raw.factor(own.source, level, seed).value) for _, own in raw.crossings):
        return " ".join(_most_words(one, level) for one in found)
    return " ".join(
        [
            _factor_words(raw, level, seed),
            _literature_words(raw, level, seed),
            *(_change_words(one, raw, level, seed) for one in others),
        ]
    )


def _most_words(one: StrategyCurves, level: float) -> str:
    """How much is found where no effort finds enough."""
    most = ", ".join(
        f"{way_words(curve.source, curve.target)} {curve.recall.mean(axis=0).max():.0%}"
        for curve in one.curves
    )
    return (
        f"{one.options.spec.title}: {level:.0%} cannot be compared, since not all queries reach "
        f"it; the most that is found of the exact {DEPTH} is {most}."
    )


def _factor_words(raw: StrategyCurves, level: float, seed: int) -> str:
    clauses = [
        f"{across.source} queries over {across.target} entries need "
        f"{_times(effort_ratio(across, own, level, seed))} the distance computations of "
        f"{own.source} queries"
        for across, own in raw.crossings
    ]
    return f"{raw.options.spec.title}, to find {level:.0%}: {'; '.join(clauses)}."


def _change_words(one: StrategyCurves, raw: StrategyCurves, level: float, seed: int) -> str:
    """The same under a strategy, and what it makes the mixed index cost."""
    factors = [_times(effort_ratio(across, own, level, seed)) for across, own in one.crossings]
    mixed = [
        f"{curve.source} queries cost "
        f"{_times(effort_ratio(curve, raw.curve(curve.source, None), level, seed))}"
        for curve in one.curves
        if curve.target is None
    ]
    return (
        f"{one.options.spec.title}: {' and '.join(factors)}; over the mixed index "
        f"{' and '.join(mixed)} what they cost under {raw.options.spec.title.lower()}."
    )


def _times(ratio: Estimate) -> str:
    if isnan(ratio.value):
        return "an unknown number of times"
    return f"{ratio.value:.2f} times ({interval(ratio.low, ratio.high, 2)})"


def _literature_words(raw: StrategyCurves, level: float, seed: int) -> str:
    factors = [raw.factor(across.target or "", level, seed) for across, _ in raw.crossings]
    known = [one for one in factors if not isnan(one.low)]
    if not known:
        return "Whether cross-modal queries cost more cannot be said at this recall."
    dearer = [one for one in known if one.low > 1]
    if not dearer:
        return "As encoded, cross-modal queries cost no more here than chance explains."
    where = "" if len(dearer) == len(known) else " over one of the two modalities"
    much = any(isnan(one.high) or one.high >= LITERATURE for one in known)
    end = "an order of magnitude, as papers report of far larger sets, cannot be excluded"
    if not much:
        end = "the order of magnitude that papers report of far larger sets is not seen"
    return f"As encoded, cross-modal queries do cost more here{where}; {end}."


def effort_json(found: Sequence[StrategyCurves], request: Request) -> dict[str, Any]:
    """Everything of the effort, for JSON; levels of recall stand in percent."""
    first, seed = found[0].curves, request.seed
    raw = found[0]
    return {
        "index": request[INDEX.name],
        "effort": index_of(request).effort,
        **{one.name: request[one.name] for one in OF_INDEX[1:]},
        "n_rows": next(one.n_indexed for one in first if one.target is None),
        "n_indexed": {one.target: one.n_indexed for one in first if one.target is not None},
        "n_queries": {one.source: len(one.items) for one in first},
        "strategies": {
            one.options.name: {
                "strategy": one.options.plain(),
                "curves": {curve.way: _curve_json(curve, seed) for curve in one.curves},
                "needed": {
                    curve.way: _by_level(partial(curve.needed, seed=seed)) for curve in one.curves
                },
                "factor": {
                    across.target: _by_level(partial(effort_ratio, across, own, seed=seed))
                    for across, own in one.crossings
                },
                "change": {
                    curve.way: _by_level(
                        partial(
                            effort_ratio, curve, raw.curve(curve.source, curve.target), seed=seed
                        )
                    )
                    for curve in one.curves
                    if one is not raw
                },
            }
            for one in found
        },
    }


def _by_level(estimate: Any) -> dict[str, Estimate]:
    return {f"{100 * level:g}": estimate(level) for level in LEVELS}


def _curve_json(curve: EffortCurve, seed: int) -> list[dict[str, Any]]:
    distances = curve.distances.mean(axis=0)
    return [
        {
            "effort": effort,
            f"recall_at_{DEPTH}": Estimate(value, low, high),
            "distances": float(distances[place]),
        }
        for place, (effort, value, low, high) in enumerate(
            zip(curve.efforts, *map(list, curve.band(seed)), strict=True)
        )
    ]


def protocol(found: Sequence[StrategyCurves], kind: Hnsw | Ivf) -> str:
    """What is indexed, what asks, what the effort and its cost are, what varies."""
    return " ".join(_protocol(found[0].curves, kind))


def _protocol(curves: Sequence[EffortCurve], kind: Hnsw | Ivf) -> Iterator[str]:
    yield SAMPLE_RULE
    if isinstance(kind, Hnsw):
        yield (
            f"HNSW (Malkov & Yashunin 2018) by faiss, M = {kind.m}, ef = {kind.ef_construction} "
            "while building, one thread, rows inserted by turns of chance."
        )
    else:
        n_rows = next(one.n_indexed for one in curves if one.target is None)
        lists = counted(kind.n_lists, "list") if kind.n_lists else "√n lists"
        yield (
            f"Inverted lists by faiss, {lists} about the centres of k-means, of {n_rows:,} rows in "
            "the mixed index."
        )
    yield RECALL_RULE
    yield COST_RULE
    yield INTERVAL_RULE
