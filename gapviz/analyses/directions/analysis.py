"""Directions: which modality finds which, what the way back is worth, and where results go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from typing import Any

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.directions.found import (
    FoundDirections,
    JudgedAsymmetry,
    Penalty,
    found_directions,
)
from gapviz.analyses.directions.tables import (
    UNDECIDED,
    WITHIN_CHANCE,
    arrow,
    asymmetry_table,
    directions_table,
    gap_table,
    penalty_table,
    points_table,
    predicted_table,
    predicts,
    target_table,
    verdict,
)
from gapviz.analyses.listed import LISTED
from gapviz.analyses.within import delta_reading
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress
from gapviz.core.wording import counted, figure, interval
from gapviz.measures.directions import FIGURES, Way
from gapviz.measures.measurement import Measurement
from gapviz.measures.rank_correlation import FEWEST_POINTS, is_settled
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.strategies import StrategyOptions
from gapviz.strategies.fusion.ties import TIE_RULE

WEAK = 0.3
"""A rank correlation nearer to 0 is called weak."""

TARGETS = {
    "share": "mean share of the first 10 entries of the pooled index that has the modality asked "
    "for, whatever the query's own; the rest is where the results went",
    "hit_rate": "share of queries with at least one such entry among the first 10",
}
ASYMMETRY = "a figure of one direction minus that of its way back, over items that have both"
PREDICTED = (
    "rank correlation of the gap without noise with the mean of both directions, over pairs of "
    "modalities, of every model of the same items"
)


def across_reading(found: FoundDirections) -> str:
    """The least and the most that a direction between two modalities finds."""
    known = {
        way: one.figures["ndcg"]
        for way, one in found.directions.items()
        if one.relevant == "match" and not isnan(one.figures["ndcg"].value)
    }
    if not known:
        return "No direction between two modalities can be measured: no item has rows of two."
    best = max(known, key=lambda way: known[way].value)
    worst = min(known, key=lambda way: known[way].value)
    if best == worst:
        return f"{arrow(*best)}: NDCG@10 {known[best]}."
    return (
        f"NDCG@10 across modalities goes from {known[worst]} ({arrow(*worst)}) to {known[best]} "
        f"({arrow(*best)})."
    )


def asymmetry_reading(found: FoundDirections) -> str:
    """Which direction is better than its way back; empty where none can be compared."""
    if not found.asymmetries:
        return ""
    clear = [one for one in found.asymmetries if verdict(one) != WITHIN_CHANCE]
    if not clear:
        return "No direction differs from its way back by more than chance."
    return f"{'; '.join(map(_clear_words, clear))}."


def _clear_words(one: JudgedAsymmetry) -> str:
    name = next(name for name in FIGURES if one.better(name) is not None)
    way, change = one.better(name), one.change[name]
    if way != (one.first, one.second):
        change = Estimate(-change.value, -change.high, -change.low)
    assert way is not None
    return (
        f"{arrow(*way)} finds more than {arrow(*way[::-1])}: {FIGURES[name]} is higher by "
        f"{figure(change.value)} ({interval(change.low, change.high)})"
    )


def target_reading(found: FoundDirections) -> str:
    """The modality that is asked for and found least, against its share of the index."""
    known = {
        way: one
        for way, one in found.targets.items()
        if way[0] != way[1] and not isnan(one.share.value) and one.expected_share > 0
    }
    if not known:
        return ""
    way = min(known, key=lambda way: known[way].share.value / known[way].expected_share)
    one = known[way]
    return (
        f"Asked for {way[1]}, the pooled index gives {way[0]} queries {one.share.value:.0%} "
        f"{way[1]} entries among the first 10, where {one.expected_share:.0%} of the index are; "
        f"{one.hit_rate.value:.0%} of these queries get any."
    )


def predicted_reading(found: FoundDirections) -> str:
    """Whether the gap predicts retrieval, and how sure that is."""
    points = f"{counted(found.n_points, 'point')} (one a pair of modalities and model)"
    if found.n_points < FEWEST_POINTS:
        return (
            f"Whether the gap predicts retrieval cannot be said from {points}: at least "
            f"{FEWEST_POINTS} are needed."
        )
    correlation = found.predicted("ndcg")
    if isnan(correlation.value):
        return f"All {points} have the same gap or the same NDCG@10: the gap predicts nothing."
    head = f"Over {points} the rank correlation of gap and NDCG@10 is {_correlation(correlation)}"
    if not is_settled(correlation):
        return f"{head}: {UNDECIDED}, since the interval reaches 0."
    weak = "weakly, " * (abs(correlation.value) < WEAK)
    return f"{head}: {weak}{predicts(correlation, 'NDCG@10')}."


def _correlation(one: Estimate) -> str:
    return f"{figure(one.value, 2, signed=True)} ({interval(one.low, one.high, 2)})"


def penalty_readings(found: FoundDirections) -> Iterator[str]:
    """What the joint tower costs within each modality that has a dedicated encoder."""
    for name, one in found.penalties.items():
        words = delta_reading(one.comparison.delta.mean_average_precision, "mAP")
        yield f"{arrow(name, name)} against {one.title}: {words}"


def find_directions(request: Request, progress: Progress) -> Finding:
    """Every direction under the strategy chosen, or under raw cosine where that is undefined."""
    raw_options, notes = StrategyOptions(), []
    raw = request.measured(raw_options)
    moved = raw
    if request.strategy != raw_options:
        try:
            moved = _defined(request.measured(request.strategy))
        except GapvizError as error:
            notes.append(f"{request.spec.title} is left out: {error.sentence}")
    spec = moved.strategy.spec
    if spec.ranks_items:
        notes.append(
            f"{spec.title} returns items, which have several modalities: what the pooled index "
            "holds of a modality is not measured."
        )
    elif not spec.moves_vectors and not spec.adjusts_scores and moved is not raw:
        notes.append(
            f"{spec.title} fuses lists, and one modality alone is one list: it changes the pooled "
            "index, and no direction."
        )
    found = found_directions(request, raw, moved, progress)
    correlations = {name: found.predicted(name) for name in FIGURES}
    has_points = found.n_points >= FEWEST_POINTS
    tables = [
        directions_table(found),
        *([asymmetry_table(found.asymmetries)] if found.asymmetries else []),
        *([target_table(found)] if found.targets else []),
        gap_table(found, moved.strategy.label),
        *([penalty_table(found)] if found.penalties else []),
        *([predicted_table(correlations, found), points_table(found)] if has_points else []),
    ]
    collection = request.collection
    warnings = list(dict.fromkeys([*request.warnings, *moved.strategy.warnings]))
    return Finding(
        figures={
            "collection": collection.name,
            "encoder": collection.encoder,
            "strategy": spec.name,
            "n_items": moved.collection.n_items,
            "modalities": list(found.names),
            "seed": request.seed,
            "warnings": warnings,
            "not_measured": request.not_measured,
            **directions_json(found),
        },
        title=f"Directions in {collection.name}: "
        f"{counted(moved.collection.n_items, 'held-out item')}, encoder {collection.encoder}, "
        f"{moved.strategy.label}",
        warnings=warnings,
        readings=[
            *notes,
            *penalty_readings(found),
            predicted_reading(found),
            *filter(None, [target_reading(found)]),
            " ".join(filter(None, [across_reading(found), asymmetry_reading(found)])),
        ],
        tables=tables,
        protocol=protocol(found),
        result=found,
    )


def _defined(measured: Measurement) -> Measurement:
    """The measurement, once the strategy is known to move every row somewhere.

    Raises:
        GapvizError: it leaves a row without direction.
    """
    for name, block in measured.collection.modalities.items():
        measured.strategy.transform(block.vectors, name)
    return measured


def protocol(found: FoundDirections) -> str:
    """What asks, what is searched, what is relevant, what varies in the intervals."""
    relevant = {one.relevant for one in found.directions.values()}
    inside = [
        "items that share a label with the query's, its own rows left out" * ("label" in relevant),
        "the other rows of its item, the row that asks left out" * ("row" in relevant),
    ]
    within = " or ".join(filter(None, inside))
    return " ".join(
        [
            "Between two modalities queries of the one search an index of the other alone; "
            "relevant are the rows of the query's item.",
            *([f"Within a modality relevant are {within}."] if within else []),
            f"Target share@10: {TARGETS['share']}. Target hit rate@10: {TARGETS['hit_rate']}.",
            f"Asymmetry: {ASYMMETRY}. Gap: {PREDICTED}.",
            f"Ties: {TIE_RULE}.",
            f"Intervals: {INTERVAL_RULES['all']}; of figures by label queries alone vary; of gaps "
            "the items.",
        ]
    )


def directions_json(found: FoundDirections) -> dict[str, Any]:
    """Everything that was found, for JSON; names as in `gapviz measure`."""
    known = {way: one for way, one in found.directions.items() if one.figures}
    return {
        "recall": {way: _recall(one.figures) for way, one in known.items()},
        "ndcg_at_10": {way: one.figures["ndcg"] for way, one in known.items()},
        "directions": {
            way: {
                "relevant": one.relevant,
                "n_queries": one.n_queries,
                "n_indexed": one.n_indexed,
                "chance": {"recall": _recall(one.chance), "ndcg_at_10": one.chance["ndcg"]}
                if one.chance
                else None,
                "not_measured": one.why or None,
            }
            for way, one in found.directions.items()
        },
        "asymmetry": {(one.first, one.second): _asymmetry_json(one) for one in found.asymmetries},
        "gap_debiased": _by_pair(found.gaps),
        "gap_debiased_with_strategy": _by_pair(found.moved_gaps),
        "target_share_at_10": {way: one.share for way, one in found.targets.items()},
        "target_hit_rate_at_10": {way: one.hit_rate for way, one in found.targets.items()},
        "index_share": {way: one.expected_share for way, one in found.targets.items()},
        "within_delta": {name: _penalty_json(one) for name, one in found.penalties.items()},
        "gap_predicts": {
            "n_points": found.n_points,
            "n_models": found.n_models,
            "recall": _recall({name: found.predicted(name) for name in FIGURES}),
            "ndcg_at_10": found.predicted("ndcg"),
            "points": [
                {
                    "model": model,
                    "pair": [one.first, one.second],
                    "gap_debiased": one.gap,
                    "recall": _recall(one.figures),
                    "ndcg_at_10": one.figures["ndcg"],
                }
                for model, one in found.points
            ],
        },
    }


def _recall(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name.partition("@")[2]: one for name, one in figures.items() if "@" in name}


def _by_pair(gaps: Mapping[Way, Estimate]) -> dict[str, Estimate]:
    return {"-".join(pair): gap for pair, gap in gaps.items()}


def _asymmetry_json(one: JudgedAsymmetry) -> dict[str, Any]:
    better = {name: one.better(name) for name in FIGURES}
    named = {name: None if way is None else "->".join(way) for name, way in better.items()}
    return {
        "n_items": one.n_items,
        "all_items": one.whole,
        "recall": _recall(one.change),
        "ndcg_at_10": one.change["ndcg"],
        "for_all_at_once": {
            "recall": _recall(one.together),
            "ndcg_at_10": one.together["ndcg"],
        },
        "better": {"recall": _recall(named), "ndcg_at_10": named["ndcg"]},
    }


def _penalty_json(one: Penalty) -> dict[str, Any]:
    delta = one.comparison.delta
    return {
        "dedicated_encoder": one.encoder,
        "dedicated_title": one.title,
        "n_items": one.comparison.n_items,
        "recall": {str(k): change for k, change in delta.recall.items()},
        "mean_average_precision": delta.mean_average_precision,
    }


ANALYSIS = Analysis(
    "directions",
    LISTED["directions"].help,
    "Measure retrieval from every modality to every other and within each, what a direction gains "
    "on its way back, which modality the pooled index answers with, and whether the gap predicts "
    "any of it; on the items of the evaluate split.",
    find_directions,
    shared=("strategy", "also", "seed", "most-items"),
    in_report=True,
)
