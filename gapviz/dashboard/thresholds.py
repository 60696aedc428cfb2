"""Distributions with a threshold, what it lets pass, and thresholds that are calibrated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from math import isnan

import streamlit as st

from gapviz.analyses.thresholds.analysis import held_out_reading, transfer_reading, type_title
from gapviz.analyses.thresholds.score_study import USUAL_RECALL, ScoreStudy, Target, cached_scores
from gapviz.core.wording import figure
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.cards import html_table
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.links import TARGETS, refuse_out_of_range
from gapviz.dashboard.page_head import finding
from gapviz.dashboard.panels import show_panels
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.waiting import result_of
from gapviz.figures.scores import score_panel
from gapviz.measures.geometry.thresholds import PAIR_TYPES, PairType
from gapviz.strategies import STRATEGIES

PROTOCOL = (
    "Cosines of unit rows, after the strategy where it moves vectors; where it adjusts scores "
    "instead, what it makes of cosines when every indexed row asks: across the modalities those "
    "of the modality chosen as “Ask with”, within a modality all of them, each over the rows of "
    "other items. Across the modalities a pair is relevant where both rows belong to one item; "
    "within a modality, where two different rows belong to items of one label. A pair passes at "
    "or above the threshold. True positive rate (recall): share of the relevant pairs that pass; "
    "false positive rate: share of the others; precision: share of what passes that is relevant, "
    "every pair counting once. For a target recall the highest threshold that reaches it is "
    "taken, for a target precision the lowest. Strategies and thresholds are fitted on the "
    "calibrate split; distributions and shares are of the evaluate split. Samples are drawn with "
    "the sidebar's seed."
)

LOWEST_TARGET, HIGHEST_TARGET = 0.5, 0.99


def asking_choice(chosen: Settings) -> str | None:
    """Which modality asks across; None where the strategy adjusts no scores, or of one alone."""
    x, y = chosen.pair
    if STRATEGIES[chosen.strategy].acts_on != "scores" or x == y:
        return None
    return st.segmented_control(
        "Ask with",
        chosen.pair,
        default=chosen.pair[-1],
        key="asks",
        bind="query-params",
        required=True,
        help="Modality of the queries across the modalities. An adjusted score can depend on who "
        "asks: nearest-neighbour normalisation lowers a row by what it scores with references of "
        "the asking modality. Z-norm and CSLS score both ways alike.",
    )


def studies_of(chosen: Settings, view: View, asks: str | None) -> list[ScoreStudy] | None:
    """Raw, and the chosen strategy where it moves vectors or adjusts scores.

    None while they are being made.

    Args:
        chosen: the sidebar's choice.
        view: whose scores.
        asks: modality that asks across, where the strategy adjusts scores.
    """
    collection = collection_of(view)
    wanted: list[tuple[str, str | None]] = [("raw", None)]
    if STRATEGIES[chosen.strategy].acts_on in ("vectors", "scores"):
        wanted.append((chosen.strategy, asks))
    found = []
    for name, asking in wanted:
        options = chosen.options(name)
        work = cached_scores(collection, options, chosen.pair, asks=asking, seed=chosen.seed)
        study = result_of(work, f"Scoring pairs, {STRATEGIES[name].title}")
        if study is None:
            return None
        found.append(study)
    return found


def threshold_sliders(chosen: Settings, studies: Sequence[ScoreStudy]) -> list[float]:
    """Of each study, the threshold that the distributions and shares of the page are about.

    One number does not serve two strategies, even where both score by cosine.
    """
    keys = ("threshold", f"threshold_{chosen.strategy}")
    return [_threshold_slider(study, key) for study, key in zip(studies, keys, strict=False)]


def _threshold_slider(study: ScoreStudy, key: str) -> float:
    choice = study.choice
    refuse_out_of_range(key, choice.low, choice.high)
    return float(
        st.slider(
            f"Threshold of {study.strategy} ({study.unit})",
            choice.low,
            choice.high,
            choice.usual,
            choice.step,
            key=key,
            bind="query-params",
            help="A pair passes at or above it. At first: what 95 % of the matched calibration "
            "pairs reach.",
        )
    )


def distributions(
    chosen: Settings,
    view: View,
    studies: Sequence[ScoreStudy],
    at: Sequence[float],
) -> None:
    """The four distributions of each strategy, and what passes its threshold, one of `at`."""
    panel = score_panel(studies, chosen.modalities, thresholds=at)
    show_panels([panel], key="scores", view=view)
    st.html(_passing_table(studies, at))
    notes = ["Of the held-out pairs of the evaluate split."]
    if not studies[0].labelled:
        notes.append(
            "No item has a label, so that no pair within a modality is known to belong together: "
            "there, all pairs count as false positives."
        )
    else:
        notes.append("Within a modality, a pair belongs together where both items share a label.")
    if any(study.sampled for study in studies):
        notes.append("Where a type has too many pairs, a seeded sample of 500,000 stands for it.")
    st.caption(" ".join(notes + _adjusted_notes(studies[-1])))


def _adjusted_notes(study: ScoreStudy) -> list[str]:
    if study.asks is None:
        return []
    notes = [
        f"{study.strategy} moves no vector: its {study.unit}s are no cosines, so each chart has an "
        f"axis and a threshold of its own. Across the modalities they are {study.across}; within "
        "one every row asks all others, so that a pair counts in both orders."
    ]
    if study.sampled:
        notes.append("Where they are sampled, at most 2,000 rows ask.")
    return notes


def transfer_section(view: View, studies: Sequence[ScoreStudy]) -> None:
    """A threshold fitted on each pair type, read on all of them."""
    st.subheader("One threshold, read on the other pair types", anchor=False)
    for study in studies:
        finding(transfer_reading(study, USUAL_RECALL), view)
    pair = studies[0].pair
    head = ["strategy", "fitted on", "threshold"]
    for name in PAIR_TYPES:
        title = escape(type_title(name, pair))
        head += [
            f"{title}<br><small>true positives<br>higher</small>",
            f"{title}<br><small>false positives<br>lower</small>",
        ]
    rows = []
    for study in studies:
        for entry in study.transfer(USUAL_RECALL):
            cells = [escape(study.strategy), _type(entry.fitted_on, study)]
            cells.append(f"{_number(entry.threshold)}<br><small>{escape(study.unit)}</small>")
            for name in PAIR_TYPES:
                rates = entry.rates[name]
                cells += [_share(rates.true_positive), _share(rates.false_positive)]
            rows.append(cells)
    st.html(html_table(head, rows, left_columns=(1,)))
    st.caption(
        f"Each threshold is the highest score that {USUAL_RECALL:.0%} of the relevant pairs of "
        "its type reach on the calibrate split; shares are of the evaluate split."
    )


def target_choice() -> tuple[Target, float]:
    """What calibrated thresholds shall reach, and how much of it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(
            "Target",
            list(TARGETS),
            default="recall",
            format_func=lambda name: TARGETS[name],
            key="target",
            bind="query-params",
            required=True,
        )
        share = st.slider(
            "to reach",
            LOWEST_TARGET,
            HIGHEST_TARGET,
            USUAL_RECALL,
            0.01,
            key="reach",
            bind="query-params",
            width=240,
        )
    return target or "recall", float(share)


