"""`gapviz thresholds`: how pairs score by their type, and a threshold for each type."""

from __future__ import annotations

import argparse
from math import isnan
from typing import Any

from gapviz.analyses.thresholds.cached import cached_scores
from gapviz.analyses.thresholds.readings import (
    fusion_comparison_reading,
    held_out_reading,
    transfer_reading,
    type_title,
)
from gapviz.analyses.thresholds.score_study import USUAL_RECALL, ScoreStudy
from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.held_out import HeldOut, add_held_out, chosen_held_out, part_of
from gapviz.commands.hits import hit_lines, hits_json
from gapviz.commands.output import json_text
from gapviz.commands.source import Commands, chosen_item_query, progress_bar
from gapviz.commands.strategy import chosen_strategy
from gapviz.commands.table import paragraph, text_table
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.wording import figure
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.thresholds import PAIR_TYPES, PairType, Rates
from gapviz.retrieval.compare import FusionComparison, compare_fusions
from gapviz.strategies import STRATEGIES, StrategyOptions

NONE = "none"
STAYS_RAW = (
    "moves no vector and adjusts no score: the cosines stay raw, and it changes only how lists "
    "are made."
)


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "thresholds",
        help="tell how pairs score by their type, and a threshold for each",
        description="Score the pairs across the modalities and within each, raw and under a "
        "strategy; tell what one threshold lets pass, and fit one for each pair type on the "
        "calibrate split. All shares are of the evaluate split.",
    )
    add_held_out(command)
    command.add_argument(
        "--with",
        dest="asks",
        metavar="MODALITY",
        help="the modality that asks: across the modalities, where the strategy adjusts scores "
        "(default: the second of the pair), and with --item (default: the first modality)",
    )
    command.add_argument(
        "--at",
        type=float,
        metavar="SCORE",
        help="tell what reaches this score of the strategy's (default: the score that 95 %% of "
        "the matched calibration pairs reach)",
    )
    command.add_argument(
        "--target",
        choices=("recall", "precision"),
        default="recall",
        help="what the threshold of each pair type shall reach (default: recall)",
    )
    command.add_argument(
        "--reach",
        type=float,
        default=USUAL_RECALL,
        metavar="SHARE",
        help=f"how much of it, above 0 to 1 (default: {USUAL_RECALL})",
    )
    command.add_argument(
        "--item",
        metavar="ID",
        help="search with this item as well: the lists of the modalities merged by bare cosine, "
        "and by rank",
    )
    command.add_argument(
        "-k", "--results", type=int, default=8, metavar="K", help="of --item (default: 8)"
    )
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and the figures that a condition holds for.

    Raises:
        GapvizError: bad input.
    """
    gates = conditions(options)
    looked_at = chosen_held_out(options)
    if options.asks is not None:
        looked_at.collection.modality(options.asks)
    studies = _studies(looked_at, options)
    if options.at is not None and isnan(options.at):
        raise GapvizError("--at nan is no score", hint="give a number")
    fused = None if options.item is None else _fused(looked_at, options)
    figures = _figures(looked_at, options, studies, fused)
    text = (
        json_text(figures) if options.json else "\n".join(_told(looked_at, options, studies, fused))
    )
    return Gated.by(gates, figures, text)


def _studies(looked_at: HeldOut, options: argparse.Namespace) -> dict[str, ScoreStudy]:
    """Raw, and the strategy where it moves vectors or adjusts scores, by name."""
    wanted: list[tuple[StrategyOptions, str | None]] = [(StrategyOptions("raw"), None)]
    if looked_at.spec.moves_vectors or looked_at.spec.adjusts_scores:
        asks = options.asks if looked_at.spec.adjusts_scores else None
        wanted.append((looked_at.strategy, asks))
    found = {}
    with progress_bar() as progress:
        for place, (strategy, asks) in enumerate(wanted):
            work = cached_scores(
                looked_at.collection, strategy, looked_at.pair, asks=asks, seed=looked_at.seed
            )
            found[strategy.name] = work.compute(part_of(progress, place, len(wanted)))
    return found


def _thresholds(options: argparse.Namespace, studies: dict[str, ScoreStudy]) -> dict[str, float]:
    """Of each strategy, the score whose passing shares are told."""
    at = {name: study.choice.usual for name, study in studies.items()}
    if options.at is not None:
        at[list(studies)[-1]] = options.at
    return at


def _fused(looked_at: HeldOut, options: argparse.Namespace) -> tuple[str, FusionComparison]:
    """The modality that asks, and one item's lists merged by bare score and by rank.

    Raises:
        GapvizError: no such item, or it has no vector of that modality.
    """
    collection = looked_at.collection
    query = chosen_item_query(options, collection)
    raw = Experiment(collection, fit="all")
    by_rank = raw.having(chosen_strategy(options, "route"))
    return query.modality, compare_fusions(raw.index, by_rank.index, query, options.results)


def _figures(
    looked_at: HeldOut,
    options: argparse.Namespace,
    studies: dict[str, ScoreStudy],
    fused: tuple[str, FusionComparison] | None,
) -> dict[str, Any]:
    at = _thresholds(options, studies)
    figures = looked_at.to_json() | {
        "by_strategy": {
            name: study.to_json(threshold=at[name], target=options.target, share=options.reach)
            for name, study in studies.items()
        }
    }
    if fused is None:
        return figures
    modality, comparison = fused
    lists = {"by_cosine": comparison.naive, "by_rank": comparison.by_rank}
    return figures | {
        "fusion": {
            "item": options.item,
            "query_modality": modality,
            "lists": plain_json(comparison.lists),
            **{
                name: {
                    "bias": plain_json(found.bias),
                    "match_rank": found.match_rank,
                    "hits": hits_json(looked_at.collection, found),
                }
                for name, found in lists.items()
            },
        }
    }


def _told(
    looked_at: HeldOut,
    options: argparse.Namespace,
    studies: dict[str, ScoreStudy],
    fused: tuple[str, FusionComparison] | None,
) -> list[str]:
    lines = looked_at.head
    *_, last = studies.values()
    for study in studies.values():
        lines += ["", *paragraph(transfer_reading(study, USUAL_RECALL))]
    lines += ["", *_passing(studies, _thresholds(options, studies))]
    lines += ["", "one threshold, which 95 % of the relevant calibration pairs of a type reach"]
    lines += _transfer(studies)
    target = f"{options.target} {options.reach:g}"
    lines += ["", f"a threshold for each pair type: {last.strategy}, {target}"]
    lines += _calibrated(last, options)
    if fused is not None:
        lines += ["", *_merged(looked_at, options, fused)]
    if looked_at.spec.routed or looked_at.spec.ranks_items:
        title = STRATEGIES[looked_at.strategy.name].title
        lines += ["", *paragraph(f"{title} {STAYS_RAW}")]
    return [*lines, "", *paragraph(_protocol(studies))]


def _passing(studies: dict[str, ScoreStudy], at: dict[str, float]) -> list[str]:
    found = {name: study.rates(at[name]) for name, study in studies.items()}
    head = ["pairs that pass"]
    head += [
        f"{study.strategy}, {study.unit} ≥ {figure(at[name], 2)}" for name, study in studies.items()
    ]
    *_, last = studies.values()
    rows = []
    for name in PAIR_TYPES:
        title = type_title(name, last.pair)
        alike, unlike = ("matched", "mismatched")
        if name != "cross":
            alike, unlike = ("same label", "another label") if last.labelled else ("", "all")
        if alike:
            shares = [_share(rates[name].true_positive) for rates in found.values()]
            rows.append([f"{title}, {alike}", *shares, "should: higher"])
        shares = [_share(rates[name].false_positive) for rates in found.values()]
        rows.append([f"{title}, {unlike}", *shares, "should not: lower"])
    return text_table([*head, ""], rows)


def _transfer(studies: dict[str, ScoreStudy]) -> list[str]:
    pair = next(iter(studies.values())).pair
    head = ["strategy", "fitted on", "threshold"]
    head += [f"{type_title(name, pair)} TPR / FPR" for name in PAIR_TYPES]
    rows = []
    for strategy, study in studies.items():
        for one in study.transfer(USUAL_RECALL):
            cells = [strategy, _title(one.fitted_on, study), _score(one.threshold)]
            for name in PAIR_TYPES:
                rates = one.rates[name]
                cells.append(f"{_share(rates.true_positive)} / {_share(rates.false_positive)}")
            rows.append(cells)
    return text_table(head, rows, left=2)


def _calibrated(study: ScoreStudy, options: argparse.Namespace) -> list[str]:
    head = ["pair type", study.unit, "recall (TPR)", "precision", "FPR", "against the target"]
    rows = []
    for name, one in study.calibrated(options.target, options.reach).items():
        rates: Rates = one.held_out
        if not isnan(one.fitted.threshold):
            reached = held_out_reading(rates, options.target, options.reach)
        elif study.calibrate[name].positive.size:
            reached = "no threshold reaches it"
        else:
            reached = "no pair is known to belong together"
        shares = [rates.true_positive, rates.precision, rates.false_positive]
        cells = [_title(name, study), _score(one.fitted.threshold), *map(_share, shares)]
        rows.append([*cells, reached])
    return text_table(head, rows)


def _merged(
    looked_at: HeldOut, options: argparse.Namespace, fused: tuple[str, FusionComparison]
) -> list[str]:
    modality, comparison = fused
    collection, k = looked_at.collection, chosen_strategy(options, "route").value("rrf_k")
    head = f"item {options.item} asks with its {modality}"
    lines = [head, *paragraph(fusion_comparison_reading(comparison))]
    lists = (("by bare cosine", comparison.naive), (f"by rank, k = {k:g}", comparison.by_rank))
    for title, found in lists:
        lines += ["", f"{title}: {found.bias:.0%} {modality}", *hit_lines(collection, found)]
    return lines


def _protocol(studies: dict[str, ScoreStudy]) -> str:
    *_, last = studies.values()
    within = (
        "within one, where both items share a label"
        if last.labelled
        else "within one none is known to be, since no item has a label"
    )
    told = (
        f"A pair across the modalities is relevant where it matches; {within}. TPR: share of the "
        "relevant pairs that pass, higher is better; FPR: share of the others, lower is better. "
        "Fitted on the calibrate split, shares of the evaluate split."
    )
    if last.asks is not None:
        told += f" Across the modalities the scores are {last.across}."
    if any(study.sampled for study in studies.values()):
        told += " Where a type has too many pairs, a seeded sample of 500,000 stands for it."
    return told


def _title(name: PairType, study: ScoreStudy) -> str:
    return study.across if name == "cross" else type_title(name, study.pair)


def _score(value: float) -> str:
    return NONE if isnan(value) else figure(value)


def _share(value: float) -> str:
    return NONE if isnan(value) else f"{value:.1%}"
