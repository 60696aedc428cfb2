"""Thresholds: how pairs score by their type, what passes one score, and a threshold for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from gapviz.analyses.analysis import (
    QUERY_MODALITY,
    Analysis,
    Finding,
    Request,
    results_parameter,
)
from gapviz.analyses.listed import LISTED
from gapviz.analyses.search import hits_json, hits_table
from gapviz.analyses.thresholds.matches import PARAMETERS, find_matches
from gapviz.analyses.thresholds.score_study import USUAL_RECALL, ScoreStudy, Target, study_scores
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress, share_of
from gapviz.core.table import Column, Table
from gapviz.core.wording import figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.thresholds import PAIR_TYPES, PairType, Rates
from gapviz.retrieval.compare import FusionComparison, compare_fusions
from gapviz.retrieval.queries import item_query
from gapviz.storage.cache import CachedResult
from gapviz.strategies import StrategyOptions

NONE = "none"
STAYS_RAW = (
    "moves no vector and adjusts no score: the cosines stay raw, and it changes only how lists "
    "are made."
)
RATES = {
    "TPR": "share of the relevant pairs that pass",
    "FPR": "share of the other pairs that pass",
}
"""Of a threshold."""


def type_title(pair_type: PairType, pair: tuple[str, str]) -> str:
    """A pair type by the names of its modalities."""
    x, y = pair
    return {"cross": f"{x}–{y}", "within_x": f"{x}–{x}", "within_y": f"{y}–{y}"}[pair_type]


def transfer_reading(study: ScoreStudy, recall: float) -> str:
    """What one threshold, fitted across the modalities, lets pass within them."""
    across = study.calibrated("recall", recall)["cross"]
    rates = study.rates(across.threshold)
    if isnan(across.threshold):
        return f"No {study.across} pair matches, so there is no threshold to carry over."
    parts = []
    for name in ("within_x", "within_y"):
        share = rates[name].false_positive
        if not isnan(share):
            words = "unrelated" if study.labelled else "all"
            parts.append(f"{share:.1%} of {words} {type_title(name, study.pair)} pairs")
    own = rates["cross"].false_positive
    if isnan(own):
        return (
            f"{study.strategy}: {recall:.0%} of matched {study.across} pairs reach "
            f"{figure(across.threshold)}, and what else does is unknown: no held-out "
            f"{study.across} pair is mismatched."
        )
    passing = " and ".join(parts) or "no pair within a modality is known"
    return (
        f"{study.strategy}: at the {study.unit} that {recall:.0%} of matched {study.across} "
        f"pairs reach ({figure(across.threshold)}), {own:.1%} of mismatched {study.across} pairs "
        f"pass, and {passing}."
    )


def held_out_reading(rates: Rates, target: str, share: float) -> str:
    """How near a calibrated threshold comes to its target on held-out pairs."""
    reached = rates.true_positive if target == "recall" else rates.precision
    if isnan(reached):
        return "nothing to measure it on"
    points = abs(100 * (reached - share))
    if points < 0.05:
        return "met"
    return f"{points:.1f} points {'above' if reached > share else 'below'}"


def fusion_comparison_reading(comparison: FusionComparison) -> str:
    """Which list takes the top under bare scores, whom it shuts out, and where the match is."""
    best = comparison.best_list
    k = len(comparison.naive.hits)
    taken = sum(hit.modality == best for hit in comparison.naive.hits)
    parts = [
        f"By bare cosine {best} takes {taken} of {k} places: its list starts at "
        f"{figure(comparison.lists[best].best)}"
    ]
    for name, scores in comparison.lists.items():
        if name != best and scores.naive_rank_of_best:
            parts.append(
                f"the best {name} entry scores {figure(scores.best)} and stands at rank "
                f"{scores.naive_rank_of_best:,}"
            )
    ranks = comparison.naive.match_rank, comparison.by_rank.match_rank
    sentence = "; ".join(parts)
    if ranks[0] is None or ranks[1] is None:
        return f"{sentence}."
    return (
        f"{sentence}. The match stands at rank {ranks[0]:,} by bare cosine and at {ranks[1]:,} "
        f"by rank fusion."
    )


def passing_table(studies: Mapping[str, ScoreStudy], at: Mapping[str, float]) -> Table:
    """The share of each kind of pair that passes one score of each study.

    Args:
        studies: by strategy, of one pair.
        at: by strategy, the score.
    """
    *_, last = studies.values()
    found = [study.rates(at[name]) for name, study in studies.items()]
    rows: list[Sequence[Any]] = []
    for name in PAIR_TYPES:
        title = type_title(name, last.pair)
        alike, unlike = ("matched", "mismatched")
        if name != "cross":
            alike, unlike = ("same label", "another label") if last.labelled else ("", "all")
        if alike:
            shares = [rates[name].true_positive for rates in found]
            rows.append([f"{title}, {alike}", *shares, "should pass"])
        shares = [rates[name].false_positive for rates in found]
        rows.append([f"{title}, {unlike}", *shares, "should not pass"])
    return Table(
        "",
        [
            Column("pairs", "pairs that pass", text=True),
            *(
                _share(name, f"{study.strategy}, {study.unit} ≥ {figure(at[name], 2)}")
                for name, study in studies.items()
            ),
            Column("should", "", text=True),
        ],
        rows,
    )


def transfer_table(studies: Mapping[str, ScoreStudy]) -> Table:
    """One threshold on every pair type, fitted on each of them."""
    pair = next(iter(studies.values())).pair
    shares = [
        _share(f"{kind}-{name}", f"{type_title(name, pair)} {kind}", better)
        for name in PAIR_TYPES
        for kind, better in (("TPR", "higher"), ("FPR", "lower"))
    ]
    rows: list[list[Any]] = []
    for strategy, study in studies.items():
        for fitted_on, one in study.calibrated("recall", USUAL_RECALL).items():
            rates = study.rates(one.threshold).values()
            cells = [x for each in rates for x in (each.true_positive, each.false_positive)]
            rows.append([strategy, _type(fitted_on, study), one.threshold, *cells])
    return Table(
        "One threshold, which 95 % of the relevant calibration pairs of a type reach",
        [
            Column("strategy", "strategy", text=True),
            Column("fitted_on", "fitted on", text=True),
            Column("threshold", "threshold", missing=NONE),
            *shares,
        ],
        rows,
    )


def calibrated_table(study: ScoreStudy, target: Target, share: float) -> Table:
    """A threshold for each pair type, and what it does on held-out pairs.

    Raises:
        GapvizError: a share out of range.
    """
    rows: list[list[Any]] = []
    for name, one in study.calibrated(target, share).items():
        rates = one.held_out
        if not isnan(one.threshold):
            reached = held_out_reading(rates, target, share)
        elif study.calibrate[name].positive.size:
            reached = "no threshold reaches it"
        else:
            reached = "no pair is known to belong together"
        shares = [rates.true_positive, rates.precision, rates.false_positive]
        rows.append([_type(name, study), one.threshold, *shares, reached])
    return Table(
        f"A threshold for each pair type: {study.strategy}, {target} {share:g}",
        [
            Column("pair", "pair type", text=True),
            Column("threshold", study.unit, missing=NONE),
            _share("recall", "recall (TPR)", "higher"),
            _share("precision", "precision", "higher"),
            _share("false_positive", "FPR", "lower"),
            Column("reached", "against the target", text=True),
        ],
        rows,
    )


def protocol(studies: Mapping[str, ScoreStudy]) -> str:
    """Which pairs are relevant, what is fitted where, and what is sampled."""
    *_, last = studies.values()
    within = (
        "within one, where both items share a label"
        if last.labelled
        else "within one none is known to be, since no item has a label"
    )
    words = (
        f"A pair across the modalities is relevant where it matches; {within}. TPR: "
        f"{RATES['TPR']}; FPR: {RATES['FPR']}. Fitted on the calibrate split, shares "
        "of the evaluate split."
    )
    if last.query_modality is not None:
        words += (
            f" {last.strategy} moves no vector: its {last.unit}s are no cosines. Across the "
            f"modalities they are {last.across}; within one every row asks all others, so that a "
            "pair counts in both orders."
        )
    if any(study.sampled for study in studies.values()):
        words += " Where a type has too many pairs, a seeded sample of 500,000 stands for it"
        words += ", and at most 2,000 rows ask." if last.query_modality is not None else "."
    return words


def find_thresholds(request: Request, progress: Progress) -> Finding:
    """Raw and under the strategy: what passes, what carries over, a threshold for each type."""
    opening = request.finding()
    works = studies_of(request)
    studies = {
        name: work.compute(share_of(progress, place, len(works) + 1))
        for place, (name, work) in enumerate(works.items())
    }
    at = {name: study.choice.usual for name, study in studies.items()}
    *_, last = studies
    if request["at"] is not None:
        at[last] = request["at"]
    target, share = request["target"], request["reach"]
    tables = [passing_table(studies, at), transfer_table(studies)]
    tables.append(calibrated_table(studies[last], target, share))
    by_strategy = {name: study.to_json(at[name], target, share) for name, study in studies.items()}
    figures = {**opening.figures, "by_strategy": by_strategy}
    readings = [*filter(None, [request.undefined])]
    readings += [transfer_reading(study, USUAL_RECALL) for study in studies.values()]
    if request.spec.routed or request.spec.ranks_items:
        readings.append(f"{request.spec.title} {STAYS_RAW}")
    if request["item"] is not None:
        merged = _merged(request)
        readings += merged.readings
        tables += merged.tables
        figures["fusion"] = merged.figures
    judged = find_matches(request, share_of(progress, len(works), len(works) + 1))
    figures["matches"] = judged.figures["by_strategy"]
    return replace(
        opening,
        figures=figures,
        readings=[*readings, *judged.readings],
        tables=[*tables, *judged.tables],
        protocol=f"{protocol(studies)} {judged.protocol}",
    )


def studies_of(request: Request) -> dict[str, CachedResult[ScoreStudy]]:
    """Raw, and the strategy where it moves vectors or adjusts scores, and is defined here; by
    name.
    """
    wanted: list[tuple[StrategyOptions, str | None]] = [(StrategyOptions("raw"), None)]
    touches = request.spec.moves_vectors or request.spec.adjusts_scores
    if touches and request.undefined is None:
        query = request["query_modality"] if request.spec.adjusts_scores else None
        wanted.append((request.strategy, query))
    return {
        strategy.name: study_scores(
            request.collection, strategy, request.pair, query_modality=query, seed=request.seed
        )
        for strategy, query in wanted
    }


def _merged(request: Request) -> Finding:
    """One item's lists merged by bare cosine and by rank."""
    collection, routing = request.whole, request.strategy_named("route")
    query = item_query(collection, request.item(request["item"]), request.query_modality)
    raw = Experiment(collection, fit="all")
    by_rank = raw.having(routing)
    comparison = compare_fusions(raw.index, by_rank.index, query, request["results"])
    lists = {
        "by_cosine": ("by bare cosine", comparison.naive),
        "by_rank": (f"by rank, k = {routing.value('rrf_k'):g}", comparison.by_rank),
    }
    return Finding(
        figures={
            "item": request["item"],
            "query_modality": query.modality,
            "lists": comparison.lists,
            **{
                name: {
                    "bias": found.bias,
                    "match_rank": found.match_rank,
                    "hits": hits_json(collection, found),
                }
                for name, (_, found) in lists.items()
            },
        },
        readings=[
            f"Item {request['item']}, searched with its {query.modality}. "
            f"{fusion_comparison_reading(comparison)}"
        ],
        tables=[
            hits_table(collection, found, f"{title}: {found.bias:.0%} {query.modality}")
            for title, found in lists.values()
        ],
    )


