"""Distributions of scores, what a threshold lets pass, and calibrated thresholds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import isnan

import streamlit as st

from gapviz.analyses.thresholds.analysis import (
    calibrated_table,
    passing_table,
    transfer_reading,
    transfer_table,
    type_title,
)
from gapviz.analyses.thresholds.score_study import USUAL_RECALL, ScoreStudy, Target, cached_scores
from gapviz.core.parameter import Parameter
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.page_head import finding
from gapviz.dashboard.query import QUERY_MODALITY
from gapviz.dashboard.sections import show_panels
from gapviz.dashboard.settings import RAW, Settings
from gapviz.dashboard.tables import show_table
from gapviz.dashboard.url_params import refuse_out_of_range, url_choice, url_parameter
from gapviz.dashboard.waiting import result_of
from gapviz.dashboard.widgets import modality_of, number_of, segments_of
from gapviz.figures.scores import score_panel
from gapviz.measures.geometry.thresholds import PairType
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

url_parameter(Parameter("threshold", "Threshold", "number", 0.0, "", low=-1, high=1))
url_parameter(Parameter("threshold_", "Threshold", "number", 0.0, "", low=-1_000, high=1_000))
TARGET = url_choice("target", "Target", {"recall": "Recall", "precision": "Precision"})
REACH = url_parameter(
    Parameter("reach", "to reach", "number", USUAL_RECALL, "", low=0.5, high=0.99, step=0.01)
)


def query_modality_of(chosen: Settings) -> str | None:
    """Which modality asks across; None where the strategy adjusts no scores, or of one alone."""
    x, y = chosen.pair
    if STRATEGIES[chosen.strategy].acts_on != "scores" or x == y:
        return None
    return modality_of(
        QUERY_MODALITY,
        chosen.pair,
        help="Modality of the queries across the modalities. An adjusted score can depend on who "
        "asks: nearest-neighbour normalisation lowers a row by what it scores with references of "
        "the asking modality. Z-norm and CSLS score both ways alike.",
    )


def studies_of(chosen: Settings, view: View, query_modality: str | None) -> list[ScoreStudy] | None:
    """Raw, and the chosen strategy where it moves vectors or adjusts scores.

    None while they are being made.

    Args:
        chosen: the sidebar's choice.
        view: whose scores.
        query_modality: what asks across, where the strategy adjusts scores.
    """
    collection = collection_of(view)
    wanted: list[tuple[str, str | None]] = [(RAW, None)]
    if STRATEGIES[chosen.strategy].acts_on in ("vectors", "scores"):
        wanted.append((chosen.strategy, query_modality))
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
    threshold = Parameter(
        key,
        f"Threshold of {study.strategy} ({study.unit})",
        "number",
        choice.usual,
        "A pair passes at or above it. At first: what 95 % of the matched calibration pairs reach.",
        low=choice.low,
        high=choice.high,
        step=choice.step,
    )
    refuse_out_of_range(threshold)
    return float(number_of(threshold))


def distributions(
    chosen: Settings,
    view: View,
    studies: Sequence[ScoreStudy],
    at: Sequence[float],
) -> None:
    """The four distributions of each strategy, and what passes its threshold, one of `at`."""
    panel = score_panel(studies, chosen.modalities, thresholds=at)
    show_panels([panel], key="scores", view=view)
    by_title = {study.strategy: study for study in studies}
    show_table(passing_table(by_title, dict(zip(by_title, at, strict=True))))
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
    show_table(replace(transfer_table({one.strategy: one for one in studies}), title=""))
    st.caption(
        f"Each threshold is the highest score that {USUAL_RECALL:.0%} of the relevant pairs of "
        "its type reach on the calibrate split; shares are of the evaluate split."
    )


def target_choice() -> tuple[Target, float]:
    """The target of calibrated thresholds, and the share to reach."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return segments_of(TARGET), float(number_of(REACH, width=240))


def calibrated_section(view: View, study: ScoreStudy, target: Target, share: float) -> None:
    """A threshold for each pair type that reaches a target, to copy."""
    found = study.calibrated(target, share)
    show_table(replace(calibrated_table(study, target, share), title=""))
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