def calibrated_section(view: View, study: ScoreStudy, target: Target, share: float) -> None:
    """A threshold for each pair type that reaches a target, to copy."""
    found = study.calibrated(target, share)
    head = [
        "pair type",
        escape(study.unit),
        "recall<br><small>held out · higher</small>",
        "precision<br><small>held out · higher</small>",
        "false positives<br><small>held out · lower</small>",
        "against the target",
    ]
    rows = [
        [
            _type(name, study),
            _number(one.fitted.threshold),
            _share(one.held_out.true_positive),
            _share(one.held_out.precision),
            _share(one.held_out.false_positive),
            escape(_reached(name, study, target, share)),
        ]
        for name, one in found.items()
    ]
    st.html(html_table(head, rows, left_columns=(5,)))
    thresholds = {
        _title(name, study): None if isnan(one.fitted.threshold) else round(one.fitted.threshold, 6)
        for name, one in found.items()
    }
    copied = {
        "collection": collection_of(view).name,
        "encoder": view.encoder,
        "strategy": study.strategy,
        "target": {target: round(share, 2)},
        "passes": f"{study.unit} at or above",
        "thresholds": thresholds,
    }
    st.code(json.dumps(copied, ensure_ascii=False, indent=2), language="json")


def _title(name: PairType, study: ScoreStudy) -> str:
    return study.across if name == "cross" else type_title(name, study.pair)


def _type(name: PairType, study: ScoreStudy) -> str:
    """A pair type that no narrow column breaks in two."""
    return f'<span style="white-space:nowrap">{escape(_title(name, study))}</span>'


def _reached(name: PairType, study: ScoreStudy, target: Target, share: float) -> str:
    one = study.calibrated(target, share)[name]
    if not isnan(one.fitted.threshold):
        return held_out_reading(one.held_out, target, share)
    if not study.calibrate[name].positive.size:
        return "no pair of this type is known to belong together"
    return "no threshold reaches this on the calibrate split"


def _passing_table(studies: Sequence[ScoreStudy], thresholds: Sequence[float]) -> str:
    pair = studies[0].pair
    at = list(zip(studies, thresholds, strict=True))
    heads = [
        f"{escape(study.strategy)}<br><small>{escape(study.unit)} ≥ {figure(threshold, 2)}</small>"
        for study, threshold in at
    ]
    head = ["pairs", *heads, "should"]
    found = [study.rates(threshold) for study, threshold in at]
    rows = []
    for name in PAIR_TYPES:
        title = escape(type_title(name, pair))
        alike, unlike = (
            ("matched", "mismatched") if name == "cross" else ("same label", "another label")
        )
        if name == "cross" or studies[0].labelled:
            rows.append(
                [
                    f"{title}, {alike} <small>true positive rate</small>",
                    *(_share(rates[name].true_positive) for rates in found),
                    "<small>pass: higher</small>",
                ]
            )
        else:
            unlike = "all"
        rows.append(
            [
                f"{title}, {unlike} <small>false positive rate</small>",
                *(_share(rates[name].false_positive) for rates in found),
                "<small>not pass: lower</small>",
            ]
        )
    return html_table(head, rows)


def _share(value: float) -> str:
    return "<small>none</small>" if isnan(value) else f"<strong>{value:.1%}</strong>"


def _number(value: float) -> str:
    return "<small>none</small>" if isnan(value) else f"<strong>{figure(value)}</strong>"