def _share(key: str, title: str, better: str = "") -> Column:
    return Column(key, title, better=better, percent=True, decimals=1, missing=NONE)


def _type(name: PairType, study: ScoreStudy) -> str:
    return study.across if name == "cross" else type_title(name, study.pair)


ANALYSIS = Analysis(
    "thresholds",
    LISTED["thresholds"].help,
    "Score the pairs across the modalities and within each, raw and under a strategy; tell what "
    "one threshold lets pass, and fit one for each pair type on the calibrate split; tell how "
    "likely a pair of some score matches, and from which score on the best answer is accepted. All "
    "shares are of the evaluate split.",
    find_thresholds,
    parameters=(
        replace(
            QUERY_MODALITY,
            help="the modality of the query: of --item (default: the first of the collection), "
            "and across the modalities where the strategy adjusts scores (default: the second of "
            "the pair)",
        ),
        Parameter(
            "at",
            "Score",
            "number",
            None,
            "tell what reaches this score of the strategy's (default: the score that 95 % of the "
            "matched calibration pairs reach)",
        ),
        Parameter(
            "target",
            "Target",
            "choice",
            "recall",
            "what the threshold of each pair type shall reach",
            choices={"recall": "recall", "precision": "precision"},
        ),
        Parameter(
            "reach",
            "Share",
            "number",
            USUAL_RECALL,
            "how much of the target to reach, above 0 to 1",
            low=0,
            high=1,
        ),
        Parameter(
            "item",
            "Item",
            "text",
            None,
            "search with this item: the lists of the modalities merged by bare cosine, and by "
            "rank, as well",
        ),
        results_parameter(8, "how many hits to show: of --item"),
        *PARAMETERS,
    ),
    shared=("strategy", "pair", "seed", "most-items"),
    strategy=None,
)
